"""Who has put a line or a deduction into a batch neither checks nor approves it; who only computed it anew does."""

from decimal import Decimal

import pytest

from committees import services
from committees.models import SubsidyDeduction
from committees.services import BatchRefused
from tests.committees.bank import told
from tests.committees.payments import JULY, approved, batch_of, computed

pytestmark = pytest.mark.django_db
TEN = Decimal("10.00")


def corrects(world, half, july, member, by):
    services.correct_line(line=half.lines.first(), batch=july, amount=TEN, reason="少发", by=by)


def deducts(world, half, july, member, by):
    services.deduct(line=july.lines.first(), amount=TEN, reason="请假", by=by)


def supplements(world, half, july, member, by):
    late = member("village_second")
    services.supplement(batch=july, appointments=[late.pk], reason="晚登记", by=by)


def pays_again(world, half, july, member, by):
    services.send_to_bank(batch=half, by=world.clerk)
    told(half.payments.first(), "failed", by=world.clerk)
    failed = half.lines.get(outcome="failed")
    services.pay_again(line=failed, batch=july, reason="账号已改正", by=by)


@pytest.fixture
def half(world, people, checker):
    return approved(world, batch_of(world), checker)


@pytest.fixture
def july(world, half):
    return batch_of(world, **JULY)


def computed_anew(batch, by):
    return computed(services.recompute_batch(batch=batch, by=by))


def steps_offered(browse, name, batch) -> str:
    page = browse(name).get("subsidy-batch-detail", batch.pk)
    return {action["label"] for action in page.context["actions"]} & {"复核", "审批"}, page.content.decode()


@pytest.mark.parametrize("enters", [corrects, deducts, supplements, pays_again])
def test_whoever_put_something_in_does_not_check(world, half, july, member, checker, enters):
    enters(world, half, july, member, checker)
    july = computed_anew(july, world.clerk)
    with pytest.raises(BatchRefused, match="这个批次里有您登记的.*请换一个人复核；或者先删去您登记的这些内容"):
        services.check_batch(batch=july, by=checker, seen=july.digest)
    services.check_batch(batch=july, by=world.leader, seen=july.digest)


@pytest.mark.parametrize("enters", [corrects, deducts, supplements, pays_again])
def test_whoever_put_something_in_does_not_approve(world, half, july, member, checker, enters):
    enters(world, half, july, member, world.leader)
    july = computed_anew(july, checker)
    services.check_batch(batch=july, by=checker, seen=july.digest)
    with pytest.raises(BatchRefused, match="这个批次里有您登记的.*请换一个人审批；或者退回制单人"):
        services.approve_batch(batch=july, by=world.leader, seen=july.digest)


def test_taken_out_and_entered_by_the_maker_it_is_checked(world, half, july, member, checker):
    corrects(world, half, july, member, checker)
    deducts(world, half, july, member, checker)
    services.remove_line(line=july.lines.get(kind="correction"), by=world.clerk)
    services.take_back_deduction(deduction=SubsidyDeduction.objects.get(), by=world.clerk)
    corrects(world, half, july, member, world.clerk)
    deducts(world, half, july, member, world.clerk)
    july = computed_anew(july, checker)
    services.check_batch(batch=july, by=checker, seen=july.digest)


def test_who_only_computed_it_anew_checks_it(world, half, july, checker):
    july = computed_anew(july, checker)
    assert set(july.lines.values_list("created_by", flat=True)) == {checker.pk}
    services.check_batch(batch=july, by=checker, seen=july.digest)


def test_the_page_offers_no_button_and_says_why(browse, world, half, july, member, checker):
    assert steps_offered(browse, "leader", july)[0] == set()
    deducts(world, half, july, member, world.leader)
    july.refresh_from_db()
    services.check_batch(batch=july, by=checker, seen=july.digest)
    offered, page = steps_offered(browse, "leader", july)
    assert offered == set() and "请换一个人审批" in page
    answer = browse("leader").post("subsidy-batch-approve", july.pk, seen=july.digest)
    assert answer.status_code == 422 and "请换一个人审批" in answer.content.decode()
    services.return_batch(batch=july, by=world.leader, reason="扣减由制单人登记")
    services.take_back_deduction(deduction=SubsidyDeduction.objects.get(), by=world.leader)
    deducts(world, half, july, member, world.clerk)
    july.refresh_from_db()
    services.check_batch(batch=july, by=checker, seen=july.digest)
    assert steps_offered(browse, "leader", july)[0] == {"审批"}
