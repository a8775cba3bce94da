"""The rows behind the number of months paid: each month of each appointment, with what was due and what was paid."""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from committees.models import Appointment
from committees.pay_record import PayRecord
from federation.shared.metrics import span
from federation.shared.templatetags.ui import cn_month
from orgs.models import Organisation


@dataclass(frozen=True)
class AppointmentMonth:
    """One month of one appointment, as evidence."""

    worker: str
    organisation: Organisation
    month: datetime.date
    paid: Decimal | None
    wanted: Decimal | None

    def __str__(self):
        return f"{self.worker} {cn_month(self.month)}"

    @property
    def words(self) -> str:
        if self.wanted is None:
            return "没有补贴标准"
        return f"发放 {self.paid} 元" if self.paid is not None else f"应发 {self.wanted} 元，没有足额发放"


def _each_month(body, window, *, is_full: bool) -> list[AppointmentMonth]:
    record = PayRecord([body], window)
    mine = [pk for pk in record.due if record.place_of[pk].startswith(body.path)]
    rows = Appointment.objects.filter(span([body], "org_path")).select_related("organisation", "tenure__worker")
    people = {row.pk: row for row in rows.only("organisation", "tenure__worker__name")} if mine else {}
    found = []
    for pk in sorted(mine, key=lambda pk: (record.place_of[pk], pk)):
        full = record.full.get(pk, {})
        found += [
            AppointmentMonth(people[pk].tenure.worker.name, people[pk].organisation, month, full.get(month), wanted)
            for month, wanted in record.due[pk].items()
            if (month in full) == is_full
        ]
    return found


def paid_months_of(body, window) -> list[AppointmentMonth]:
    return _each_month(body, window, is_full=True)


def unpaid_months_of(body, window) -> list[AppointmentMonth]:
    return _each_month(body, window, is_full=False)
