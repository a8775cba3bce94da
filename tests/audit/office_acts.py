"""Acts of the base: logging in, accounts, files that leave, rosters, what the administrator does."""

import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Assignment, User
from federation.roles import Role
from federation.shared import retention
from federation.shared.export_files import fetch_once
from federation.shared.exports import decide
from federation.shared.history import create_versioned
from federation.shared.jobs import gate, run_now
from federation.shared.models import Job, JobGate, RosterImport
from federation.shared.rosters import course
from tests.conftest import PASSWORD

# --- accounts ---------------------------------------------------------------------------------------


def log_out(s):
    s.be("member")
    s.client.post(reverse("logout"))


def lock_out(s):
    for _ in range(5):
        s.log_in("member", "wrong")


def change_password(s):
    new = "雀密码-Gansu-73"
    s.send("member", "password_change", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})


def new_account(s):
    assignment = Assignment(role=Role.VILLAGE_MEMBER, organisation=s.world.village)
    account = User(username="new.one", display_name="新账号")
    accounts.create_account(account=account, assignment=assignment, by=s.world.administrator)


def change_account(s):
    data = {"display_name": "周新名", "phone_extension": "13900000009", "version": 1}
    s.send("administrator", "account-edit", data, s.world.member.pk)


def switch(s, active):
    accounts.set_active(account=s.world.member, active=not active, by=s.world.administrator)
    s.begins()
    accounts.set_active(account=s.world.member, active=active, by=s.world.administrator)


def grant(s):
    row = Assignment(user=s.world.stranger, role=Role.VILLAGE_MEMBER, organisation=s.world.village)
    return accounts.grant_role(assignment=row, by=s.world.administrator)


def change_dates(s):
    row = grant(s)
    s.begins()
    row.until = timezone.localdate()
    accounts.change_role_dates(assignment=row, expected_version=1, by=s.world.administrator)


def issue_key(s):
    return accounts.issue_key(
        name="市残联", organisation=s.world.county, resources=["runs"], expires_on=datetime.date(2030, 1, 1),
        by=s.world.administrator,
    )[0]  # fmt: skip


def disable_key(s):
    key = issue_key(s)
    s.begins()
    accounts.disable_key(key=key, by=s.world.administrator)


def wrong_key(s):
    s.client.get("/api/v1/runs/", HTTP_AUTHORIZATION="Api-Key 629999199001011238.x")


# --- base -------------------------------------------------------------------------------------------


def reveal(s, name, row, field):
    s.be(name)
    url = reverse("reveal", args=[row._meta.label_lower, row.uid, field])
    return s.client.post(url, {"reason": "核对补贴发放账号"})


def agree(s, agrees):
    asked = s.export(whole=True)
    s.begins()
    decide(export=asked, by=s.world.leader, agrees=agrees, answer="用途不清楚")


def fetch(s):
    made = s.made()
    s.begins()
    assert b"".join(fetch_once(s.world.clerk, made.pk).streaming_content)


def make_export(s):
    asked = s.export()
    s.begins()
    run_now(asked.job)


def release(s):
    JobGate.objects.update(database=gate.RESTORED)
    gate.release_jobs(by=s.world.administrator)


def rotate(s):
    call_command("rotate_sealing_key", verbosity=0)


def back_up(s):
    # The folder of the test's own media is as good as any.
    from django.conf import settings

    call_command("backup", to=str(settings.MEDIA_ROOT / "backups"), verbosity=0)


def load_divisions(s):
    from federation.shared.jobs import enqueue
    from orgs.tasks import LOAD_DIVISIONS

    text = "level,code,name,parent_code\ncounty,620422000000,会宁县,\ntownship,620422102000,河畔镇,620422000000\n"
    name = default_storage.save("divisions/list.csv", ContentFile(text.encode()))
    job = enqueue(
        LOAD_DIVISIONS, requested_by=s.world.administrator, payload={"file": name, "under": ""},
        idempotency_key="divisions", organisation=s.world.county, post=False,
    )  # fmt: skip
    run_now(job)


# --- rosters ----------------------------------------------------------------------------------------


def confirm(s):
    sent = s.roster()
    course.begin_confirming(sent, by=s.world.clerk, post=False)
    s.begins()
    run_now(Job.objects.latest("pk"))


def undo(s):
    written = s.written()
    course.begin_undoing(written, by=s.world.clerk, post=False)
    s.begins()
    run_now(Job.objects.latest("pk"))


def choose_mode(s):
    sent = s.roster()
    s.begins()
    course.choose_mode(sent, mode=RosterImport.Mode.ALL_OR_NOTHING, by=s.world.clerk)


def download_errors(s):
    sent = s.roster(性别="不明", 现住址="柳暗巷")
    s.begins()
    s.look("clerk", "roster-errors", sent.pk)


OFFICE_ACTS = {
    "access.refused": lambda s: s.look("member", "account-list", expect=403),
    "accounts.login.succeeded": lambda s: s.log_in("member"),
    "accounts.login.failed": lambda s: s.log_in("甲某", "wrong"),
    "accounts.login.locked_out": lock_out,
    "accounts.logout": log_out,
    "accounts.password_changed": change_password,
    "accounts.password_reset": lambda s: accounts.reset_password(account=s.world.member, by=s.world.administrator),
    "accounts.account.created": new_account,
    "accounts.account.changed": change_account,
    "accounts.account.enabled": lambda s: switch(s, True),
    "accounts.account.disabled": lambda s: switch(s, False),
    "accounts.role.granted": grant,
    "accounts.role.changed": change_dates,
    "accounts.key.issued": issue_key,
    "accounts.key.disabled": disable_key,
    "accounts.key.refused": wrong_key,
    "divisions.loaded": load_divisions,
    "exports.asked": lambda s: s.export(),
    "exports.approved": lambda s: agree(s, True),
    "exports.refused": lambda s: agree(s, False),
    "exports.made": make_export,
    "exports.fetched": fetch,
    "exports.given": lambda s: s.look("clerk", "export-now", "organisations"),
    "rosters.errors.downloaded": download_errors,
    "rosters.import.uploaded": lambda s: s.roster(checked=False),
    "rosters.import.confirmed": confirm,
    "rosters.import.mode_chosen": choose_mode,
    "rosters.import.undone": undo,
    "shared.number.revealed": lambda s: reveal(s, "member", s.person, "id_number"),
    "shared.number.reveal_refused": lambda s: reveal(s, "viewer", s.person, "id_number"),
    "shared.backup.made": back_up,
    "shared.jobs.released": release,
    "shared.retention.done": lambda s: retention.remove_due(),
    "shared.sealing_key.rotated": rotate,
    "accounts.assignment.created": lambda s: create_versioned(
        Assignment(user=s.world.stranger, role=Role.VILLAGE_MEMBER, organisation=s.world.village),
        by=s.world.administrator,
    ),
    "accounts.user.changed": lambda s: s.save(s.world.member, s.world.administrator, display_name="周新名"),
}  # fmt: skip
