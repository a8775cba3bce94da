"""个人信息登记簿: every stored field by class, with purpose, basis, period and mask; on a page and as a workbook."""

from django.urls import reverse

from federation.shared.field_register import CLASSES, PERSONAL, SENSITIVE, Entry, entries
from federation.shared.views import ScopedView
from federation.shared.workbooks import Column, Sheet, workbook_response

ORDER = (SENSITIVE, PERSONAL, "内部", "公开")


def line_of(entry: Entry) -> dict:
    kind = f"（{entry.kind}）" if entry.kind else ""
    return {
        "model": str(entry.model._meta.verbose_name),
        "field": str(entry.field.verbose_name),
        "name": f"{entry.model._meta.label_lower}.{entry.field.name}",
        "class": f"{entry.classification}{kind}",
        "purpose": entry.purpose,
        "basis": entry.basis,
        "keeping": entry.keeping,
        "mask": entry.mask or "不遮盖",
    }


class FieldRegisterView(ScopedView):
    """Grouped by class, the most sensitive first; within a class by table."""

    permission = "persons.view"
    title = "个人信息登记簿"
    template_name = "register/fields.html"

    def get(self, request):
        groups = {name: [] for name in ORDER}
        for entry in entries():
            groups[entry.classification].append(line_of(entry))
        wanted = request.GET.get("class", SENSITIVE)
        wanted = wanted if wanted in groups else SENSITIVE
        return self.page(
            classes=[
                {"name": name, "count": len(lines), "current": name == wanted, "url": f"?class={name}"}
                for name, lines in groups.items()
            ],
            chosen=wanted,
            lines=groups[wanted],
            kinds=[kind for _class, kind in CLASSES.values() if kind] if wanted == SENSITIVE else [],
            actions=[{"url": reverse("field-register-table"), "label": "下载 Excel", "kind": ""}],
        )


class FieldRegisterTableView(ScopedView):
    """The whole register as a workbook. It holds names of fields, no data of anybody."""

    permission = "persons.view"

    def get(self, request):
        rows = [list(line.values()) for line in (line_of(entry) for entry in entries())]
        columns = [Column("表", 20), Column("字段", 20), Column("代码", 34), Column("类别", 22)]
        columns += [Column("用途", 44), Column("依据", 44), Column("保存期限", 40), Column("遮盖", 26)]
        return workbook_response("个人信息登记簿", [Sheet("个人信息登记簿", columns, rows)])
