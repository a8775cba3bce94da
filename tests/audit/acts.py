"""One act for every action the log knows, through the product's own doors.

An act may prepare first what it needs; where it then says `stage.begins()`, only what comes after is looked at.
`BESIDE` names entries of other actions that the same act rightly leaves.
"""

from tests.audit.field_acts import FIELD_ACTS
from tests.audit.money_acts import MONEY_ACTS
from tests.audit.office_acts import OFFICE_ACTS

ACTS = OFFICE_ACTS | FIELD_ACTS | MONEY_ACTS
_LOGGED_IN = {"accounts.login.succeeded"}
_MERGED = {"ledgers.person.merged", "ledgers.person.merged_away", "ledgers.personmerge.created"}
_MOVED = {"ledgers.person.transferred", "ledgers.transfer.accepted"}
BESIDE = {
    "accounts.login.locked_out": {"accounts.login.failed"},
    "accounts.account.created": {"accounts.role.granted"},
    "ledgers.person.merged": _MERGED,
    "ledgers.person.merged_away": _MERGED,
    "committees.subsidydeduction.created": {"committees.subsidyline.changed", "subsidy.line_changed"},
    "committees.subsidydeduction.deleted": {"committees.subsidyline.changed", "subsidy.line_changed"},
    "committees.subsidyline.deleted": {"subsidy.line_changed"},
    "subsidy.line_changed": {"committees.subsidyline.changed", "committees.subsidydeduction.created"},
    "ledgers.person.merge_undone": {"ledgers.disabledperson.changed"},
    "ledgers.person.transferred": _MOVED,
    "ledgers.transfer.accepted": _MOVED,
    "ledgers.consent.withdrawn": {"ledgers.request.granted"},
    "ledgers.person.copy_given": {"shared.number.revealed"},
}


def beside(action: str) -> set[str]:
    return _LOGGED_IN | BESIDE.get(action, set())
