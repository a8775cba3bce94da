"""Who leaves a post hands over the people in charge of whom the files name them."""

from federation.shared.handover import Duty, register_duty
from ledgers.in_charge import give_people
from ledgers.models import DisabledPerson


def people_of(worker, organisation, by):
    """Those still registered at the body and below it, as far as `by` may write their files."""
    rows = DisabledPerson.objects.visible_to(by, DisabledPerson.edit_permission).still_registered()
    return rows.under(organisation.path).filter(member_in_charge=worker)


def count_people(worker, organisation, by) -> int:
    return people_of(worker, organisation, by).count()


def hand_over_people(worker, successor, organisation, by) -> int:
    """Every file named here has the successor in charge from now on, with a record of the change. In a transaction."""
    return give_people(people_of(worker, organisation, by), successor, by)


register_duty(
    Duty(
        name="persons_in_charge",
        label="负责的残疾人（登记表上的“专职委员”）",
        unit="人",
        count=count_people,
        hand_over=hand_over_people,
        order=10,
    )
)
