"""Standards to read: every item with its points, clause, metric and rule."""

from django.urls import reverse

from assessments.models import Standard
from assessments.reasons import number
from assessments.standards import parse
from assessments.views.runs import run_crumbs
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport, everywhere
from federation.shared.metrics import metric
from federation.shared.tables import Column
from federation.shared.templatetags.ui import tag
from federation.shared.views import ScopedDetailView, ScopedListView


class StandardListView(ScopedListView):
    model = Standard
    permission = "assessments.view"
    title = caption = "考核标准"
    ordering = ("code",)
    exports = (
        ListExport(
            "standards", "standard-list", Sensitivity.OPEN,
            ("title", "code", "kind", "subject", "level", "applies_from"), within=everywhere,
        ),
    )  # fmt: skip
    columns = [
        Column("title", "名称", link=lambda row: reverse("standard-detail", args=[row.code]), sort="code"),
        Column("code", "代号"),
        Column("kind", "类别", value=lambda row: row.get_kind_display()),
        Column("subject", "考核对象", value=lambda row: row.get_body_kind_display() or row.get_subject_display()),
        Column("level", "级别", value=lambda row: row.get_level_display() or ""),
        Column("applies_from", "起用年度", numeric=True),
    ]

    def breadcrumbs(self):
        return run_crumbs(None, "考核标准")


class StandardDetailView(ScopedDetailView):
    model = Standard
    permission = "assessments.view"
    template_name = "assessments/standard_detail.html"
    lookup = "code"

    def breadcrumbs(self):
        return [
            *run_crumbs(),
            {"url": reverse("standard-list"), "label": "考核标准"},
            {"url": "", "label": str(self.object)},
        ]

    def extra(self, row):
        definition = parse(row.definition)
        sections = []
        for code, name in definition.sections:
            items = [self.line(item) for item in definition.items if item.section == code]
            sections.append({"name": name, "rows": items, "points": number(sum(line["item"].points for line in items))})
        extras = [self.line(item) for item in definition.bonuses + definition.penalties]
        return {"definition": definition, "parts": sections, "extras": extras, "is_checklist": row.is_checklist}

    def line(self, item):
        declared = metric(item.metric) if item.metric else None
        return {
            "item": item,
            "points": number(item.points),
            "rule": rule_of(item),
            "metric": declared,
            "source": "" if item.has_source else tag("", "尚无数据来源"),
        }


def rule_of(item) -> str:
    """How the item is scored, in words."""
    if item.scoring == "all":
        return f"至少 {number(item.at_least)}，有则满分" if item.at_least != 1 else "有则满分，无则 0 分"
    if item.scoring == "proportional":
        empty = "满分" if item.empty == "full" else "0 分"
        return f"按比例，目标 {number(item.target)}%；没有对象时 {empty}"
    if item.scoring == "per_item":
        if item.steps:
            return "；".join(f"{number(floor)} 个起 {number(points)} 分" for floor, points in item.steps)
        return f"每个 {number(item.each)} 分，最多 {number(item.points)} 分"
    if item.scoring == "deduct":
        return "；".join(f"每个岗位空缺超过 {number(over)} 天扣 {number(lost)} 分" for over, lost in item.deductions)
    return f"人工评 0 到 {number(item.points)} 分，须写理由"
