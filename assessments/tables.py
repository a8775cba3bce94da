"""What the pages of a run show in rows: league, matrix, missing list, roll-up."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from django.urls import reverse
from django.utils.html import format_html

from assessments import scoring
from assessments.reasons import number, percent
from federation.shared.charts import data_bar
from federation.shared.tables import Column
from federation.shared.templatetags.ui import tag
from orgs.models import Level, Organisation, Post, Tenure

STATE_WORDS = {
    scoring.YES: "已做到",
    scoring.HALF: "部分做到",
    scoring.NO: "未做到",
    scoring.NONE: "尚无数据来源",
    scoring.PENDING: "待评分",
}
# How a state is drawn in a matrix: a pending item looks like one without a source, its words say which it is.
MARKS = {scoring.YES: "yes", scoring.HALF: "half", scoring.NO: "no", scoring.NONE: "none", scoring.PENDING: "none"}
RUN_TAGS = {"computed": "info", "reviewed": "info", "published": "ok", "failed": "bad"}
STATE_TAGS = {scoring.YES: "ok", scoring.HALF: "warn", scoring.NO: "bad", scoring.NONE: "", scoring.PENDING: "warn"}


def share(part, whole) -> str:
    """9 of 28 as 32.14%; a dash where there is nothing to divide by."""
    return percent(Decimal(part) / Decimal(whole)) if whole else "—"


def mean(area) -> Decimal | None:
    if area is None or not area.bodies:
        return None
    return (area.total_sum / area.bodies).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def barred(value, maximum, text="") -> str:
    """A number with its small bar."""
    return format_html('<span class="bar-cell">{} {}</span>', text or value, data_bar(value, maximum))


def body_url(run_id, organisation_id) -> str:
    return reverse("run-body", args=[run_id, organisation_id])


def item_url(run_id, organisation_id, code) -> str:
    return reverse("run-item", args=[run_id, organisation_id, code])


def run_columns() -> list[Column]:
    return [
        Column("name", "考核", value=str, link=lambda run: reverse("run-detail", args=[run.pk])),
        Column("year", "年度", sort="year", numeric=True),
        Column("as_of", "截止日", sort="as_of"),
        Column("state", "状态", value=lambda run: tag(RUN_TAGS.get(run.state, ""), run.get_state_display())),
        Column("body_count", "机构数", numeric=True),
    ]


def section_points(definition, result) -> list[Decimal]:
    """Points by section, in the order of the standard."""
    totals = {code: Decimal(0) for code, _name in definition.sections}
    for item in definition.items:
        totals[item.section] = totals.get(item.section, Decimal(0)) + result.points_of(item.code)
    return [totals[code] for code, _name in definition.sections]


def unsourced_words(definition) -> str:
    """What of a hundred-point standard cannot be earned yet, so that a total is read for what it is."""
    items = [item for item in definition.items if not item.has_source]
    if definition.is_checklist or not items:
        return ""
    points = sum((item.points for item in items), Decimal(0))
    return f"其中 {len(items)} 项（共 {number(points)} 分）尚无数据来源，暂不得分。"


def league_columns(run, definition, labels: dict) -> list[Column]:
    full = {code: Decimal(0) for code, _name in definition.sections}
    for item in definition.items:
        full[item.section] = full.get(item.section, Decimal(0)) + item.points

    def of_section(index):
        def value(result):
            return section_points(definition, result)[index]

        return value

    return [
        Column(
            "name", "机构", value=lambda result: labels[result.organisation_id],
            link=lambda result: body_url(run.pk, result.organisation_id), sort="position",
        ),
        Column("rank_area", "名次", numeric=True),
        Column("rank_county", "县内名次", numeric=True),
        Column("total", "总分", value=lambda result: barred(result.total, 100), sort="total", numeric=True),
        Column("band", "等次", value=lambda result: tag(band_kind(definition, result.band), result.band)),
        *(
            Column(f"section-{code}", f"{name}（{number(full[code])}）", value=of_section(index), numeric=True)
            for index, (code, name) in enumerate(definition.sections)
        ),
        Column("bonus", "加分", numeric=True),
        Column("penalty", "扣分", numeric=True),
    ]  # fmt: skip


# What of a league table is published to those who stand below its area.
PUBLISHED_COLUMNS = ("name", "rank_area", "rank_county", "total", "band")


def published_columns(run, definition, labels: dict, is_own) -> list[Column]:
    """The league of a published run for who stands below its area; `is_own(result)`: whose page may be opened."""

    def link(result):
        return body_url(run.pk, result.organisation_id) if is_own(result) else ""

    name, *others = (each for each in league_columns(run, definition, labels) if each.key in PUBLISHED_COLUMNS)
    return [replace(name, link=link), *others]


def band_kind(definition, band: str) -> str:
    """The first band reads as good, the last as bad."""
    names = [name for name, _floor in definition.bands]
    if not names or band not in names:
        return ""
    return {0: "ok", len(names) - 1: "bad"}.get(names.index(band), "warn" if names.index(band) > 1 else "info")


def matrix_of(run, definition, items, results, labels: dict) -> dict:
    """Bodies × items with marks; every mark opens the item's evidence."""
    rows = []
    for result in results:
        cells = []
        for item in items:
            cell = result.items.get(item.code, {})
            state = cell.get("s", scoring.NONE)
            words = f"{item.name}：{STATE_WORDS[state]}" + (f"，{cell['r']}" if cell.get("r") else "")
            cells.append(
                {"state": MARKS[state], "url": item_url(run.pk, result.organisation_id, item.code), "text": words}
            )
        total = f"{result.met}／{len(definition.items)}" if definition.is_checklist else str(result.total)
        rows.append(
            {
                "heading": labels[result.organisation_id],
                "url": body_url(run.pk, result.organisation_id),
                "cells": cells,
                "total": total,
            }
        )
    return {
        "caption": f"{definition.title}：机构 × 项目",
        "corner": "机构",
        "columns": [item.name for item in items],
        "rows": rows,
    }


