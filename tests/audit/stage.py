"""What the acts of the audit tests need: cast, browser, doors, and things on hand."""

import datetime

from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from federation.shared import sealed_files
from federation.shared.export_kinds import export_kind
from federation.shared.exports import ask_for
from federation.shared.history import create_versioned, save_versioned
from federation.shared.jobs import run_now
from federation.shared.models import AuditEntry, ExportFile, Job, RosterImport
from federation.shared.rosters import course, services
from ledgers import approvals, drafts, requests, transfers
from ledgers.models import Attachment, DisabledPerson, PersonRequest, Transfer
from ledgers.summaries import services as summaries
from orgs.models import Organisation
from tests.conftest import PASSWORD
from tests.ledgers.conftest import id_of, person_fields
from tests.rosters.people import person as roster_row
from tests.rosters.people import roster_file

DAY = datetime.date(2026, 1, 5)
# Nothing of these may stand in an entry: names, numbers, addresses and free words about people.
TOLD_NOBODY = {
    "甲某", "乙某", "丙某", "周新名", "新账号", "柳暗巷", "监护甲", "备注甲", "629999199001011238", "13900000001",
    "13900000009", "13900000007", PASSWORD, "雀密码-Gansu-73", "62999919680403251X",
}  # fmt: skip


class Stage:
    """What an act needs: the cast, a browser, a person, a worker."""

    def __init__(self, world, client, person, worker):
        self.world, self.client, self.person, self.worker = world, client, person, worker
        self.begins()

    def begins(self):
        self.earlier = set(AuditEntry.objects.values_list("pk", flat=True))

    def fresh(self):
        return AuditEntry.objects.exclude(pk__in=self.earlier)

    # --- doors --------------------------------------------------------------------------------------

    def log_in(self, name, password=PASSWORD):
        return self.client.post(reverse("login"), {"username": name, "password": password})

    def be(self, name):
        self.client.force_login(getattr(self.world, name), backend="django.contrib.auth.backends.ModelBackend")

    def send(self, name, page, data, *args, expect=(200, 302)):
        self.be(name)
        answer = self.client.post(reverse(page, args=args), data)
        assert answer.status_code in expect, answer.content.decode()[:2000]
        return answer

    def look(self, name, page, *args, expect=200, **query):
        self.be(name)
        answer = self.client.get(reverse(page, args=args), query)
        assert answer.status_code == expect
        return b"".join(answer.streaming_content) if answer.streaming else answer.content

    def save(self, row, by, **values):
        fresh = type(row).objects.get(pk=row.pk)
        for name, value in values.items():
            setattr(fresh, name, value)
        return save_versioned(fresh, by=by)

    # --- things on hand -----------------------------------------------------------------------------

    def submitted(self, by=None, name="丙某", order=7, **more) -> DisabledPerson:
        number = id_of(order=order)
        fields = person_fields(id_number=number, certificate_number=f"{number}42", name=name, **more)
        person = DisabledPerson(organisation=self.world.village, **fields)
        return approvals.submit_person(person=person, by=by or self.world.member)

    def draft(self):
        self.send("member", "person-add", {"name": "丙某", "remark": "备注甲", "action": "draft"})
        return drafts.PersonDraft.objects.get()

    def scan(self) -> Attachment:
        scan = Attachment(person=self.person, organisation=self.world.village, kind="other", title="甲某")
        scan.stored_path = sealed_files.keep("attachments", b"scan", f"attachment|{scan.uid}".encode())
        scan.content_type, scan.size, scan.sha256 = "image/png", 4, "0" * 64
        return create_versioned(scan, by=self.world.member)

    def request(self, kind) -> PersonRequest:
        given = {"asker": "person", "identity_check": "identity_card", "received_on": timezone.localdate()}
        row = PersonRequest(person=self.person, kind=kind, content="备注甲", **given)
        return requests.receive_request(request=row, by=self.world.clerk)

    def offer(self) -> Transfer:
        return transfers.offer_person(
            person=self.person,
            to_body=self.world.neighbour_village,
            moved_on=DAY,
            reason="备注甲",
            by=self.world.member,
        )

    def export(self, **more) -> ExportFile:
        from django.http import QueryDict

        values = {"file_format": "csv", "preset": "usual", "whole": False, "purpose": "入户核对补贴"} | more
        return ask_for(
            kind=export_kind("persons"), by=self.world.clerk, area=self.world.county,
            criteria=QueryDict("q=甲某"), **values,
        )  # fmt: skip

    def made(self) -> ExportFile:
        export = self.export()
        run_now(export.job)
        export.refresh_from_db()
        return export

    def roster(self, checked=True, **cells) -> RosterImport:
        sent = services.receive(
            kind="persons", file_name="名册.xlsx",
            chunks=[roster_file([roster_row(0, 姓名="丙某"), roster_row(1, 姓名="丙某", **cells)])],
            mode=RosterImport.Mode.CORRECT_ROWS, organisation=self.world.county, by=self.world.clerk,
        )  # fmt: skip
        if checked:
            run_now(course.start_check(sent, by=self.world.clerk, post=False))
            sent.refresh_from_db()
        return sent

    def written(self) -> RosterImport:
        sent = self.roster()
        course.begin_confirming(sent, by=self.world.clerk, post=False)
        run_now(Job.objects.latest("pk"))
        sent.refresh_from_db()
        return sent

    def summary(self):
        world = self.world
        return summaries.submit_summary(organisation=world.township, day=DAY, by=world.township_member)

    def run(self, by_hand=False):
        from assessments.models import Standard
        from assessments.services import compute_now, prepare_run
        from assessments.standards import store_standard

        call_command("load_standards", verbosity=0)
        standard = Standard.objects.get(code="township_2012")
        if by_hand:
            definition = standard.definition | {"code": "township_hand"}
            definition["items"][-1] |= {"scoring": "manual", "metric": ""}
            store_standard(definition)
            standard = Standard.objects.get(code="township_hand")
        asked = prepare_run(standard=standard, area=self.world.county, year=2026, as_of=DAY, by=self.world.clerk)
        return compute_now(asked)

    def empty_village(self) -> Organisation:
        return Organisation.objects.get(pk=self.world.other_village_second.pk)
