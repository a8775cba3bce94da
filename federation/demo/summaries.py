"""表一 of the demonstration: last year's approved for the county and a township, one of today waiting."""

from datetime import date

from accounts.models import User
from ledgers.summaries.services import approve_summary, submit_summary
from orgs.models import Organisation

TOWNSHIP = "620422100000"


def hand_in(county: Organisation, today: date):
    named = {user.username: user for user in User.objects.all()}
    township = Organisation.objects.get(code=TOWNSHIP)
    last_year = date(today.year - 1, 12, 31)
    for body, writer, approver in ((county, "clerk", "leader"), (township, "township", "director")):
        summary = submit_summary(organisation=body, day=last_year, by=named[writer])
        approve_summary(summary=summary, by=named[approver], version=summary.version)
    submit_summary(organisation=township, day=today, by=named["township"])
