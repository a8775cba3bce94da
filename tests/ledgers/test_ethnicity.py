"""民族: one dictionary (GB/T 3304) for form, roster, filter and check; what older records say is shown, not lost."""

import importlib

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse

from federation.shared.ethnicity import ETHNICITY, WORDS, EthnicityField
from federation.shared.normalise import NotNormal
from ledgers.models import DisabledPerson
from ledgers.services import recheck_persons
from tests.ledgers.test_pages import boxes, edit_data, form_data, url

pytestmark = pytest.mark.django_db


def test_the_standard_has_fifty_six_groups_and_two_more():
    assert len(set(WORDS)) == 58 and WORDS[0] == "汉族" and WORDS[55] == "基诺族"
    assert (ETHNICITY("03"), ETHNICITY("26"), ETHNICITY("45"), ETHNICITY("98")) == (
        "回族", "东乡族", "鄂温克族", "外国血统中国籍人士",
    )  # fmt: skip


@pytest.mark.parametrize(
    "written", ["汉", "汉族", " 汉 族 ", "01", "1", "1.0", "01汉族", "01 汉", "1.汉族", "汉民", "ＨＡＮ"]
)
def test_one_group_is_written_in_many_ways(written):
    assert ETHNICITY(written) == "汉族"


def test_every_way_of_every_group_leads_to_one_name():
    for code, word in zip([f"{n:02d}" for n in range(1, 57)], WORDS[:56], strict=True):
        short = word[:-1]
        assert {ETHNICITY(each) for each in (word, short, code, code + word, f"{int(code)}.{short}")} == {word}


def test_what_is_no_group_is_refused_in_a_sentence():
    with pytest.raises(NotNormal, match="汉语"):
        ETHNICITY("汉语")
    with pytest.raises(Exception, match="请从列表中选择"):
        EthnicityField(required=False).clean("汉语")


def test_the_form_takes_what_drafts_of_before_say(as_user, world):
    answer = as_user("member").post(reverse("person-add"), form_data(world.village, ethnicity="东乡"))
    assert answer.status_code == 302
    assert DisabledPerson.objects.get().ethnicity == "东乡族"
    refused = as_user("member").post(reverse("person-add"), form_data(world.village, ethnicity="火星族", name="王二"))
    page = refused.content.decode()
    assert refused.status_code == 422 and "没有“火星族”这个民族名称" in page


def test_a_text_of_before_is_shown_as_wrong_and_not_lost_by_saving_the_rest(as_user, make_person):
    person = make_person(ethnicity="土家/苗")
    assert person.failed_checks == "ethnicity"
    client = as_user("director")
    page = client.get(url("person-edit", person)).content.decode()
    assert "土家/苗（不在民族名称里，请改选）" in page
    assert "民族填的是“土家/苗”" in client.get(url("person-detail", person)).content.decode()
    same = {"ethnicity": "土家/苗", "skills": "刺绣", **boxes("born_on", person.born_on)}
    assert client.post(url("person-edit", person), edit_data(person, **same)).status_code == 302
    row = DisabledPerson.objects.get()
    assert (row.ethnicity, row.skills, row.failed_checks) == ("土家/苗", "刺绣", "ethnicity")
    assert client.post(url("person-edit", row), edit_data(row, **(same | {"ethnicity": "苗族"}))).status_code == 302
    row = DisabledPerson.objects.get()
    assert (row.ethnicity, row.failed_checks) == ("苗族", "")


def test_the_migration_writes_known_texts_the_standards_way_and_keeps_the_others(make_person):
    texts = {"汉": "汉族", "01": "汉族", "回民": "回族", "藏族": "藏族", "土家/苗": "土家/苗", "": ""}
    people = {text: make_person(ethnicity="汉族", name=f"王{number}") for number, text in enumerate(texts)}
    for text, row in people.items():
        DisabledPerson.objects.filter(pk=row.pk).update(ethnicity=text)
    faulty = make_person(ethnicity="汉族", household_size=1, household_disabled=2)
    DisabledPerson.objects.filter(pk=faulty.pk).update(ethnicity="土家/苗")

    class Editor:
        pass

    editor = Editor()
    editor.connection = connection
    importlib.import_module("ledgers.migrations.0015_ethnicity_dictionary").fill(apps, editor)
    stored = dict(DisabledPerson.objects.values_list("pk", "ethnicity"))
    assert {text: stored[row.pk] for text, row in people.items()} == texts
    found = {row.failed_checks for row in DisabledPerson.objects.filter(ethnicity="土家/苗")}
    assert found == {"ethnicity", "household,ethnicity"}
    # In the order of the rules from then on; nothing else differs.
    recheck_persons()
    assert set(DisabledPerson.objects.get(pk=faulty.pk).failed_checks.split(",")) == {"household", "ethnicity"}


def test_the_list_is_narrowed_by_it(as_user, make_person):
    make_person(name="王汉", ethnicity="汉族"), make_person(name="马回", ethnicity="回族")
    page = as_user("member").get(reverse("person-list"), {"ethnicity": "回族"}).content.decode()
    assert "马回" in page and "王汉" not in page
