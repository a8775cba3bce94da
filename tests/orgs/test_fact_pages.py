"""Pages of what bodies own, and of the files attached to it."""

from datetime import date

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from federation.shared.models import AuditEntry
from orgs.facts import FACT_KINDS
from orgs.models import (
    ArchiveVolume,
    Budget,
    FormerName,
    Plaque,
    Premises,
    Regulation,
    ResponsibilityLetter,
    YearlyTarget,
)
from tests.orgs.conftest import PNG, boxes, picture

SOME_DAY = date(2026, 3, 1)

# --- facts ------------------------------------------------------------------------------------------

FACTS = {
    "plaque": (Plaque, {"wording": "东山村残疾人协会", **boxes("hung_on", SOME_DAY)}),
    "premises": (Premises, {"use": "office", "holding": "own", "area": "20.5", **boxes("since", SOME_DAY)}),
    "regulation": (Regulation, {"kind": "study", "title": "学习制度", **boxes("issued_on", SOME_DAY)}),
    "budget": (Budget, {"year": 2026, "source": "fiscal", "allocated_amount": "1200.50", "spent_amount": "0"}),
    "archive": (ArchiveVolume, {"year": 2026, "ledger_kind": "t2", "item_count": 30}),
    "target": (YearlyTarget, {"year": 2026, "text": "入户走访全覆盖", **boxes("recorded_on", SOME_DAY)}),
    "letter": (ResponsibilityLetter, {"year": 2026, **boxes("signed_on", SOME_DAY)}),
    "former": (FormerName, {"name": "东风大队", **boxes("used_until", SOME_DAY)}),
}


def fact_data(world, slug):
    data = dict(FACTS[slug][1])
    if slug == "letter":
        data["upper_party"] = world.township.pk
    return data


def test_every_kind_of_fact_is_tried_here():
    assert {kind.slug for kind in FACT_KINDS} == set(FACTS)


@pytest.mark.parametrize("slug", FACTS)
def test_a_fact_is_added_shown_changed_and_deleted(browse, world, slug):
    model = FACTS[slug][0]
    member, data = browse("member"), fact_data(world, slug)
    assert member.get("fact-add", world.village.pk, slug).status_code == 200
    assert member.post("fact-add", world.village.pk, slug, **data).status_code == 302
    fact = model.objects.get()
    assert (fact.organisation_id, fact.org_path, fact.created_by) == (
        world.village.pk,
        world.village.path,
        world.member,
    )
    page = member.get("organisation-detail", world.village.pk).content.decode()
    assert reverse("fact-edit", args=[slug, fact.pk]) in page
    assert member.get("fact-edit", slug, fact.pk).status_code == 200
    assert member.post("fact-edit", slug, fact.pk, **data, version=1).status_code == 302
    assert member.get("fact-delete", slug, fact.pk).status_code == 200
    assert member.post("fact-delete", slug, fact.pk, reason="").status_code == 422
    assert member.post("fact-delete", slug, fact.pk, reason="重复登记").status_code == 302
    assert not model.objects.exists()
    entry = AuditEntry.objects.get(action=f"{model._meta.label_lower}.deleted")
    assert entry.reason == "重复登记"
    assert entry.before["organisation"] == world.village.pk


@pytest.mark.parametrize("slug", FACTS)
def test_a_neighbours_facts_are_not_there_to_change(browse, world, slug):
    data = fact_data(world, slug)
    browse("member").post("fact-add", world.village.pk, slug, **data)
    fact = FACTS[slug][0].objects.get()
    neighbour = browse("neighbour")
    for name in ("fact-edit", "fact-delete"):
        assert neighbour.get(name, slug, fact.pk).status_code == 404
        assert neighbour.post(name, slug, fact.pk, **data, version=1, reason="重复登记").status_code == 404
    assert neighbour.post("fact-add", world.village.pk, slug, **data).status_code == 404
    assert browse("viewer").get("fact-edit", slug, fact.pk).status_code == 403
    assert FACTS[slug][0].objects.count() == 1


def test_the_add_form_is_filled_in_from_the_link_of_what_is_missing(browse, world):
    page = browse("clerk").get("fact-add", world.township.pk, "regulation", kind="petition")
    assert page.context["form"]["kind"].value() == "petition"


