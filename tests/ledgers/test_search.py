"""Search by part of a name, pinyin and whole numbers: what LIKE finds, within scope, on both databases."""

import random

import pytest
from django.db import connection

from ledgers import name_index
from ledgers import search as searching
from ledgers.models import DisabledPerson
from ledgers.search import NotSearchable, Reach, name_contains, name_parts, search
from tests.ledgers.conftest import id_of

CHARACTERS = "王李张国华建明欧阳·𠮷䶮一Aa%_\\"


def names_of(queryset):
    return sorted(queryset.values_list("id", "name"))


def by_hand(text):
    return sorted((pk, name) for pk, name in DisabledPerson.objects.values_list("id", "name") if text in name)


def random_name(chance):
    return "".join(chance.choice(CHARACTERS) for _ in range(chance.choice([1, 2, 2, 3, 3, 4, 5, 9])))


def bare_rows(world, names):
    """Rows written as a roster writes them: set-based, no hook of ours."""
    rows = [
        DisabledPerson(organisation=world.village, org_path=world.village.path, name=name, registered_on="2020-01-01")
        for name in names
    ]
    return DisabledPerson.objects.bulk_create(rows, batch_size=500)


def every_query(chance):
    queries = list(CHARACTERS) + ["国华", "华国", "𠮷国", "·阳", "国华建", "欧阳国", "华华", "无此"]
    return queries + [random_name(chance) for _ in range(40)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_parts_of_names_find_what_like_finds_through_inserts_updates_and_deletes(world, seed):
    chance = random.Random(seed)
    bare_rows(world, [random_name(chance) for _ in range(600)])
    for text in every_query(chance):
        assert names_of(name_contains(DisabledPerson.objects.all(), text)) == by_hand(text), text
    everybody = list(DisabledPerson.objects.order_by("id"))
    for person in everybody[::3]:
        person.name = random_name(chance)
    DisabledPerson.objects.bulk_update(everybody[::3], ["name"], batch_size=200)
    DisabledPerson.objects.filter(pk__in=[person.pk for person in everybody[::7]]).delete()
    bare_rows(world, [random_name(chance) for _ in range(100)])
    for text in every_query(chance):
        assert names_of(name_contains(DisabledPerson.objects.all(), text)) == by_hand(text), text


@pytest.mark.parametrize("many", [0, 20_000])
@pytest.mark.parametrize("reach", Reach)
def test_every_way_of_looking_finds_the_same_and_nobody_twice(world, monkeypatch, reach, many):
    """The index or every name in scope, whether what is looked for is frequent or not."""
    monkeypatch.setattr(searching, "_MANY", many)
    chance = random.Random(7)
    bare_rows(world, [random_name(chance) for _ in range(300)])
    for text in every_query(chance):
        parts = name_parts(DisabledPerson.objects.all(), text, reach)
        found = [row for part in parts for row in part.rows.values_list("id", "name")]
        assert sorted(found) == by_hand(text), text
        for part in parts:
            if part.condition is not None:
                assert names_of(DisabledPerson.objects.filter(part.condition)) == names_of(part.rows)


def test_the_queue_of_sqlite_is_moved_into_the_index_and_loses_nothing(world):
    if connection.vendor != "sqlite":
        assert "gin" in index_definition()
        return
    chance = random.Random(9)
    bare_rows(world, [random_name(chance) for _ in range(2 * name_index._BATCH + 50)])
    assert queue_length() < name_index._BATCH
    DisabledPerson.objects.filter(name__startswith="王").update(name="李国华")
    DisabledPerson.objects.filter(id__in=list(DisabledPerson.objects.values_list("id", flat=True)[:500])).delete()
    for text in every_query(chance):
        assert names_of(name_contains(DisabledPerson.objects.all(), text)) == by_hand(text), text


def index_definition():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'person_name_grams'")
        return cursor.fetchone()[0]


def queue_length():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {name_index.QUEUE}")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_every_migration_leaves_the_name_index_in_force():
    if connection.vendor == "postgresql":
        assert "ledgers_name_grams" in index_definition()
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        assert set(name_index.TRIGGERS) <= {name for (name,) in cursor.fetchall()}


def test_building_the_index_again_finds_the_rows_there_are(make_person):
    make_person(name="欧阳国华")
    # The test's own transaction holds unchecked foreign keys, which a migration never does.
    connection.check_constraints()
    name_index.create(connection)
    assert name_contains(DisabledPerson.objects.all(), "阳国").count() == 1


def test_pinyin_is_found_by_its_beginning_and_by_initials(make_person):
    person = make_person(name="解晓华")
    make_person(name="王国华")
    for typed in ("xiexiaohua", "xiex", "XIE", "xxh", "xx", "xie xiao hua"):
        assert list(search(DisabledPerson.objects.all(), typed)) == [person], typed


def test_a_whole_id_number_or_certificate_finds_its_person_only(make_person):
    number = id_of("19700101", 7, "1")
    person = make_person(name="王国华", id_number=number, certificate_number=number + "42B1")
    make_person(name="王国华")
    everybody = DisabledPerson.objects.all()
    assert list(search(everybody, number)) == [person]
    assert list(search(everybody, number.lower())) == [person]
    assert list(search(everybody, number + "42B1")) == [person]
    assert not search(everybody, number + "42").exists()


@pytest.mark.parametrize("typed", ["62999919700101", "629999197001010000", "王2", "王wang"])
def test_what_cannot_be_found_is_told_in_a_sentence(db, typed):
    with pytest.raises(NotSearchable, match="请|完整"):
        search(DisabledPerson.objects.all(), typed)


def test_a_search_stays_within_the_scope_it_is_given(world, make_person):
    mine = make_person(name="王国华", organisation=world.village)
    theirs = make_person(name="王国华", organisation=world.neighbour_village)
    for typed in ("国", "国华", "wgh", "wangguo"):
        assert list(search(DisabledPerson.objects.visible_to(world.member), typed)) == [mine]
        assert set(search(DisabledPerson.objects.visible_to(world.clerk), typed)) == {mine, theirs}
