"""Files that are alike and two people's: said once with a reason, not asked again, and taken back."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from federation.shared.models import AuditEntry
from ledgers.distinct import say_distinct, take_back_distinct
from ledgers.duplicates import LIKENESSES, read_groups, similar_to
from ledgers.erasure import erase_person
from ledgers.merging import merge_persons, undo_merge
from ledgers.models import DisabledPerson, DistinctPair, Erasure
from tests.ledgers.conftest import id_of
from tests.ledgers.test_pages import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(make_person):
    """Three files with one name and one birth date."""
    return [make_person(id_number=id_of("19680403", order)) for order in (11, 12, 13)]


def groups_for(user) -> list[set]:
    rows = DisabledPerson.objects.visible_to(user)
    page = read_groups(rows, LIKENESSES["born"], 1, "?", DistinctPair.objects.visible_to(user))
    return [set(group) for group in page.groups]


def say(one, *others, by, reason="身份证已当面核对"):
    return say_distinct(person=one, others=others, reason=reason, by=by)


def test_a_pair_is_not_offered_again_and_the_third_file_still_is(world, three):
    first, second, third = three
    say(second, first, by=world.clerk)
    assert similar_to(first, world.clerk) == [third] and similar_to(second, world.clerk) == [third]
    assert groups_for(world.clerk) == [set(three)], "two questions of the group are open"
    say(third, first, second, by=world.clerk)
    assert groups_for(world.clerk) == [] and similar_to(third, world.clerk) == []


def test_settled_groups_leave_their_places_on_the_page_to_the_next(world, make_person, monkeypatch):
    monkeypatch.setattr("ledgers.duplicates.GROUPS_A_PAGE", 1)
    pairs = {}
    for order, name in enumerate(["王甲", "王乙", "王丙"]):
        pairs[name] = [make_person(name=name, id_number=id_of("19680403", 2 * order + each)) for each in (0, 1)]
    say(*pairs["王丙"], by=world.clerk)
    say(*pairs["王乙"], by=world.clerk)
    rows, told = DisabledPerson.objects.visible_to(world.clerk), DistinctPair.objects.visible_to(world.clerk)
    page = read_groups(rows, LIKENESSES["born"], 1, "?", told)
    assert [group[0].name for group in page.groups] == ["王甲"] and not page.has_next


def test_a_pair_is_stored_once_in_the_order_of_its_keys(world, three):
    first, second, _third = three
    say(second, first, by=world.clerk)
    assert say(first, second, by=world.member, reason="又说一次") == []
    pair = DistinctPair.objects.get()
    assert (pair.lower, pair.higher, pair.reason) == (first, second, "身份证已当面核对")
    with pytest.raises(IntegrityError), transaction.atomic():
        DistinctPair.objects.create(lower=second, higher=first, reason="倒过来")
    with pytest.raises(ValidationError, match="为什么"):
        say(first, second, by=world.clerk, reason=" ")


def test_it_is_logged_and_taken_back(world, three):
    first, second, third = three
    (pair,) = say(first, second, by=world.clerk)
    take_back_distinct(pair=pair, by=world.clerk)
    assert similar_to(first, world.clerk) == [second, third]
    actions = AuditEntry.objects.filter(actor_id=world.clerk.pk).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["ledgers.person.said_distinct", "ledgers.person.distinct_taken_back"]
    with pytest.raises(ValidationError, match="已经取消"):
        take_back_distinct(pair=pair, by=world.clerk)


def test_the_clerk_says_it_by_the_pages_and_takes_it_back(as_user, world, three):
    first, second, third = three
    client = as_user("clerk")
    page = client.get(reverse("duplicate-list")).content.decode()
    address = url("person-distinct", second)
    assert f"{address}?with={first.uid}" in page
    asked = client.get(address, {"with": first.uid})
    assert asked.context["form"].initial["others"] == [str(first.uid)]
    refused = client.post(address, {"others": [first.uid]})
    assert refused.status_code == 422 and "请写明为什么不是同一个人" in refused.content.decode()
    answer = {"others": [first.uid, third.uid], "reason": "孪生姐妹"}
    assert client.post(address, answer).status_code == 302
    shown = client.get(url("person-detail", second)).content.decode()
    assert "已认定不是同一个人" in shown and "孪生姐妹" in shown and "可能是同一个人" not in shown
    pair = DistinctPair.objects.get(higher=second)
    undo = reverse("distinct-undo", args=[pair.uid])
    assert undo in shown and "孪生姐妹" in client.get(undo).content.decode()
    assert client.post(undo).status_code == 302
    assert similar_to(second, world.clerk) == [first]


def test_of_a_file_at_another_body_nothing_is_told(as_user, world, three, make_person):
    first = three[0]
    away = make_person(id_number=id_of("19680403", 31), organisation=world.neighbour_village)
    (pair,) = say(first, away, by=world.clerk, reason="邻村的另一个人")
    assert not DistinctPair.objects.visible_to(world.member).exists()
    assert DistinctPair.objects.visible_to(world.clerk).get() == pair
    client = as_user("member")
    page = client.get(url("person-detail", first)).content.decode()
    assert "邻村的另一个人" not in page and str(away.uid) not in page
    assert client.get(reverse("distinct-undo", args=[pair.uid])).status_code == 404
    refused = client.post(url("person-distinct", first), {"others": [away.uid], "reason": "猜"})
    assert refused.status_code == 422 and DistinctPair.objects.count() == 1


def test_who_may_only_read_says_nothing(as_user, three):
    client = as_user("viewer")
    assert client.get(url("person-distinct", three[0])).status_code == 403
    assert url("person-distinct", three[0]) not in client.get(url("person-detail", three[0])).content.decode()


def test_files_said_to_be_two_peoples_are_not_merged_until_it_is_taken_back(world, three):
    first, second, third = three
    (pair,) = say(first, second, by=world.clerk)
    with pytest.raises(ValidationError, match="取消认定"):
        merge_persons(kept=first, removed=second, choices={}, reason="重复", by=world.clerk)
    say(second, third, by=world.clerk, reason="第三份是别人")
    take_back_distinct(pair=pair, by=world.clerk)
    done = merge_persons(kept=first, removed=second, choices={}, reason="重复", by=world.clerk)
    kept = DistinctPair.objects.get()
    assert (kept.lower, kept.higher, kept.reason) == (first, third, "第三份是别人"), "it holds of the file that stays"
    undo_merge(merge=type(done).objects.get(pk=done.pk), by=world.clerk)
    back = DistinctPair.objects.get()
    assert (back.lower, back.higher) == (second, third)


def test_an_erased_person_leaves_no_pair(world, three):
    first, second, _third = three
    say(first, second, by=world.clerk)
    erase_person(person=first, by=world.leader, reason=Erasure.Reason.RETENTION)
    assert not DistinctPair.objects.exists() and DisabledPerson.objects.count() == 2
