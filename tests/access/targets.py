"""How the address of each page is built for a body: one line a URL name with arguments, a new page needs one.

`row` names the row (of tests/access/rows.py) that the address points at; it decides whether the page must be
there (200) or not (404) for a subject. `kwargs` builds the address. `data` is what a valid POST would send, as
far as the matrix needs it to get past the form's outline. `expect` overrides the status where the page has a
rule of its own; it takes (grid, subject, place, method) and gives a set of statuses or None.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.access.conftest import MISSING_PK, MISSING_UUID


@dataclass(frozen=True)
class Target:
    row: str
    kwargs: Callable | None = None
    data: Callable | None = None
    expect: Callable | None = None
    # The permission that seeing the row takes, where it is not the model's own.
    seen_by: str = ""
    # The address names the row by a word, so that "missing" needs another word.
    by_word: bool = False

    def row_at(self, place):
        return place.rows[self.row] if self.row else None

    def kwargs_for(self, place, names) -> dict:
        if self.kwargs is not None:
            return self.kwargs(place)
        row = self.row_at(place)
        return {name: row.uid if name == "uid" else row.pk for name in names}


def missing(kwargs: dict, by_word: bool = False) -> dict:
    """The same address for a row that does not exist."""
    changed = {}
    for name, value in kwargs.items():
        if by_word:
            value = "no-such-word"
        elif isinstance(value, int):
            value = MISSING_PK
        elif type(value).__name__ == "UUID":
            value = MISSING_UUID
        changed[name] = value
    return changed


def version_of(name):
    return lambda place: {"version": getattr(place, name).version}


def result_of(place, **more):
    return {"pk": place.run.pk, "organisation": place.organisation.pk, **more}


def first_item(place):
    return place.standard.definition["items"][0]["code"]


def plaque_of(place):
    return {"kind": "plaque", "pk": place.plaque.pk}


def upload_takes_editing(grid, subject, place, method):
    """The list is for who sees the person; what is sent to it is kept for who may edit."""
    may_edit = grid.may(subject, "persons.edit", place.disabledperson)
    may_see = grid.may(subject, "persons.view", place.disabledperson)
    return {403} if method == "post" and may_see and not may_edit else None


def attachment_of(place):
    return {"uid": place.disabledperson.uid, "pk": place.attachment.pk}


def only_federations(grid, subject, place, method):
    """Specialised associations are set up at federations of the county and above."""
    body = place.organisation
    return None if body.body_kind == "federation" and body.level <= 3 else {404, 422, 200, 302}


def only_for_who_sent_it(grid, subject, place, method):
    """The workbook of errors holds numbers in full."""
    return {403}


def chooses_first(grid, subject, place, method):
    """Sent without naming the other file, there is nothing to merge."""
    return {404} if method == "post" else None


def nobody_alike(grid, subject, place, method):
    """Nobody of the grid resembles another: there is no question to open."""
    may_edit = grid.may(subject, "persons.edit", place.disabledperson)
    return {404} if method == "get" and may_edit else None


def of_an_account_of_somebody(grid, subject, place, method):
    """One's own statement: an account that is no worker's has none."""
    return None if subject.user is not None and subject.user.worker_id else {404}


def nothing_there(grid, subject, place, method):
    """The rows of the grid have none of what this page shows: whoever may open it reads 404."""
    return {404}


def takes_people_out(grid, subject, place, method):
    """The list of persons leaves with who may take out lists of people, beside lists at all."""
    refused = grid.holds(subject, "tables.export") and not grid.holds(subject, "exports.personal")
    return {403} if refused and place is not None else None


def session_of(place):
    return {"pk": place.trainingsession.pk}


def whoever_is_invited(grid, subject, place, method):
    """People are put on the list of any session that one reads; of one that was held, by its host alone."""
    session = place.trainingsession
    if not grid.may(subject, "trainings.view", session):
        return {404}
    return None if grid.may(subject, "trainings.edit", session) else {403}


TARGETS = {
    # accounts
    "account-detail": Target("user"),
    "account-edit": Target("user", data=version_of("user")),
    "account-worker": Target("user", data=version_of("user")),
    "account-reset-password": Target("user"),
    "account-state": Target("user", data=lambda place: {"state": "disabled"}),
    "assignment-add": Target("user"),
    "assignment-edit": Target("assignment", data=version_of("assignment")),
    "key-disable": Target("apikey"),
    # audit
    "audit-detail": Target("auditentry"),
    "reveal": Target(
        "disabledperson",
        kwargs=lambda place: {
            "label": "ledgers.disabledperson",
            "uid": place.disabledperson.uid,
            "field": "id_number",
        },
        data=lambda place: {"reason": "核对本人身份证原件"},
    ),
    # jobs
    "job-detail": Target("job"),
    "job-progress": Target("job"),
    "job-cancel": Target("job"),
    "job-retry": Target("job"),
    # lists that leave
    "export-ask": Target("", kwargs=lambda place: {"kind": "persons"}, expect=takes_people_out, by_word=True),
    "export-now": Target("", kwargs=lambda place: {"kind": "organisations"}, by_word=True),
    "export-detail": Target("exportfile"),
    "export-decide": Target("exportfile", data=lambda place: {"action": "refuse", "answer": "用途不清楚"}),
    "export-fetch": Target("exportfile", expect=nothing_there),
    # persons
    "person-detail": Target("disabledperson"),
    "person-edit": Target("disabledperson", data=version_of("disabledperson")),
    "person-end": Target("disabledperson", data=version_of("disabledperson")),
    "person-attachments": Target("disabledperson", data=lambda place: {"kind": "other"}, expect=upload_takes_editing),
    "person-print": Target("disabledperson", data=lambda place: {"purpose": "归档留存", "numbers": "masked"}),
    "person-copy": Target(
        "disabledperson",
        data=lambda place: {"asker": "本人", "identity": "核对了居民身份证原件", "reason": "复制本人信息"},
    ),
    "village-print": Target("organisation", data=lambda place: {"purpose": "归档留存", "numbers": "masked"}),
    "person-photo": Target("disabledperson", expect=nothing_there),
    "attachment-open": Target("attachment", kwargs=attachment_of, data=lambda place: {"reason": "核对本人身份证原件"}),
    "attachment-delete": Target("attachment", kwargs=attachment_of),
    "person-history": Target("disabledperson"),
    # transfers
    "transfer-detail": Target("transfer"),
    "transfer-answer": Target("transfer", data=lambda place: {"action": "refuse", "answer": "户口没有迁出"}),
    "transfer-withdraw": Target("transfer"),
    "transfer-offer": Target("disabledperson"),
    "person-merge": Target("disabledperson", expect=chooses_first),
    "merge-undo": Target("personmerge"),
    "person-distinct": Target("disabledperson", data=lambda place: {"reason": "身份证已当面核对"}, expect=nobody_alike),
    "distinct-undo": Target("distinctpair"),
    # households
    "household-detail": Target("household"),
    "household-edit": Target("household", data=version_of("household")),
    "household-members": Target("household"),
    "household-start": Target("disabledperson"),
    "household-leave": Target("disabledperson"),
    "guardian-phone": Target("disabledperson"),
    "in-charge-detail": Target("worker", expect=nothing_there),
    "in-charge-assign": Target("organisation"),
    "person-withdraw": Target("disabledperson"),
    "approval-detail": Target("disabledperson", data=version_of("disabledperson")),
    "draft-delete": Target("persondraft"),
    "person-consent-sheet": Target("disabledperson"),
    "person-request-add": Target("disabledperson"),
    "person-request-detail": Target("personrequest"),
    "person-request-decide": Target("personrequest", data=version_of("personrequest")),
    # The request of the grid asks for access, so nothing is to be erased.
    "person-request-erase": Target("personrequest", expect=nothing_there),
    "erasure-confirm": Target(
        "erasureproposal", kwargs=lambda place: {"uid": place.disabledperson.uid}, seen_by="persons.erase"
    ),
    "saved-filter-edit": Target("savedfilter", data=version_of("savedfilter")),
    "saved-filter-delete": Target("savedfilter"),
    # 表一
    "summary-lower": Target("organisation", seen_by="persons.view"),
    "summary-people": Target("organisation", seen_by="persons.view"),
    "summary-table": Target("organisation", seen_by="tables.export"),
    "summary-submit": Target("organisation", data=lambda place: {"day": "2026-01-05"}),
    "summary-detail": Target("rostersummary"),
    "summary-decide": Target("rostersummary"),
    "summary-saved-table": Target("rostersummary", seen_by="tables.export"),
    # organisations
    "division-result": Target("job", expect=nothing_there),
    "organisation-detail": Target("organisation"),
    "organisation-add": Target("organisation"),
    "organisation-edit": Target("organisation", data=version_of("organisation")),
    "organisation-abolish": Target("organisation", data=version_of("organisation")),
    "organisation-history": Target("organisation"),
    "organisation-move": Target("organisation"),
    "association-add": Target("organisation", expect=only_federations),
    "fact-add": Target("organisation", kwargs=lambda place: {"pk": place.organisation.pk, "kind": "plaque"}),
    "fact-edit": Target("plaque", kwargs=plaque_of, data=version_of("plaque")),
    "fact-delete": Target("plaque", kwargs=plaque_of, data=version_of("plaque")),
    "tenure-add": Target("organisation"),
    "tenure-edit": Target("chair", data=version_of("chair")),
    "tenure-end": Target("chair", data=version_of("chair")),
    "media-file": Target(
        "plaque", kwargs=lambda place: {"label": "orgs.plaque", "pk": place.plaque.pk, "field": "photo"}
    ),
    # committee members
    "member-add": Target("organisation"),
    "member-detail": Target("worker"),
    "member-edit": Target("worker", data=version_of("worker")),
    "appointment-edit": Target("appointment", data=version_of("appointment")),
    "appointment-renew": Target("appointment"),
    "member-move": Target("tenure"),
    "member-photo": Target("worker", expect=nothing_there),
    "member-photo-edit": Target("worker", data=version_of("worker")),
    "member-handover": Target("tenure", expect=nothing_there),
    "second-post-add": Target("worker"),
    "second-post-withdraw": Target("secondpostpermit"),
    "renewal-permit-add": Target("appointment"),
    "renewal-permit-withdraw": Target("renewalpermit"),
    "deputy-add": Target("organisation"),
    "deputy-edit": Target("deputyship", data=version_of("deputyship")),
    "member-end": Target("tenure", data=version_of("tenure")),
    "subsidy-batch-detail": Target("subsidybatch"),
    "subsidy-batch-check": Target("subsidybatch", data=lambda place: {"seen": place.subsidybatch.digest}),
    "subsidy-batch-approve": Target("subsidybatch", data=lambda place: {"seen": place.subsidybatch.digest}),
    "subsidy-batch-return": Target("subsidybatch", data=lambda place: {"reason": "请核对"}),
    "subsidy-batch-pay": Target("subsidybatch"),
    "subsidy-batch-archive": Target("subsidybatch"),
    "subsidy-batch-recompute": Target("subsidybatch"),
    "subsidy-batch-delete": Target("subsidybatch"),
    "subsidy-batch-sheet": Target("subsidybatch"),
    "subsidy-batch-sheet-pdf": Target("subsidybatch"),
    "subsidy-batch-supplement": Target("subsidybatch"),
    "subsidy-batch-bank": Target("subsidybatch"),
    "subsidy-batch-resend": Target("subsidybatch"),
    "subsidy-batch-payments": Target("subsidybatch"),
    "subsidy-batch-notices": Target("subsidybatch"),
    "subsidy-line-notice": Target("subsidyline"),
    "subsidy-line-notice-pdf": Target("subsidyline"),
    **{
        f"statement-member{way}": Target("worker", kwargs=lambda place: {"uid": place.worker.uid, "year": 2026})
        for way in ("", "-pdf", "-table")
    },
    **{
        f"statement-body{way}": Target("organisation", kwargs=lambda place: {"pk": place.organisation.pk, "year": 2026})
        for way in ("", "-pdf", "-table")
    },
    **{
        f"statement-own{way}": Target("", kwargs=lambda place: {"year": 2026}, expect=of_an_account_of_somebody)
        for way in ("", "-pdf", "-table")
    },
    "subsidy-payment-give-up": Target("subsidypayment"),
    "subsidy-line-detail": Target("subsidyline"),
    "subsidy-line-deduct": Target("subsidyline"),
    "subsidy-line-correct": Target("subsidyline"),
    "subsidy-line-again": Target("subsidyline"),
    "subsidy-line-returned": Target("subsidyline"),
    "subsidy-line-not-returned": Target("subsidyline"),
    "subsidy-line-remove": Target("subsidyline"),
    "subsidy-deduction-delete": Target("subsidydeduction"),
    "subsidy-standard-edit": Target("subsidystandard", data=version_of("subsidystandard")),
    "subsidy-period-edit": Target("subsidyperiod", data=version_of("subsidyperiod")),
    # training
    "training-detail": Target("trainingsession"),
    "training-edit": Target("trainingsession", data=version_of("trainingsession")),
    "training-cancel": Target("trainingsession", data=lambda place: {"reason": "改期"}),
    "training-register": Target("", kwargs=session_of, expect=whoever_is_invited),
    "training-attendance": Target("trainingsession"),
    "training-certificates": Target("trainingsession"),
    "training-sheet": Target("trainingsession"),
    "training-sheet-pdf": Target("trainingsession"),
    "attendance-edit": Target("trainingattendance", data=version_of("trainingattendance")),
    "attendance-withdraw": Target("trainingattendance"),
    "training-target-edit": Target("trainingtarget", data=version_of("trainingtarget")),
    # rosters
    "roster-template": Target("", kwargs=lambda place: {"kind": "persons"}, by_word=True),
    "roster-detail": Target("rosterimport"),
    "roster-confirm": Target("rosterimport"),
    "roster-undo": Target("rosterimport"),
    "roster-mode": Target("rosterimport"),
    "roster-check": Target("rosterimport"),
    "roster-transfers": Target("rosterimport"),
    "roster-errors": Target("rosterimport", expect=only_for_who_sent_it),
    # assessments
    "run-detail": Target("run"),
    "run-matrix": Target("run"),
    "run-league": Target("run"),
    "run-compare": Target("run"),
    "run-export": Target("run", kwargs=lambda place: {"pk": place.run.pk, "table": "league"}),
    "run-recompute": Target("run"),
    "run-review": Target("run"),
    "run-publish": Target("run"),
    "run-body": Target("bodyresult", kwargs=result_of),
    "run-item": Target("bodyresult", kwargs=lambda place: result_of(place, code=first_item(place))),
    "run-score": Target(
        "bodyresult", kwargs=lambda place: result_of(place, code=first_item(place)), expect=nothing_there
    ),
    "standard-detail": Target("standard", kwargs=lambda place: {"code": place.standard.code}, by_word=True),
    # the appraisal of committee members
    "appraisal-detail": Target("appraisal"),
    "appraisal-recompute": Target("appraisal"),
    "appraisal-review": Target("appraisal"),
    "appraisal-publish": Target("appraisal"),
    "member-result": Target("memberresult"),
    "member-result-sheet": Target("memberresult"),
    "member-result-sheet-pdf": Target("memberresult"),
    "member-result-item": Target("memberresult", kwargs=lambda place: {"pk": place.memberresult.pk, "code": "M1"}),
    "member-result-score": Target("memberresult", kwargs=lambda place: {"pk": place.memberresult.pk, "code": "M6"}),
    "member-result-band": Target("memberresult", data=lambda place: {"band": "", "reason": "看过", "seen": 1}),
    "member-result-object": Target("memberresult", data=lambda place: {"text": "少算了一次培训"}),
    "objection-decide": Target("objection", data=lambda place: {"outcome": "keep", "decision": "核对过"}),
    # Nobody of the grid is linked to a member: nobody has an own result.
    "appraisal-own-result": Target("memberresult", expect=nothing_there),
    "appraisal-own-object": Target("memberresult", expect=nothing_there),
    "appraisal-own-sheet": Target("memberresult", expect=nothing_there),
    "appraisal-own-sheet-pdf": Target("memberresult", expect=nothing_there),
    "nomination-detail": Target("nomination"),
    "nomination-opine": Target("nomination"),
    "nomination-withdraw": Target("nomination"),
    "nomination-publicise": Target("nomination"),
    "nomination-said": Target("nomination"),
    "nomination-conclude": Target("nomination"),
    "nomination-settle": Target("nominationobjection"),
    # REST
    "api-organisation-detail": Target("organisation"),
    "api-run-detail": Target("run"),
    "api-unknown": Target("", kwargs=lambda place: {"rest": "persons/"}, by_word=True),
}

# Pages that name LOGGED_IN because the verb depends on what is asked for: the verb each address stands for.
VERB_OF = {"reveal": "persons.reveal", "media-file": "organisations.view"}