def test_a_letter_names_only_a_body_above(browse, world):
    choices = (
        browse("member").get("fact-add", world.village.pk, "letter").context["form"].fields["upper_party"].queryset
    )
    assert set(choices) == {world.township, world.county, world.city, world.province}
    data = {"year": 2026, "upper_party": world.neighbour_township.pk}
    assert browse("member").post("fact-add", world.village.pk, "letter", **data).status_code == 422


@pytest.mark.parametrize(
    ("slug", "change", "words"),
    [
        ("plaque", boxes("removed_on", date(2020, 1, 1)), "早于挂牌日期"),
        ("regulation", boxes("withdrawn_on", date(2020, 1, 1)), "早于印发日期"),
        ("premises", {"area": "-3"}, "不能是负数"),
        ("budget", {"allocated_amount": "-1"}, "不能是负数"),
        ("budget", {"year": 1066}, "年度应在"),
        ("archive", {"ledger_kind": "t99"}, "台账种类"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_with_its_cure(browse, world, slug, change, words):
    answer = browse("member").post("fact-add", world.village.pk, slug, **fact_data(world, slug) | change)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not FACTS[slug][0].objects.exists()


def test_the_same_budget_twice_is_refused_in_words(browse, world):
    member, data = browse("member"), fact_data(world, "budget")
    member.post("fact-add", world.village.pk, "budget", **data)
    again = member.post("fact-add", world.village.pk, "budget", **data)
    assert again.status_code == 422
    assert Budget.objects.count() == 1


def test_a_fact_changed_meanwhile_is_a_conflict(browse, world):
    member, data = browse("member"), fact_data(world, "budget")
    member.post("fact-add", world.village.pk, "budget", **data)
    fact = Budget.objects.get()
    member.post("fact-edit", "budget", fact.pk, **data | {"spent_amount": "5"}, version=1)
    late = member.post("fact-edit", "budget", fact.pk, **data | {"spent_amount": "9"}, version=1)
    assert late.status_code == 409
    fact.refresh_from_db()
    assert fact.spent_amount == 5


def test_a_kind_of_fact_that_does_not_exist_is_not_found(browse, world):
    assert browse("clerk").get("fact-add", world.village.pk, "castle").status_code == 404


# --- files ------------------------------------------------------------------------------------------


def plaque_with_photo(browse, world):
    data = {**fact_data(world, "plaque"), "photo": picture()}
    assert browse("member").post("fact-add", world.village.pk, "plaque", **data).status_code == 302
    return Plaque.objects.get()


def test_a_photo_is_kept_under_a_name_of_our_own_and_served_to_who_sees_its_row(browse, world):
    plaque = plaque_with_photo(browse, world)
    assert "王小明" not in plaque.photo.name
    served = browse("clerk").get("media-file", "orgs.plaque", plaque.pk, "photo")
    assert served.status_code == 200
    assert served["Content-Type"] == "image/png"
    assert b"".join(served.streaming_content) == PNG
    for stranger in ("neighbour", "other_clerk", "stranger"):
        assert browse(stranger).get("media-file", "orgs.plaque", plaque.pk, "photo").status_code == 404


@pytest.mark.parametrize(
    ("label", "field"),
    [("orgs.plaque", "wording"), ("orgs.nothing", "photo"), ("accounts.user", "password"), ("x", "y")],
)
def test_nothing_but_attached_files_is_served(browse, world, label, field):
    plaque = plaque_with_photo(browse, world)
    assert browse("clerk").get("media-file", label, plaque.pk, field).status_code == 404


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "空"), (b"<script>alert(1)</script>", "只能上传"), (b"GIF89a" + b"\0" * 20, "只能上传")],
)
def test_a_file_that_is_no_picture_or_pdf_is_refused_whatever_it_is_called(browse, world, content, words):
    data = {**fact_data(world, "plaque"), "photo": SimpleUploadedFile("a.png", content)}
    answer = browse("member").post("fact-add", world.village.pk, "plaque", **data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Plaque.objects.exists()


def test_a_deleted_fact_takes_its_file_with_it(browse, world, django_capture_on_commit_callbacks):
    plaque = plaque_with_photo(browse, world)
    name = plaque.photo.name
    assert default_storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        browse("member").post("fact-delete", "plaque", plaque.pk, reason="重复登记")
    assert not default_storage.exists(name)
