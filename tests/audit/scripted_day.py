"""A day at the office with numbers nobody else has: typed, misspelt, searched, imported, printed, exported, lost.

    python -m tests.audit.scripted_day --seed 7 --unpacked FOLDER

Runs in an installation of its own (environment as for the product) and prints the numbers as one JSON line. What the
database keeps packed, so that a search of its files would miss it, is written to FOLDER in plain.
"""

import argparse
import datetime
import io
import json
import logging
import random
import sys
from pathlib import Path

import django

ROWS_OF_ROSTER = 6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--unpacked", type=Path, required=True)
    options = parser.parse_args()
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    day = Day(options.seed)
    # Every step says whether it was done: one that fails would prove nothing.
    for step in (
        day.typed_at_the_login, day.registered, day.misspelt, day.searched, day.revealed, day.changed,
        day.sent_too_late, day.imported, day.exported, day.asked_for, day.printed, day.worker_paid, day.merged,
        day.went_wrong,
    ):  # fmt: skip
        step()
    call_command("backup", verbosity=0)
    _unpack(options.unpacked)
    print(json.dumps(day.numbers))


class Day:
    def __init__(self, seed: int):
        from tests.conftest import build_world

        self.random = random.Random(seed)
        self.world = build_world()
        self.numbers: dict[str, str] = {}

    # --- numbers ------------------------------------------------------------------------------------

    def id_number(self, what: str) -> str:
        from tests.rosters.people import id_number

        born = datetime.date(1940, 1, 1) + datetime.timedelta(days=self.random.randrange(20_000))
        return self.keep(f"{what}: ID number", id_number(self.random.randrange(500), born))

    def certificate(self, what: str, number: str) -> str:
        return self.keep(f"{what}: certificate", f"{number}42")

    def phone(self, what: str) -> str:
        return self.keep(f"{what}: phone", f"199{self.random.randrange(10**8):08d}")

    def keep(self, name: str, value: str) -> str:
        self.numbers[name] = value
        return value

    # --- people -------------------------------------------------------------------------------------

    def at_work(self, name: str):
        from django.test import Client

        client = Client(raise_request_exception=False)
        client.force_login(getattr(self.world, name), backend="django.contrib.auth.backends.ModelBackend")
        return client

    def send(self, who: str, page: str, data: dict, *args, expect=(302,), query: str = ""):
        from django.urls import reverse

        answer = self.at_work(who).post(reverse(page, args=args) + query, data)
        assert answer.status_code in expect, f"{page}: {answer.status_code} {answer.content.decode()[:3000]}"
        return answer

    def look(self, who: str, page: str, *args, expect=(200,), **query):
        from django.urls import reverse

        answer = self.at_work(who).get(reverse(page, args=args), query)
        assert answer.status_code in expect, f"{page}: {answer.status_code}"
        return answer

    def form(self, what: str, **more) -> dict:
        """A right form of a person whose every number is ours."""
        from tests.ledgers.test_pages import boxes, form_data

        number = self.id_number(what)
        born = datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        values = {
            "id_number": number,
            "born_on": born,
            "certificate_number": self.certificate(what, number),
            "phone": self.phone(what),
            "guardian_phone": self.phone(f"{what}, guardian"),
            "name": "雀测试",
            **boxes("registered_on", datetime.date.today()),
            **boxes("consented_on", datetime.date.today()),
        }
        return form_data(self.world.village, **(values | more))

    def person(self, what: str):
        from ledgers.models import DisabledPerson

        self.send("member", "person-add", self.form(what))
        return DisabledPerson.objects.latest("pk")

    # --- the day ------------------------------------------------------------------------------------

    def typed_at_the_login(self):
        from django.test import Client
        from django.urls import reverse

        typed, searched = self.id_number("typed as a name"), self.id_number("in the address after the login")
        data = {"username": typed, "password": typed, "next": f"/persons/?q={searched}"}
        for _ in range(5):
            Client().post(f"{reverse('login')}?next=/persons/?q={searched}", data)

    def registered(self):
        self.someone = self.person("registered")

    def misspelt(self):
        number = self.id_number("misspelt")
        wrong = self.keep("misspelt: last digit", number[:17] + ("1" if number[17] != "1" else "2"))
        self.send("member", "person-add", self.form("refused", id_number=wrong), expect=(422,))
        draft = self.form("draft") | {"action": "draft"}
        self.send("member", "person-add", draft)
        self.send("member", "draft-save", self.form("saved while typing"), expect=(200, 201, 302))

    def searched(self):
        number = self.id_number("searched")
        for page in ("person-list", "member-list", "in-charge-list", "household-list", "organisation-list"):
            self.look("clerk", page, q=number)
        self.look("auditor", "audit-list", username=number, target=number)
        self.look("clerk", "person-list", q=self.numbers["registered: ID number"])
        self.send(
            "clerk", "saved-filter-add", {"name": "常用"}, query=f"?q={number}&category=4", expect=(200, 302, 422)
        )

    def revealed(self):
        args = ["ledgers.disabledperson", self.someone.uid, "id_number"]
        self.send("member", "reveal", {"reason": f"核对 {self.id_number('in a reason')}"}, *args, expect=(200,))

    def changed(self):
        from ledgers.models import DisabledPerson
        from tests.ledgers.test_pages import boxes, edit_data

        person = DisabledPerson.objects.get(pk=self.someone.pk)
        data = edit_data(person, name=person.name, phone=self.phone("changed"), remark="改了电话")
        data |= boxes("born_on", person.born_on)
        self.send("member", "person-edit", data, person.uid)

    def sent_too_late(self):
        import time_machine
        from django.urls import reverse
        from django.utils import timezone

        member, clerk = self.at_work("member"), self.at_work("clerk")
        for client in (member, clerk):
            client.get(reverse("more"))
        with time_machine.travel(timezone.now() + datetime.timedelta(minutes=31)):
            late = member.post(reverse("person-add"), self.form("sent too late"))
            address = f"{reverse('export-ask', args=['persons'])}?q={self.id_number('in the address of a late form')}"
            later = clerk.post(address, {"purpose": "核对补贴"})
        assert late.status_code == later.status_code == 302

    def imported(self):
        from django.core.files.uploadedfile import SimpleUploadedFile

        from federation.shared.jobs import run_now
        from federation.shared.models import Job, RosterImport
        from tests.rosters.people import person, roster_file

        rows = []
        for place in range(ROWS_OF_ROSTER):
            number = self.id_number(f"roster {place}")
            certificate = self.certificate(f"roster {place}", number)
            born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
            rows.append(person(place, 身份证号=number, 残疾人证号=certificate, 出生日期=born, 性别="男"))
        number = self.id_number("wrong in a roster")
        wrong = self.keep("wrong in a roster: last digit", number[:17] + ("1" if number[17] != "1" else "2"))
        rows.append(person(99, 身份证号=wrong, 残疾人证号=self.certificate("wrong in a roster", wrong)))
        file = SimpleUploadedFile("名册.xlsx", roster_file(rows))
        sent = {"kind": "persons", "organisation": self.world.county.pk, "mode": "correct_rows", "file": file}
        self.send("clerk", "roster-upload", sent)
        run_now(Job.objects.latest("pk"))
        imported = RosterImport.objects.get()
        assert (imported.row_count, imported.wrong_count) == (ROWS_OF_ROSTER + 1, 1), imported.report
        self.look("clerk", "roster-detail", imported.pk)
        assert b"".join(self.look("clerk", "roster-errors", imported.pk).streaming_content)
        self.send("clerk", "roster-confirm", {}, imported.pk)
        run_now(Job.objects.latest("pk"))
        imported.refresh_from_db()
        assert imported.state == RosterImport.State.DONE, imported.refusal

    def exported(self):
        """One file of whole numbers that lies there ready, another that was fetched."""
        from federation.shared.jobs import run_now
        from federation.shared.models import ExportFile

        ask = {"format": "csv", "preset": "all", "purpose": "核对补贴发放", "whole": "on"}
        for query in ("", f"?q={self.numbers['registered: ID number']}"):
            self.send("member", "export-ask", ask, "persons", query=query)
            export = ExportFile.objects.latest("pk")
            self.send("director", "export-decide", {"action": "agree"}, export.pk)
            export.refresh_from_db()
            run_now(export.job)
        answer = self.send("member", "export-fetch", {}, export.pk, expect=(200,))
        assert self.numbers["registered: ID number"].encode() in b"".join(answer.streaming_content)
        answer.close()

    def asked_for(self):
        from tests.ledgers.test_pages import boxes

        data = {
            "to_organisation": self.world.neighbour_village.pk, "id_number": self.id_number("asked for"),
            "name": "无此人", "reason": "搬家", **boxes("moved_on", datetime.date(2026, 1, 5)),
        }  # fmt: skip
        self.send("clerk", "transfer-ask", data, expect=(200, 302, 422))

    def printed(self):
        from federation.shared import pdf

        person = self.someone
        whole = {"purpose": "归档留存", "numbers": "whole"}
        actions = ("page",) if pdf.fault() else ("page", "pdf")
        for action in actions:
            self.send("member", "person-print", whole | {"action": action}, person.uid, expect=(200,))
        copy = {"asker": "本人", "identity": "核对了居民身份证原件", "reason": "复制本人信息", "action": "xlsx"}
        self.send("member", "person-copy", copy, person.uid, expect=(200,))

    def worker_paid(self):
        from federation.shared.history import create_versioned, save_versioned
        from orgs.models import Post, Tenure, Worker

        account = self.keep("worker: account", f"6217999{self.random.randrange(10**12):012d}")
        worker = Worker(name="雀委员", id_number=self.id_number("worker"), phone=self.phone("worker"))
        worker.payment_account = account
        create_versioned(worker, by=self.world.clerk)
        Tenure.objects.create(
            worker=worker, organisation=self.world.village, post=Post.COMMITTEE_MEMBER,
            started_on=datetime.date(2022, 1, 1),
        )  # fmt: skip
        worker.phone = self.phone("worker, changed")
        save_versioned(worker, by=self.world.clerk)
        self.look("clerk", "member-list")

    def merged(self):
        from ledgers.merging import merge_persons

        kept, removed = self.person("kept of two"), self.person("merged away")
        merge_persons(kept=kept, removed=removed, choices={}, reason="重复登记", by=self.world.clerk)

    def went_wrong(self):
        """Errors with numbers in them: from the database, from a program, from addresses."""
        from django.db import IntegrityError, transaction
        from django.test import Client

        from ledgers.models import DisabledPerson

        number = self.numbers["registered: ID number"]
        try:
            with transaction.atomic():
                DisabledPerson.objects.create(
                    organisation=self.world.village, name="雀重复", id_number=number, registered_on="2026-01-01"
                )
        except IntegrityError:
            logging.getLogger("ledgers").exception("保存失败：%s", number)
        try:
            raise ValueError(f"号码 {self.id_number('in an exception')} 不对")
        except ValueError:
            logging.getLogger("ledgers").exception("出错")
        lost = self.id_number("in an address that is not there")
        Client().get(f"/persons/{lost}/?id={lost}")
        Client().get(f"/api/v1/organisations/?code={lost}", HTTP_AUTHORIZATION=f"Api-Key {lost}")


def _unpack(folder: Path):
    """What lies packed: sessions are compressed before they are stored."""
    from django.contrib.sessions.models import Session

    folder.mkdir()
    sessions = [session.get_decoded() for session in Session.objects.all()]
    assert any("kept_input" in each for each in sessions), "the late form is not waiting"
    text = io.StringIO()
    json.dump(sessions, text, ensure_ascii=False)
    (folder / "sessions.json").write_text(text.getvalue())


if __name__ == "__main__":
    sys.exit(main())
