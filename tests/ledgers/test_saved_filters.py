"""Conditions one keeps for the list of persons: saved, opened, renamed, deleted; one's own only."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from accounts.models import Assignment
from federation.shared.models import AuditEntry
from ledgers.models import SavedFilter

pytestmark = pytest.mark.django_db

QUERY = {"category": "4", "age_from": "18", "sort": "-age"}


def kept(client, name="肢体成年人", **query):
    address = f"{reverse('saved-filter-add')}?" + "&".join(f"{key}={value}" for key, value in (query or QUERY).items())
    return client.post(address, {"name": name})


def test_conditions_are_kept_and_open_the_same_list(as_user, world, make_person):
    make_person(name="王国华")
    make_person(name="李小明", category="1", certificate_number="")
    client = as_user("clerk")
    assert kept(client).status_code == 302
    saved = SavedFilter.objects.get()
    assert (saved.user, saved.name) == (world.clerk, "肢体成年人")
    assert parse_qs(saved.conditions) == {key: [value] for key, value in QUERY.items()}
    link = client.get(reverse("person-list")).context["kept"][0]
    opened = client.get(link["url"])
    assert link["name"] == "肢体成年人" and opened.context["page"].sort == "-age"
    assert [row["object"].name for row in opened.context["table"].rows] == ["王国华"]


def test_neither_names_nor_numbers_nor_pages_are_kept(as_user, world, make_person):
    person = make_person()
    client = as_user("clerk")
    kept(client, category="4", q=person.id_number.open_plain(), after=str(person.uid), unknown="x")
    assert SavedFilter.objects.get().conditions == "category=4"
    kept(client, name="只有姓名", q="王国华")
    assert SavedFilter.objects.count() == 1


def test_the_list_offers_to_keep_what_is_chosen_and_the_page_says_it_in_words(as_user, world):
    client = as_user("clerk")
    assert client.get(reverse("person-list")).context["keep_url"] == ""
    offered = client.get(reverse("person-list"), {"category": "4", "area": world.township.pk}).context["keep_url"]
    assert urlsplit(offered).path == reverse("saved-filter-add")
    page = client.get(offered).content.decode()
    assert "残疾类别：肢体" in page and "范围：会师镇" in page
    client.post(offered, {"name": "会师镇肢体"})
    listed = client.get(reverse("saved-filter-list")).content.decode()
    assert "残疾类别：肢体" in listed and "会师镇" in listed


def test_wrong_or_no_conditions_are_not_kept(as_user, world):
    client = as_user("clerk")
    for query in ({}, {"category": "9"}, {"category": "4", "age_from": "十"}):
        address = reverse("saved-filter-add") + "?" + "&".join(f"{key}={value}" for key, value in query.items())
        assert client.post(address, {"name": "无"}).url == reverse("person-list")
    assert not SavedFilter.objects.exists()


def test_names_differ_and_there_are_not_too_many(as_user, world, monkeypatch):
    client = as_user("clerk")
    monkeypatch.setattr(SavedFilter, "LIMIT", 2)
    kept(client, "甲")
    assert "同名" in kept(client, "甲").content.decode()
    kept(client, "乙")
    assert "最多保存 2 个" in kept(client, "丙").content.decode()
    assert kept(as_user("leader"), "甲").status_code == 302
    assert SavedFilter.objects.count() == 3


def test_a_kept_filter_is_renamed_and_deleted_and_each_act_is_in_the_log(as_user, world):
    client = as_user("clerk")
    kept(client)
    saved = SavedFilter.objects.get()
    client.post(reverse("saved-filter-edit", args=[saved.pk]), {"name": "改过的", "version": saved.version})
    assert SavedFilter.objects.get().name == "改过的"
    client.post(reverse("saved-filter-delete", args=[saved.pk]))
    assert not SavedFilter.objects.exists()
    actions = AuditEntry.objects.filter(action__startswith="ledgers.savedfilter").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        f"ledgers.savedfilter.{verb}" for verb in ("created", "changed", "deleted")
    ]


def test_nobody_else_sees_renames_or_deletes_it(as_user, world):
    kept(as_user("clerk"))
    saved = SavedFilter.objects.get()
    client = as_user("leader")
    assert client.get(reverse("person-list")).context["kept"] == []
    assert client.get(reverse("saved-filter-list")).context["table"].rows == []
    for page in ("saved-filter-edit", "saved-filter-delete"):
        assert client.get(reverse(page, args=[saved.pk])).status_code == 404
        assert client.post(reverse(page, args=[saved.pk]), {"name": "别人", "version": 1}).status_code == 404
    assert SavedFilter.objects.get().name == "肢体成年人"


def test_whoever_no_longer_reads_persons_has_no_kept_filters(as_user, world):
    kept(as_user("clerk"))
    assert SavedFilter.objects.visible_to(world.clerk).count() == 1
    assert not SavedFilter.objects.visible_to(world.stranger).exists()
    assert not SavedFilter.objects.visible_to(None).exists()
    assert not SavedFilter.objects.visible_to(world.machine).exists()
    Assignment.objects.filter(user=world.clerk).delete()
    world.clerk.__dict__.pop("current_assignments", None)
    assert not SavedFilter.objects.visible_to(type(world.clerk).objects.get(pk=world.clerk.pk)).exists()


def test_a_kept_filter_whose_area_is_gone_says_so_instead_of_listing_others(as_user, world, make_person):
    make_person()
    SavedFilter.objects.create(user=world.clerk, name="旧", conditions=f"area={world.other_village.pk}")
    client = as_user("clerk")
    assert "（已不能用）" in client.get(reverse("saved-filter-list")).content.decode()
    opened = client.get(client.get(reverse("person-list")).context["kept"][0]["url"])
    assert "没有" in opened.context["filter_form"].errors["area"][0] and opened.context["table"].rows == []