def item_rates(items, results_by_item, bodies) -> list[dict]:
    """How many bodies meet each item: [{code, name, met, bodies, rate, source}]."""
    rows = []
    for item in items:
        met = results_by_item.get(item.code, 0)
        rows.append(
            {
                "code": item.code,
                "name": item.name,
                "met": met,
                "bodies": bodies,
                "rate": share(met, bodies),
                "bar": data_bar(met, bodies or 1),
                "has_source": item.has_source,
            }
        )
    return rows


def missing_list(items, results, people: dict, labels: dict) -> list[dict]:
    """Every unmet item of the bodies: who is in charge, what is missing, where the evidence is."""
    rows = []
    for result in results:
        for item in items:
            cell = result.items.get(item.code, {})
            if cell.get("s") in (scoring.NO, scoring.HALF, scoring.PENDING):
                rows.append(
                    {
                        "body": labels[result.organisation_id],
                        "item": item,
                        "reason": cell.get("r", ""),
                        "person": people.get(result.organisation_id, ""),
                        "url": item_url(result.run_id, result.organisation_id, item.code),
                    }
                )
    return rows


def labels_of(results) -> dict[int, str]:
    """{organisation: what tables call it}: a village with its township's name, for names of villages repeat."""
    villages = [result.organisation for result in results if result.organisation.level == Level.VILLAGE]
    above = {village.path[: -Organisation.steplen] for village in villages}
    rows = Organisation.objects.filter(path__in=above).values_list("path", "short_name", "name") if above else []
    uppers = {path: short or name for path, short, name in rows}
    labels = {result.organisation_id: result.organisation.label for result in results}
    for village in villages:
        labels[village.pk] = f"{uppers.get(village.path[: -Organisation.steplen], '')} {village.label}".strip()
    return labels


def people_in_charge(organisations, user, day) -> dict[int, str]:
    """{organisation: names} of the directors and association chairs in post that `user` may see."""
    rows = (
        Tenure.objects.visible_to(user)
        .in_post_on(day)
        .of_post(Post.DIRECTOR, Post.ASSOCIATION_CHAIR)
        .filter(organisation__in=organisations)
        .order_by("organisation_id", "started_on")
        .values_list("organisation_id", "worker__name")
    )
    names: dict[int, list[str]] = {}
    for organisation, name in rows:
        names.setdefault(organisation, []).append(name)
    return {organisation: "、".join(each) for organisation, each in names.items()}
