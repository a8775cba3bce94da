"""One act for every action the log knows, through the product's own doors.

An act may prepare first what it needs; where it then says `stage.begins()`, only what comes after is looked at.
`BESIDE` names entries of other actions that the same act rightly leaves.
"""

from tests.audit.account_acts import ACCOUNT_ACTS
from tests.audit.appraisal_acts import APPRAISAL_ACTS
from tests.audit.field_acts import FIELD_ACTS
from tests.audit.member_acts import MEMBER_ACTS
from tests.audit.money_acts import MONEY_ACTS
from tests.audit.office_acts import OFFICE_ACTS
from tests.audit.training_acts import TRAINING_ACTS

ACTS = OFFICE_ACTS | FIELD_ACTS | MONEY_ACTS | MEMBER_ACTS | ACCOUNT_ACTS | TRAINING_ACTS | APPRAISAL_ACTS
_LOGGED_IN = {"accounts.login.succeeded"}
_MERGED = {"ledgers.person.merged", "ledgers.person.merged_away", "ledgers.personmerge.created"}
_MOVED = {"ledgers.person.transferred", "ledgers.transfer.accepted"}
BESIDE = {
    "accounts.login.locked_out": {"accounts.login.failed"},
    "accounts.account.created": {"accounts.role.granted"},
    "committees.handover.done": {"committees.handover.created"},
    "committees.contract.renewed": {"committees.pastcontract.created"},
    "ledgers.person.merged": _MERGED,
    "ledgers.person.merged_away": _MERGED,
    "committees.subsidydeduction.created": {"committees.subsidyline.changed", "subsidy.line_changed"},
    "committees.subsidydeduction.deleted": {"committees.subsidyline.changed", "subsidy.line_changed"},
    "committees.subsidyline.deleted": {"subsidy.line_changed"},
    "subsidy.given_up": {"subsidy.paid"},
    "subsidy.money_returned": {"subsidy.waits_again"},
    "subsidy.waits_again": {"subsidy.money_returned"},
    "subsidy.return_taken_back": {"subsidy.paid"},
    "subsidy.line_changed": {"committees.subsidyline.changed", "committees.subsidydeduction.created"},
    "appraisal.result_corrected": {"appraisal.scored", "appraisal.objection_decided"},
    "committees.renewal.permit_used": {"committees.contract.renewed", "committees.pastcontract.created"},
    "selection.agreed": {"selection.opinion_given"},
    "selection.refused": {"selection.opinion_given"},
    "ledgers.person.merge_undone": {"ledgers.disabledperson.changed"},
    "ledgers.person.transferred": _MOVED,
    "ledgers.transfer.accepted": _MOVED,
    "training.held": {"committees.trainingattendance.changed"},
    "ledgers.consent.withdrawn": {"ledgers.request.granted"},
    "ledgers.person.copy_given": {"shared.number.revealed"},
}


def beside(action: str) -> set[str]:
    return _LOGGED_IN | BESIDE.get(action, set())
