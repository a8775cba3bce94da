"""No door without scope: unscoped querysets in pages, forms, interfaces, exports and jobs are listed with a reason."""

from pathlib import Path

import pytest
from django.conf import settings

from tests.access.lint import doors, findings

# "file: function" -> why the rows need no scope there.
REASONS = {
    "federation/shared/exports.py: _of": "the job's own file; who may have its rows is asked when they are read",
    "federation/shared/exports.py: _failed": "the job's own file",
    "federation/shared/exports.py: _unfetched": "the nightly run deletes for everybody",
    "federation/shared/exports.py: _unanswered": "the nightly run ends applications of everybody",
    "federation/shared/offline/views.py: OutboxStateView.get": "the asker's own submissions, by user and key",
    "accounts/resources.py: _Stored.__init__": "names and workers are unique over the whole system; not shown",
    "accounts/forms.py: NewAccountForm.clean_username": "names of accounts are unique over the whole system",
    "accounts/forms.py: KeyForm.clean": "the organisation was chosen within scope",
    "accounts/views/accounts.py: AccountListView.get_queryset": "prefetch of accounts that are in scope as a whole",
    "assessments/views/objections.py: DecideView.dispatch": "handed to get_in_scope, which narrows it",
    "assessments/views/selections.py: SettleView.dispatch": "handed to get_in_scope, which narrows it",
    "assessments/views/results.py: RunScoreView.get_form": "the score of a result fetched in scope",
    "assessments/views/runs.py: RunView.get_run": "handed to get_in_scope, which narrows it",
    "assessments/tables.py: labels_of": "names of bodies, and of those above them, whose results are in scope",
    "committees/views/members.py: AppointmentUpdateView.get_object": "handed to get_in_scope, which narrows it",
    "committees/views/members.py: MemberEndView.dispatch": "handed to get_in_scope, which narrows it",
    "committees/views/members.py: may_edit_worker": "whether somebody in scope also serves elsewhere; only yes or no",
    "committees/views/lines.py: LineStepView.dispatch": "handed to get_in_scope, which narrows it",
    "committees/views/payments.py: GiveUpView.dispatch": "handed to get_in_scope, which narrows it",
    "committees/views/lines.py: DeductionDeleteView.dispatch": "handed to get_in_scope, which narrows it",
    "committees/views/attendance.py: AttendanceUpdateView.get_object": "handed to get_in_scope, which narrows it",
    "committees/views/training.py: SessionStepView.dispatch": "handed to get_in_scope, which narrows it",
    "committees/views/training.py: WithdrawView.dispatch": "handed to get_in_scope, which narrows it",
    "committees/resources.py: MemberRoster.load": "who a number belongs to is asked over all; nothing of it is shown",
    "federation/shared/audit_views.py: AuditFilter.by_username": "narrows entries that are in scope",
    "federation/shared/audit_views.py: AuditQueryMixin.get_queryset": "the actor's name beside an entry in scope",
    "federation/shared/jobs/views.py: JobDetailView.extra": "parts of a job fetched in scope",
    "federation/shared/rosters/synonym_views.py: SynonymDeleteView.dispatch": "words of headings, no data of bodies",
    "federation/shared/rosters/synonym_views.py: SynonymListView.get": "words of headings, no data of bodies",
    "federation/shared/rosters/tasks.py: _of": "the job's own import",
    "federation/shared/rosters/tasks.py: _check.told": "the job's own progress",
    "ledgers/filters.py: PersonFilter.area_path": "the path of a choice that was offered within scope",
    "ledgers/resources.py: PersonRoster._on_file": "who a number belongs to is asked over all; nothing of it is shown",
    "ledgers/resources.py: PersonRoster._stored_columns": "the rows a number was found on; nothing of them is shown",
    "ledgers/search.py: _initials": "ids by the first letters of a name; they narrow people that are in scope",
    "ledgers/search.py: _is_frequent": "a guess at how many names hold a character, which chooses between two ways",
    "ledgers/forms.py: VillageField.offer": "names of bodies above those offered",
    "ledgers/forms.py: PersonForm._offer_members": "workers of tenures in scope, and the one already named",
    "ledgers/views/approvals.py: ApprovalView.dispatch": "handed to get_in_scope, which narrows it",
    "ledgers/views/drafts.py: DraftSaveView.post": "handed to get_in_scope, which narrows it",
    "ledgers/views/in_charge.py: InChargeDetailView.get": "the name of who is in charge of people in scope",
    "ledgers/views/listing.py: PersonListView.prepare": "names of the bodies of people in scope",
    "ledgers/documents/own_copy.py: _handling": "what was done to the file of a person in scope, for that person",
    "ledgers/documents/own_copy.py: _material": "what hangs on a person fetched in scope",
    "ledgers/documents/own_copy.py: _merges": "what hangs on a person fetched in scope",
    "ledgers/documents/own_copy.py: _requests": "what hangs on a person fetched in scope",
    "ledgers/documents/own_copy.py: _transfers": "where the person was and went, for that person",
    "ledgers/resources.py: _added_since": "which kinds of rows hang on the people this import made",
    "ledgers/resources.py: _let_wait": "the state of files the comparison has matched within the importer's scope",
    "ledgers/documents/printing.py: photos_of": "what hangs on people fetched in scope",
    "ledgers/views/own_copy.py: OwnCopyView.dispatch": "handed to get_in_scope, which narrows it",
    "ledgers/views/erasures.py: ErasureConfirmView.dispatch": "handed to get_in_scope, which narrows it",
    "ledgers/views/privacy.py: DecidesRequest.dispatch": "handed to get_in_scope, which narrows it",
    "ledgers/views/privacy.py: ConsentSheetView.get": "handed to get_in_scope, which narrows it",
    "orgs/forms.py: OrganisationForm.clean_code": "codes are unique over the whole system",
    "orgs/forms.py: FactForm.__init__": "the bodies above one's own: names of organisations are open",
    "orgs/tasks.py: _work": "the job's own result",
    "committees/views/changes.py: MemberMoveView.dispatch": "handed to get_in_scope, which narrows it",
    "committees/views/changes.py: OfOneAppointment.dispatch": "handed to get_in_scope, which narrows it",
    "committees/views/handovers.py: HandoverView.dispatch": "handed to get_in_scope, which narrows it",
    "committees/views/renewal_permits.py: RenewalWithdrawView.dispatch": "handed to get_in_scope, which narrows it",
    "committees/views/second_posts.py: SecondPostWithdrawView.dispatch": "handed to get_in_scope, which narrows it",
    "orgs/views/deputies.py: DeputyUpdateView.get_object": "handed to get_in_scope, which narrows it",
    "orgs/views/facts.py: FactDeleteView.get_object": "handed to get_in_scope, which narrows it",
    "orgs/views/facts.py: FactUpdateView.get_object": "handed to get_in_scope, which narrows it",
    "orgs/views/tenures.py: TenureUpdateView.get_object": "handed to get_in_scope, which narrows it",
    "orgs/views/tenures.py: TenureEndView.dispatch": "handed to get_in_scope, which narrows it",
    "orgs/resources.py: StoredFacts.__init__": "the bodies an import resolved within its area",
    "orgs/resources.py: StoredFacts._workers_by_number": "who a number belongs to is asked over all; not shown",
}


