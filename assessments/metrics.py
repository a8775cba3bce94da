"""Numbers from earlier results: what a county is judged by. Inspections and demonstration sites have no place yet."""

from collections import defaultdict
from decimal import Decimal

from assessments.models import BodyResult, Run, Standard
from federation.shared.metrics import Figure, NoSource, Worked, register, span
from orgs.models import BodyKind, Level

COUNTY_REPORT = "会宁县残疾人基层组织建设汇报材料"
_FULL_MARKS = 100


def latest_results(bodies, window, kind, body_kind, level) -> list[BodyResult]:
    """Each judged body's newest result of the year's runs as of the window's day or before, by such a standard."""
    rows = (
        BodyResult.objects.filter(
            span(bodies, "org_path"),
            run__state__in=Run.WITH_RESULTS,
            run__year=window.year,
            run__as_of__lte=window.as_of,
            run__standard__kind=kind,
            run__standard__body_kind=body_kind,
        )
        .order_by("organisation_id", "-run__as_of", "-run_id")
        .select_related("organisation")
        .defer("items")
    )
    if level is not None:
        rows = rows.filter(run__standard__level=level)
    newest: dict[int, BodyResult] = {}
    for row in rows.iterator():
        newest.setdefault(row.organisation_id, row)
    return list(newest.values())


def _of_each(bodies, results) -> dict[int, list[BodyResult]]:
    """The results that lie in each body's subtree."""
    paths = defaultdict(list)
    for body in bodies:
        paths[len(body.path)].append(body)
    found = {body.pk: [] for body in bodies}
    for length, group in paths.items():
        by_path = {body.path: body.pk for body in group}
        for result in results:
            pk = by_path.get(result.org_path[:length])
            if pk is not None:
                found[pk].append(result)
    return found


def _mean_of(body_kind, level):
    def rows(bodies, window):
        return _of_each(bodies, latest_results(bodies, window, Standard.Kind.HUNDRED, body_kind, level))

    def figures(bodies, window):
        return {pk: _mean(results) for pk, results in rows(bodies, window).items()}

    return {
        "figures": figures,
        "proof": lambda body, window: rows([body], window)[body.pk],
        "measured": lambda results: _mean(results).numerator,
        "empty": lambda body: Figure(0, 0, rows=0),
    }


def _mean(results) -> Figure:
    total = sum((result.total for result in results), Decimal(0))
    return Figure(total, _FULL_MARKS * len(results), rows=len(results))


def _complete_of(body_kind, level, item_count):
    def rows(bodies, window):
        return _of_each(bodies, latest_results(bodies, window, Standard.Kind.CHECKLIST, body_kind, level))

    def complete(results):
        return [result for result in results if result.met == item_count]

    return {
        "figures": lambda bodies, window: {
            pk: Figure(len(complete(results)), len(results)) for pk, results in rows(bodies, window).items()
        },
        "proof": lambda body, window: complete(rows([body], window)[body.pk]),
        "empty": lambda body: Figure(0, 0),
    }


_MEAN = "辖区内每个机构取本年度、截止日不晚于本次的最近一次百分制结果，总分之和除以（100 × 机构数）。"
_RATE = "辖区内每个机构取本年度、截止日不晚于本次的最近一次达标结果，每项都做到的机构数除以机构数。"

register(Worked(
    name="assessments.township_mean", label="乡镇（街道）残联平均分", unit="分", source=COUNTY_REPORT, definition=_MEAN,
    permission="assessments.view", mend="run-list?",
    mend_permission="assessments.view", **_mean_of(BodyKind.FEDERATION, Level.TOWNSHIP),
))  # fmt: skip
register(Worked(
    name="assessments.village_mean", label="村（社区）残协平均分", unit="分", source=COUNTY_REPORT, definition=_MEAN,
    permission="assessments.view", mend="run-list?",
    mend_permission="assessments.view", **_mean_of(BodyKind.VILLAGE_ASSOCIATION, None),
))  # fmt: skip
register(Worked(
    name="assessments.association_mean", label="专门协会平均分", unit="分", source="残联厅〔2012〕21号四、（一）",
    definition=_MEAN, permission="assessments.view", mend="run-list?",
    mend_permission="assessments.view",
    **_mean_of(BodyKind.SPECIALISED_ASSOCIATION, None),
))  # fmt: skip
register(Worked(
    name="assessments.nine_haves_rate", label="九有全部做到的乡镇（街道）残联", unit="个", source=COUNTY_REPORT,
    definition=_RATE, permission="assessments.view", mend="run-list?",
    mend_permission="assessments.view",
    **_complete_of(BodyKind.FEDERATION, Level.TOWNSHIP, 9),
))  # fmt: skip
register(Worked(
    name="assessments.six_haves_rate", label="六有全部做到的村（社区）残协", unit="个", source=COUNTY_REPORT,
    definition=_RATE, permission="assessments.view", mend="run-list?",
    mend_permission="assessments.view",
    **_complete_of(BodyKind.VILLAGE_ASSOCIATION, None, 6),
))  # fmt: skip

for _name, _label, _unit in (
    ("assessments.inspection_coverage", "按季度督导到的乡镇", "个次"),
    ("assessments.findings_closed", "按期整改的问题", "个"),
    ("assessments.demonstration_namings", "被命名的示范点", "个"),
):
    register(NoSource(
        name=_name, label=_label, unit=_unit, source=COUNTY_REPORT, definition="系统中还没有登记这类事实的地方。",
        permission="assessments.view", mend="run-list?",
    mend_permission="assessments.view",
    ))  # fmt: skip
