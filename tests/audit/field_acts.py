"""Acts of the field: people and what they ask, transfers, prints, summaries, runs, bodies."""

import datetime
from decimal import Decimal

from django.core.management import call_command
from django.utils import timezone

from federation.shared.history import create_versioned
from federation.shared.jobs import run_now
from ledgers import approvals, distinct, drafts, guardians, in_charge, merging, requests, transfers
from ledgers.attachments import delete_attachment
from ledgers.documents.village_forms import ask_for_forms
from ledgers.erasure import erase_person
from ledgers.models import DisabledPerson, Erasure, ErasureProposal
from ledgers.summaries import services as summaries
from orgs import services as bodies
from orgs.models import Plaque, Premises, Regulation, Tenure
from tests.audit.stage import DAY

# --- people -----------------------------------------------------------------------------------------


def drop_draft(s):
    draft = s.draft()
    s.begins()
    drafts.delete_draft(draft=draft, by=s.world.member)


def change_guardian(s):
    person = s.submitted(guardian_phone="13900000009")
    s.begins()
    guardians.change_guardian_phone(chosen={person.pk: person.version}, phone="13900000007", by=s.world.member)


def assign_in_charge(s):
    in_charge.assign_people(body=s.world.village, worker=s.worker, only_unassigned=True, by=s.world.director)


def approve(s):
    person = s.submitted()
    s.begins()
    approvals.approve_persons(chosen={person.uid: person.version}, by=s.world.director)


def give_back(s):
    person = s.submitted()
    s.begins()
    approvals.return_person(
        person=person, reason="请补备注甲", by=s.world.director, expected_version=person.version
    )  # fmt: skip


def withdraw(s):
    person = s.submitted()
    s.begins()
    approvals.withdraw_person(person=person, by=s.world.member, expected_version=person.version)


def merge(s):
    removed = s.submitted(by=s.world.clerk, remark="备注甲")
    s.begins()
    kept = DisabledPerson.objects.get(pk=s.person.pk)
    choices = {"remark": merging.REMOVED}
    merging.merge_persons(kept=kept, removed=removed, choices=choices, reason="重复登记", by=s.world.clerk)


def undo_merge(s):
    merge(s)
    s.begins()
    merging.undo_merge(merge=merging.PersonMerge.objects.get(), by=s.world.clerk)


def say_distinct(s):
    other = s.submitted(by=s.world.clerk)
    s.begins()
    return distinct.say_distinct(person=s.person, others=[other], reason="身份证已当面核对", by=s.world.clerk)


def take_back_distinct(s):
    (pair,) = say_distinct(s)
    s.begins()
    distinct.take_back_distinct(pair=pair, by=s.world.clerk)


def erase(s):
    erase_person(person=s.person, by=s.world.leader, reason=Erasure.Reason.REQUEST)


def grant_request(s, kind="access"):
    asked = s.request(kind)
    s.begins()
    kept_for = "subsidy" if kind == "withdrawal" else ""
    requests.grant_request(request=asked, answer="当面给本人看过", by=s.world.leader, kept_for=kept_for)


def refuse_request(s):
    asked = s.request("access")
    s.begins()
    requests.refuse_request(request=asked, answer="不是本人", by=s.world.leader)


def put_off(s):
    proposal = ErasureProposal.objects.create(
        person=s.person, organisation=s.world.village, rule="deceased", due_on=datetime.date(2026, 1, 1)
    )
    until = timezone.localdate() + datetime.timedelta(days=90)
    data = {
        "decision": "keep", "reason": "仍在核对", "kept_until_year": until.year, "kept_until_month": until.month,
        "kept_until_day": until.day,
    }  # fmt: skip
    s.begins()
    s.send("leader", "erasure-confirm", data, s.person.uid, expect=(302,))
    proposal.refresh_from_db()
    assert proposal.kept_until == until


def accept(s):
    offered = s.offer()
    s.begins()
    transfers.accept_transfer(transfer=offered, by=s.world.clerk, answer="备注甲")


def refuse_transfer(s):
    offered = s.offer()
    s.begins()
    transfers.refuse_transfer(transfer=offered, reason="户口没有迁出", by=s.world.clerk)


def withdraw_transfer(s):
    offered = s.offer()
    s.begins()
    transfers.withdraw_transfer(transfer=offered, by=s.world.member)


def ask_for_many(s):
    transfers.request_transfers(
        persons=[s.person.pk], to_body=s.world.neighbour_village, by=s.world.clerk, reason="名册导入"
    )


def ask_too_often(s):
    for _ in range(transfers.PER_HOUR):
        assert transfers.count_attempt(by=s.world.clerk)
    s.begins()
    assert not transfers.count_attempt(by=s.world.clerk)


def drop_scan(s):
    scan = s.scan()
    s.begins()
    delete_attachment(attachment=scan, by=s.world.member)


def print_form(s):
    data = {"purpose": "归档留存", "numbers": "masked", "action": "page"}
    s.send("member", "person-print", data, s.person.uid)


def give_copy(s):
    data = {"asker": "本人", "identity": "核对了居民身份证原件", "reason": "复制本人信息", "action": "xlsx"}
    s.send("member", "person-copy", data, s.person.uid)


def print_village(s):
    asked = ask_for_forms(by=s.world.member, body=s.world.village, purpose="归档留存")
    s.begins()
    assert run_now(asked.job).state == "done"