def found() -> dict[str, list[str]]:
    base = Path(settings.BASE_DIR)
    places: dict[str, list[str]] = {}
    for path in doors():
        for where, line, text in findings(path.read_text()):
            places.setdefault(f"{path.relative_to(base).as_posix()}: {where}", []).append(f"line {line}: {text}")
    return places


def test_no_door_reads_rows_without_scope():
    unexplained = {place: lines for place, lines in found().items() if place not in REASONS}
    assert unexplained == {}, "use visible_to(user), or give the reason in tests/access/test_lint.py"


def test_no_reason_outlives_its_place():
    assert set(REASONS) - set(found()) == set()


@pytest.mark.parametrize(
    "source",
    [
        "def page(request):\n    return Person.objects.all()",
        "def page(request):\n    return list(Person.objects.filter(name='x').order_by('id')[:3])",
        "def page(request, pk):\n    return get_object_or_404(Person, pk=pk)",
        "class V:\n    def q(self):\n        return Person._base_manager.get(pk=1)",
        "def page():\n    return render(Person.objects.visible_to(user).filter(x=Other.objects.first()))",
        "def page():\n    with connection.cursor() as cursor:\n        pass",
    ],
)
def test_the_lint_finds(source):
    assert findings(source)


@pytest.mark.parametrize(
    "source",
    [
        "def page(user):\n    return Person.objects.visible_to(user).filter(a=1).first()",
        "def page(user, pk):\n    return get_object_or_404(Person.objects.visible_to(user), pk=pk)",
        "def page(user):\n    return Person.objects.filter(a=1).visible_to(user)",
        "def page(user, rows):\n    return get_object_or_404(rows, pk=1)",
    ],
)
def test_the_lint_leaves_alone(source):
    assert findings(source) == []
