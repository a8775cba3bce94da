"""assess --standard CODE --area CODE --year Y [--as-of DATE] [--as USER] [--json]: compute a run here and now."""

import datetime
import json
import time

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from assessments.courses import latest_day
from assessments.models import AreaResult, BodyResult, Run, Standard
from assessments.services import RunRefused, compute_now, prepare_run, start_run
from assessments.standards import StandardRefused
from federation.shared.jobs import run_now
from orgs.models import BodyKind, Organisation


class Command(BaseCommand):
    help = "按一个标准考核一个地区，在本进程内算完。"

    def add_arguments(self, parser):
        parser.add_argument("--standard", required=True, help="标准代号，例如 township_2012")
        parser.add_argument("--area", required=True, help="地区的 12 位区划代码，例如 620422000000")
        parser.add_argument("--year", required=True, type=int, help="考核年度")
        parser.add_argument("--as-of", type=datetime.date.fromisoformat, help="截止日，例如 2026-09-30；默认今天或年末")
        parser.add_argument("--as", dest="user", help="以哪个账号的权限执行；不写则以系统执行")
        parser.add_argument("--json", action="store_true", help="输出 JSON")

    def handle(self, *args, standard, area, year, as_of, user, **options):
        started = time.monotonic()
        question = {
            "standard": self._standard(standard),
            "year": year,
            "as_of": as_of or latest_day(min(year, timezone.localdate().year)),
        }
        try:
            if user:
                run = self._as_user(user, area, question)
            else:
                found = Organisation.objects.filter(code=area, body_kind=BodyKind.FEDERATION)
                with transaction.atomic():
                    run = compute_now(prepare_run(area=self._area(found, area), by=None, **question))
        except (RunRefused, StandardRefused) as refusal:
            raise CommandError(refusal.message) from None
        run = Run.objects.select_related("standard", "organisation").get(pk=run.pk)
        self._report(run, time.monotonic() - started, options["json"])

    def _as_user(self, username, area, question) -> Run:
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"没有账号“{username}”。")
        visible = Organisation.objects.visible_to(user, "assessments.run").filter(
            code=area, body_kind=BodyKind.FEDERATION
        )
        run = start_run(area=self._area(visible, area), by=user, **question)
        job = run_now(run.job)
        if job.state != job.State.DONE:
            raise CommandError(job.error or f"任务{job.get_state_display()}。")
        return run

    def _standard(self, code: str) -> Standard:
        standard = Standard.objects.filter(code=code).first()
        if standard is None:
            known = (
                "、".join(Standard.objects.values_list("code", flat=True)) or "（还没有装入，请先运行 load_standards）"
            )
            raise CommandError(f"没有代号为“{code}”的标准。现有：{known}")
        return standard

    def _area(self, visible, code: str):
        # A place whose city is its county has one code at two levels; the upper one holds both.
        area = visible.order_by("level").first()
        if area is None:
            raise CommandError(f"没有代码为 {code} 的地区，或者它不在您负责的范围内。")
        return area

    def _report(self, run: Run, seconds: float, as_json: bool):
        top = AreaResult.objects.filter(run=run, organisation=run.organisation_id).first()
        if not as_json:
            mean = f"，平均 {top.total_sum / top.bodies:.2f}" if top and not run.standard.is_checklist else ""
            complete = f"，全部做到 {top.complete} 个" if top and run.standard.is_checklist else ""
            self.stdout.write(f"{run}：{run.body_count} 个机构{mean}{complete}，用时 {seconds:.2f} 秒。")
            return
        rows = BodyResult.objects.filter(run=run).select_related("organisation").in_order()
        self.stdout.write(
            json.dumps(
                {
                    "run": run.pk,
                    "standard": run.standard.code,
                    "area": run.organisation.code,
                    "year": run.year,
                    "as_of": run.as_of.isoformat(),
                    "state": run.state,
                    "bodies": run.body_count,
                    "facts_digest": run.facts_digest,
                    "area_result": self._area_json(top),
                    "results": [self._result_json(row) for row in rows],
                    "seconds": round(seconds, 3),
                },
                ensure_ascii=False,
            )
        )

    def _area_json(self, top):
        if top is None:
            return None
        return {
            "bodies": top.bodies,
            "complete": top.complete,
            "complete_sourced": top.complete_sourced,
            "total_sum": str(top.total_sum),
            "items": top.items,
            "bands": top.bands,
            "rates": top.rates,
        }

    def _result_json(self, row: BodyResult):
        return {
            "code": row.organisation.code,
            "name": row.organisation.name,
            "total": str(row.total),
            "bonus": str(row.bonus),
            "penalty": str(row.penalty),
            "band": row.band,
            "rank_county": row.rank_county,
            "rank_area": row.rank_area,
            "met": row.met,
            "unsourced": row.unsourced,
            "pending": row.pending,
            "items": row.items,
        }