# --- summaries, runs, bodies ------------------------------------------------------------------------


def approve_summary(s):
    waiting = s.summary()
    s.begins()
    summaries.approve_summary(summary=waiting, by=s.world.director, version=waiting.version)


def return_summary(s):
    waiting = s.summary()
    s.begins()
    summaries.return_summary(summary=waiting, by=s.world.director, version=waiting.version, reason="请再核对")


def score(s):
    from assessments.services import definition_of, score_manually

    run = s.run(by_hand=True)
    item = definition_of(run).items[-1]
    s.begins()
    score_manually(
        run=run,
        organisation=s.world.township,
        item_code=item.code,
        points=Decimal(0),
        reason="现场查看",
        by=s.world.clerk,
    )


def review(s):
    from assessments.services import review_run

    run = s.run()
    s.begins()
    review_run(run=run, by=s.world.clerk)


def publish(s):
    from assessments.models import BodyResult
    from assessments.services import publish_run

    run = s.run()
    BodyResult.objects.update(pending=0)
    s.begins()
    publish_run(run=run, by=s.world.leader)


def start_run(s):
    from assessments.models import Standard
    from assessments.services import start_run as start

    call_command("load_standards", verbosity=0)
    standard = Standard.objects.get(code="township_2012")
    s.begins()
    start(standard=standard, area=s.world.county, year=2026, as_of=DAY, by=s.world.clerk)


def export_run(s):
    run = s.run()
    s.begins()
    s.look("clerk", "run-export", run.pk, "league", q="甲某", other="柳暗巷")


def abolish(s):
    body = s.empty_village()
    bodies.abolish_organisation(
        organisation=body,
        on=timezone.localdate(),
        by=s.world.administrator,
        reason="并村",
        expected_version=body.version,
    )


def move(s):
    bodies.move_organisation(
        organisation=s.world.village_second, parent=s.world.neighbour_township, by=s.world.administrator, reason="调整"
    )


def end_tenure(s):
    tenure = Tenure.objects.get(worker=s.worker)
    bodies.end_tenure(
        tenure=tenure, on=timezone.localdate(), by=s.world.clerk, reason="换届", expected_version=tenure.version
    )


FIELD_ACTS = {
    "ledgers.draft.kept": lambda s: s.draft(),
    "ledgers.draft.deleted": drop_draft,
    "ledgers.guardian_phone.changed": change_guardian,
    "ledgers.in_charge.assigned": assign_in_charge,
    "ledgers.person.approved": approve,
    "ledgers.person.merged": merge,
    "ledgers.person.merged_away": merge,
    "ledgers.person.merge_undone": undo_merge,
    "ledgers.person.said_distinct": say_distinct,
    "ledgers.person.distinct_taken_back": take_back_distinct,
    "ledgers.person.transferred": accept,
    "ledgers.person.returned": give_back,
    "ledgers.person.erased": erase,
    "ledgers.request.received": lambda s: s.request("access"),
    "ledgers.request.granted": grant_request,
    "ledgers.request.refused": refuse_request,
    "ledgers.consent.withdrawn": lambda s: grant_request(s, "withdrawal"),
    "ledgers.erasure.put_off": put_off,
    "ledgers.person.withdrawn": withdraw,
    "ledgers.transfer.accepted": accept,
    "ledgers.transfer.asked": lambda s: transfers.count_attempt(by=s.world.clerk),
    "ledgers.transfer.refused": refuse_transfer,
    "ledgers.transfer.requested": ask_for_many,
    "ledgers.transfer.too_many": ask_too_often,
    "ledgers.transfer.withdrawn": withdraw_transfer,
    "ledgers.attachment.deleted": drop_scan,
    "ledgers.person.printed": print_form,
    "ledgers.person.copy_given": give_copy,
    "ledgers.forms.asked": lambda s: ask_for_forms(by=s.world.member, body=s.world.village, purpose="归档留存"),
    "ledgers.forms.made": print_village,
    "orgs.organisation.abolished": abolish,
    "orgs.organisation.moved": move,
    "orgs.tenure.ended": end_tenure,
    "summary.submitted": lambda s: s.summary(),
    "summary.approved": approve_summary,
    "summary.returned": return_summary,
    "summary.exported": lambda s: s.look("clerk", "summary-table", s.world.county.pk, q="甲某"),
    "run.started": start_run,
    "run.scored": score,
    "run.reviewed": review,
    "run.exported": export_run,
    "run.published": publish,
    "ledgers.disabledperson.changed": lambda s: s.save(s.person, s.world.member, grade="1", remark="备注甲"),
    "orgs.worker.changed": lambda s: s.save(s.worker, s.world.clerk, phone="13900000009"),
    "orgs.organisation.changed": lambda s: s.save(s.world.village, s.world.clerk, short_name="新东山村"),
    "orgs.plaque.created": lambda s: create_versioned(
        Plaque(organisation=s.world.village, hung_on=datetime.date(2020, 1, 1)), by=s.world.member
    ),
    "orgs.premises.created": lambda s: create_versioned(
        Premises(organisation=s.world.village, since=datetime.date(2020, 1, 1)), by=s.world.member
    ),
    "orgs.regulation.created": lambda s: create_versioned(
        Regulation(organisation=s.world.village, issued_on=datetime.date(2020, 1, 1)), by=s.world.member
    ),
    "ledgers.attachment.created": lambda s: s.scan(),
}  # fmt: skip
