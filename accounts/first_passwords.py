"""First passwords of accounts that came without one (an import): made when they are handed out, shown that once."""

from dataclasses import dataclass

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction

from accounts.models import Assignment, User
from accounts.services import new_password
from federation.shared import audit

# A password is slow to store on purpose; so many fit into one answer, and on a page of paper.
AT_ONCE = 20


@dataclass(frozen=True)
class FirstPassword:
    account: User
    place: str
    password: str


def without_password(by, area=None):
    """Accounts `by` keeps that nobody could log in with yet; below `area` where one is given."""
    rows = User.objects.visible_to(by).filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    rows = rows.exclude(pk=by.pk)
    if area is None:
        return rows
    return rows.filter(pk__in=Assignment.objects.in_force().under(area.path).values("user"))


def hand_out(*, by, area=None) -> list[FirstPassword]:
    """Give the next accounts their first passwords, which must be changed at the first login; kept nowhere."""
    with transaction.atomic():
        rows = without_password(by, area).order_by("assignments__org_path", "username").values_list("pk", flat=True)
        chosen = list(dict.fromkeys(rows))[:AT_ONCE]
        locked = {each.pk: each for each in User.objects.filter(pk__in=chosen).select_for_update(of=("self",))}
        places = _places(chosen)
        given = []
        for pk in chosen:
            account = locked[pk]
            if account.has_usable_password():
                # Somebody else has just handed it out.
                continue
            password = new_password()
            account.set_password(password)
            account.must_change_password = True
            # Not a new version: an import can still be taken back until somebody logs in.
            account.save(update_fields=["password", "must_change_password"])
            audit.record("accounts.first_password.given", actor=by, target=account)
            given.append(FirstPassword(account, places.get(pk, ""), password))
    return given


def _places(accounts: list[int]) -> dict[int, str]:
    rows = Assignment.objects.filter(user__in=accounts).select_related("organisation").order_by("org_path")
    return {each.user_id: str(each) for each in rows}
