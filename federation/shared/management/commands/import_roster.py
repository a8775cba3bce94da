"""The course of an import on the command line, in this process: the same checks, the same rows, the same log."""

import json
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from federation.shared.jobs import run_now
from federation.shared.models import RosterImport
from federation.shared.rosters import all_rosters, course, roster_of, services, staging
from federation.shared.rosters.forms import writable_bodies
from federation.shared.rosters.resource import RosterRefused

_CHUNK = 1 << 20


class Command(BaseCommand):
    help = "检查并（加 --commit 时）写入一个名册：import_roster persons 名册.xlsx --as 账号 [--commit] [--json]"

    def add_arguments(self, parser):
        parser.add_argument("kind", help="organisations、members 或 persons")
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="username", required=True, help="以哪个账号的权限导入")
        parser.add_argument("--commit", action="store_true", help="检查通过后写入；不加只检查")
        parser.add_argument("--correct-rows", action="store_true", help="有错误的行不写，其余写入")
        parser.add_argument("--json", action="store_true", help="输出一行 JSON")

    def handle(self, *args, **options):
        user = get_user_model().objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"没有可用的账号“{options['username']}”。请核对 --as 后面的账号。")
        if roster_of(options["kind"]) is None:
            raise CommandError(f"没有“{options['kind']}”这种名册。可用：{'、'.join(r.kind for r in all_rosters())}。")
        body = writable_bodies(user).first()
        if body is None:
            raise CommandError("这个账号没有导入名册的权限。请换一个有权限的账号。")
        roster_import = self._send(options, body, user)
        if options["commit"] and roster_import.state == RosterImport.State.CHECKED:
            self._confirm(roster_import, user)
        self._tell(roster_import, options["json"])
        failed = roster_import.state == RosterImport.State.REFUSED or roster_import.wrong_count
        if failed:
            raise SystemExit(1)

    def _send(self, options, body, user) -> RosterImport:
        mode = RosterImport.Mode.CORRECT_ROWS if options["correct_rows"] else RosterImport.Mode.ALL_OR_NOTHING
        try:
            with options["file"].open("rb") as file:
                chunks = iter(lambda: file.read(_CHUNK), b"")
                roster_import = services.receive(
                    kind=options["kind"], file_name=options["file"].name, chunks=chunks, mode=mode,
                    organisation=body, by=user,
                )  # fmt: skip
        except OSError as error:
            raise CommandError(f"文件打不开：{error}。请核对路径。") from error
        except RosterRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        run_now(course.start_check(roster_import, by=user, post=False))
        roster_import.refresh_from_db()
        return roster_import

    def _confirm(self, roster_import, user):
        if not roster_import.may_be_confirmed:
            return
        course.begin_confirming(roster_import, by=user, post=False)
        roster_import.refresh_from_db()
        run_now(roster_import.job)
        roster_import.refresh_from_db()

    def _tell(self, row, as_json: bool):
        counts = {
            "import": row.pk,
            "kind": row.kind,
            "state": row.state,
            "rows": row.row_count,
            "new": row.new_count,
            "changed": row.changed_count,
            "unchanged": row.unchanged_count,
            "wrong": row.wrong_count,
            "transfer": row.transfer_count,
            "refusal": row.refusal,
        }
        errors = [str(error) for error in staging.errors_of(row)]
        if as_json:
            self.stdout.write(json.dumps(counts | {"errors": errors[:200]}, ensure_ascii=False))
            return
        self.stdout.write(f"{row.file_name}：{row.get_state_display()}。{row.refusal}")
        self.stdout.write(
            f"读入 {row.row_count} 行：新增 {row.new_count}，有变化 {row.changed_count}，无变化 {row.unchanged_count}，"
            f"有错误 {row.wrong_count}，在别处登记 {row.transfer_count}。"
        )
        for error in errors[:200]:
            self.stdout.write(f"  {error}")
