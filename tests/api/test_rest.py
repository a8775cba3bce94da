"""The REST interface: keys, cursors, changed_since, ETag, errors in sentences, never a person."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.attempts import ALLOWED as REFUSALS_ALLOWED
from accounts.models import ApiKey
from federation.shared.models import AuditEntry
from orgs.models import Level, Organisation


def everything(ask, address, **params):
    """All rows of a list, page by page."""
    rows, response = [], ask(address, **params)
    while True:
        assert response.status_code == 200, response.content
        rows += response.json()["results"]
        following = response.json()["next"]
        if following is None:
            return rows
        response = ask(following)


@pytest.fixture
def county_key(world):
    """A key of one county that may read organisations only."""
    return ApiKey.issue(name="县", organisation=world.county, resources=["organisations"], expires_on=date(2030, 1, 1))[
        1
    ]


def test_pages_give_every_body_once_whatever_their_moments(ask, world):
    """Bulk loading gives thousands of rows one moment: the cursor must get past them."""
    Organisation.objects.update(updated_at=timezone.now())
    rows = everything(ask, "/organisations/", page_size=2)
    assert sorted(row["id"] for row in rows) == sorted(Organisation.objects.values_list("pk", flat=True))


def test_a_key_reads_its_own_subtree_only(ask, world, county_key):
    rows = everything(ask, "/organisations/", key=county_key)
    expected = set(Organisation.objects.under(world.county.path).values_list("pk", flat=True))
    assert {row["id"] for row in rows} == expected
    top = next(row for row in rows if row["id"] == world.county.pk)
    assert top["parent"] is None
    below = next(row for row in rows if row["id"] == world.village.pk)
    assert below["parent"] == world.township.pk


def test_a_body_outside_reads_like_one_that_does_not_exist(ask, world, county_key):
    foreign = ask(f"/organisations/{world.other_county.pk}/", key=county_key)
    missing = ask("/organisations/99999999/", key=county_key)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert "不在这个密钥可读取的范围内" in foreign.json()["errors"][0]["detail"]


def test_filters_narrow_by_level_kind_and_parent(ask, world):
    rows = everything(ask, "/organisations/", level=Level.TOWNSHIP.value, parent=world.county.pk)
    assert {row["id"] for row in rows} == {world.township.pk, world.neighbour_township.pk}
    rows = everything(ask, "/organisations/", kind="specialised_association")
    assert [row["id"] for row in rows] == [world.association.pk]


def test_changed_since_gives_what_changed_from_then_on(ask, world):
    moment = timezone.now() + timedelta(minutes=5)
    Organisation.objects.update(updated_at=moment - timedelta(minutes=1))
    Organisation.objects.filter(pk=world.village.pk).update(updated_at=moment)
    rows = everything(ask, "/organisations/", changed_since=moment.isoformat())
    assert [row["id"] for row in rows] == [world.village.pk]
    assert everything(ask, "/organisations/", changed_since="2999-01-01") == []


def test_an_unchanged_list_answers_304_and_a_change_ends_that(ask, world, django_assert_max_num_queries):
    first = ask("/organisations/")
    etag = first.headers["ETag"]
    with django_assert_max_num_queries(4):
        second = ask("/organisations/", headers={"if-none-match": etag})
    assert (second.status_code, second.content) == (304, b"")
    body = Organisation.objects.get(pk=world.village.pk)
    body.short_name = "新名"
    body.save()
    third = ask("/organisations/", headers={"if-none-match": etag})
    assert third.status_code == 200
    assert third.headers["ETag"] != etag
    assert "no-cache" in third.headers["Cache-Control"]


def test_an_unchanged_row_answers_304(ask, world):
    etag = ask(f"/organisations/{world.village.pk}/").headers["ETag"]
    again = ask(f"/organisations/{world.village.pk}/", headers={"if-none-match": etag})
    assert again.status_code == 304


def test_the_etag_of_one_key_is_not_valid_for_another(ask, world, county_key):
    etag = ask("/organisations/", key=county_key).headers["ETag"]
    assert ask("/organisations/", headers={"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize("cursor", ["x", "!!!", "bnVsbA", "WzEsMl0", "W10", "WyIwMDAxLTAxLTAxIiwxXQ", "%00"])
def test_a_bad_cursor_is_refused_in_a_sentence(ask, world, cursor):
    response = ask("/organisations/", cursor=cursor)
    assert response.status_code == 400
    error = response.json()["errors"][0]
    assert error["attr"] == "cursor"
    assert "从第一页重新读取" in error["detail"]


@pytest.mark.parametrize(
    ("params", "name", "words"),
    [
        ({"lvl": 4}, "lvl", "没有名为“lvl”的查询参数"),
        ({"level": "county"}, "level", "level"),
        ({"level": [3, 4]}, "level", "只能给一次"),
        ({"changed_since": "yesterday"}, "changed_since", "2026-11-20"),
        ({"changed_since": "0001-01-01T00:00:00+14:00"}, "changed_since", "changed_since"),
        ({"page_size": 0}, "page_size", "1 到 1000"),
        ({"page_size": "１０"}, "page_size", "1 到 1000"),
        ({"parent": "abc"}, "parent", "parent"),
        ({"parent": "9" * 30}, "parent", "parent"),
        ({"level": ""}, "level", "是空的"),
        ({"cursor": " "}, "cursor", "是空的"),
        ({"code": "a\x00b"}, "code", "code"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(ask, world, params, name, words):
    response = ask("/organisations/", **params)
    assert response.status_code == 400
    error = response.json()["errors"][0]
    assert error["attr"] == name
    assert words in error["detail"]


@pytest.mark.parametrize("credential", ["", "Api-Key", "Api-Key x.y", "Bearer abc", "Api-Key " + "0" * 16 + ".zzz"])
def test_without_a_right_key_nothing_is_read(client, world, credential):
    response = client.get("/api/v1/organisations/", headers={"authorization": credential} if credential else {})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Api-Key"
    assert "密钥" in response.json()["errors"][0]["detail"]


def test_a_key_without_the_resource_is_refused(ask, world):
    _, secret = ApiKey.issue(name="空", organisation=world.county, resources=["rates"], expires_on=date(2030, 1, 1))
    response = ask("/organisations/", key=secret)
    assert response.status_code == 403
    assert "没有获准" in response.json()["errors"][0]["detail"]


def test_expired_and_disabled_keys_read_nothing(ask, world):
    for change in ({"expires_on": date(2026, 1, 1)}, {"is_active": False}):
        key, secret = ApiKey.issue(
            name=str(change), organisation=world.county, resources=["organisations"], expires_on=date(2030, 1, 1)
        )
        ApiKey.objects.filter(pk=key.pk).update(**change)
        assert ask("/organisations/", key=secret).status_code == 401


def test_somebody_logged_in_is_not_a_machine(as_user, world):
    assert as_user("clerk").get("/api/v1/organisations/").status_code == 401


def test_many_wrong_keys_from_one_address_have_to_wait_and_are_written_down(client, ask, world):
    wrong = {"authorization": "Api-Key 0123456789abcdef.wrong"}
    statuses = [client.get("/api/v1/organisations/", headers=wrong).status_code for _ in range(REFUSALS_ALLOWED + 1)]
    assert statuses == [401] * REFUSALS_ALLOWED + [429]
    assert AuditEntry.objects.filter(action="accounts.key.refused").count() == REFUSALS_ALLOWED
    assert ask("/organisations/", headers={}).status_code == 429


def test_the_interface_only_reads(client, world):
    headers = {"authorization": f"Api-Key {world.machine_key}"}
    for method in ("post", "put", "patch", "delete"):
        response = getattr(client, method)("/api/v1/organisations/", headers=headers)
        assert response.status_code == 405
        assert "GET" in response.headers["Allow"]


def test_the_last_use_of_a_key_is_kept_but_not_at_every_request(ask, world):
    ask("/organisations/")
    first = ApiKey.objects.get(pk=world.machine.pk).last_used_at
    assert first is not None
    ask("/organisations/")
    assert ApiKey.objects.get(pk=world.machine.pk).last_used_at == first


def test_the_list_takes_the_same_number_of_queries_for_more_rows(ask, world, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask("/organisations/")
    with CaptureQueriesContext(connection) as few:
        ask("/organisations/", page_size=2)
    with CaptureQueriesContext(connection) as many:
        ask("/organisations/", page_size=100)
    assert len(few) == len(many)


def test_the_description_and_its_page_are_public_and_name_every_resource(client, db):
    schema = client.get("/api/v1/schema/").json()
    assert "/api/v1/organisations/" in schema["paths"]
    page = client.get("/api/v1/docs/").content.decode()
    for address in schema["paths"]:
        assert address in page
    assert "<script>" not in page
