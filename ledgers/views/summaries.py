"""表一 as of any day, counted when asked for: the table, by lower bodies, the people behind a number, the file."""

import datetime

from django import forms
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from federation.shared import audit
from federation.shared.forms import HouseForm, ThreeBoxDateField, read_date
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date
from federation.shared.views import ScopedListView, ScopedView
from federation.shared.workbooks.writer import write_workbook, written_response
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import DisabilityCategory
from ledgers.summaries import layout
from ledgers.summaries.definition import BY_NAME, DIMENSIONS, SEX, TITLE, TOTAL, label_of
from ledgers.summaries.past import figures_below_on, figures_on, not_approved_on, people_on
from ledgers.transfer_rows import shown_to
from ledgers.whereabouts import PATH_THEN, transfers_after
from orgs.areas import area_choices, labels_above
from orgs.models import Organisation

PEOPLE = DisabledPerson.view_permission
EARLIEST = datetime.date(2000, 1, 1)
# From so many people on, a list says 超过 instead of counting on.
COUNTED = 100_000


def bodies(user):
    """The bodies of whose people the reader may see numbers; an association officer's are those of the federation."""
    return Organisation.objects.visible_to(user, PEOPLE)


def people(user, body):
    return DisabledPerson.objects.visible_to(user).under(body.path)


def whose(user, body):
    """What narrows any queryset of persons to those of the body whom the reader sees."""
    return lambda rows: rows.visible_to(user).under(body.path)


def only_of(user) -> str:
    """Of which categories alone the reader's numbers are, in words; "" for all people."""
    categories = {scope.category for scope in user.scopes(PEOPLE)}
    words = dict(DisabilityCategory.choices)
    return "" if "" in categories else "、".join(words[each] for each in sorted(categories))


def day_in(request, name: str = "day") -> datetime.date:
    """The day an address names, today where it names none. Addresses are written by our own pages."""
    text = request.GET.get(name, "")
    day = read_date(text) if text else timezone.localdate()
    if day is None or not EARLIEST <= day <= timezone.localdate():
        raise Http404("没有这一天的汇总")
    return day


def address_of(page: str, body, **parameters) -> str:
    return f"{reverse(page, args=[body.pk])}?{urlencode(parameters)}"


class SummaryForm(HouseForm):
    organisation = forms.ChoiceField(label="机构", required=False)
    day = ThreeBoxDateField(label="截止日期", required=False, help_text="不填就是今天")
    compare = ThreeBoxDateField(label="和哪一天比较", required=False, help_text="不比较的不填")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        chosen = str(self.data.get("organisation") or "")
        self.fields["organisation"].choices = area_choices(self.user, PEOPLE, chosen)
        for name in ("day", "compare"):
            self.fields[name].earliest, self.fields[name].latest = EARLIEST, timezone.localdate()


class SummaryPage(ScopedView):
    """What the pages of one body on one day share."""

    permission = PEOPLE

    def breadcrumbs(self):
        crumbs = [{"url": reverse("summary-current"), "label": "基本情况汇总表"}]
        if hasattr(self, "body"):
            parameters = {"organisation": self.body.pk, "day": self.day.isoformat()}
            crumbs.append({"url": f"{reverse('summary-current')}?{urlencode(parameters)}", "label": self.body.label})
        return crumbs

    def setup_body(self, pk: int):
        self.body = get_object_or_404(bodies(self.request.user), pk=pk)
        self.day = day_in(self.request)

    def lead(self) -> str:
        only = only_of(self.request.user)
        note = f"只统计{only}残疾人（含多重残疾中有这一类的）。" if only else ""
        return f"{self.body.name}，截至 {cn_date(self.day)}在册的残疾人，单位：人。{note}"


class SummaryCurrentView(SummaryPage):
    """The table of the chosen body on the chosen day; another day beside it where one is chosen."""

    title = TITLE
    template_name = "ledgers/summary_current.html"

    def breadcrumbs(self):
        return []

    def get(self, request):
        form = SummaryForm(request.GET, user=request.user)
        if not form.is_valid():
            return self.page(filter_form=form, form=form, blocks=[])
        chosen = form.cleaned_data["organisation"]
        rows = bodies(request.user).order_by("path")
        self.body = get_object_or_404(rows, pk=int(chosen)) if chosen else rows.first()
        self.day = form.cleaned_data["day"] or timezone.localdate()
        other_day = form.cleaned_data["compare"]
        narrow = whose(request.user, self.body)
        other = figures_on(narrow, other_day) if other_day else None
        figures = figures_on(narrow, self.day)
        return self.page(
            filter_form=form,
            lead=self.lead(),
            total=figures[TOTAL],
            total_url=self.people_url(TOTAL) if figures[TOTAL] else "",
            not_approved=not_approved_on(narrow, self.day),
            not_approved_url=self.not_approved_url(),
            total_change=layout.signed(figures[TOTAL] - other[TOTAL]) if other else "",
            other_word=cn_date(other_day),
            blocks=layout.blocks(figures, other=other, other_word=cn_date(other_day), link=self.people_url),
            needs=layout.needs(),
            signatures=layout.SIGNATURES,
            actions=self.actions(),
        )

    def not_approved_url(self) -> str:
        """The list as it is today; of a past day the number is told without it."""
        if self.day != timezone.localdate():
            return ""
        return f"{reverse('person-list')}?{urlencode({'area': self.body.pk, 'approval': 'submitted'})}"

    def people_url(self, code: str) -> str:
        return address_of("summary-people", self.body, day=self.day.isoformat(), cell=code)

    def actions(self) -> list[dict]:
        user, day = self.request.user, self.day.isoformat()

        def holds(permission):
            return Organisation.objects.visible_to(user, permission).filter(pk=self.body.pk).exists()

        actions = []
        if holds("summaries.edit"):
            actions.append(
                {"url": address_of("summary-submit", self.body, day=day), "label": "提交审定", "kind": "primary"}
            )
        if self.body.numchild:
            actions.append(
                {"url": address_of("summary-lower", self.body, day=day), "label": "按下级机构看", "kind": ""}
            )
        if holds("tables.export"):
            actions.append({"url": address_of("summary-table", self.body, day=day), "label": "下载 Excel", "kind": ""})
        actions.append({"url": reverse("summary-blank"), "label": "空白表", "kind": ""})
        if user.has_scope("summaries.view"):
            actions.append({"url": reverse("summary-list"), "label": "提交和审定的汇总表", "kind": ""})
        return actions


class SummaryBlankView(SummaryPage):
    """The form without figures, to be printed and filled in by hand."""

    title = f"{TITLE}（空白表）"
    template_name = "ledgers/summary_blank.html"

    def get(self, request):
        return self.page(blocks=layout.blocks(None), needs=layout.needs(), signatures=layout.SIGNATURES)


class SummaryLowerView(SummaryPage):
    """The direct lower bodies side by side, by one group of columns; they add up to the body."""

    template_name = "ledgers/summary_lower.html"

    def get(self, request, pk):
        self.setup_body(pk)
        self.dimension = BY_NAME.get(request.GET.get("group", SEX.name))
        if self.dimension is None:
            raise Http404("没有这一组数字")
        columns = layout.columns_of(self.dimension)
        length = len(self.body.path) + Organisation.steplen
        parts = figures_below_on(whose(request.user, self.body), self.day, length, self.dimension)
        sums = {code: sum(part[code] for part in parts.values()) for code, _label in columns}
        rows = [self._row(body, heading, parts.get(body.path), columns) for body, heading in self._lower(parts)]
        rows.append(self._row(self.body, "合计", sums, columns))
        return self.page(
            title=f"{self.body.label}：按下级机构看{self.dimension.heading}",
            lead=self.lead(),
            groups=[
                {
                    "url": address_of("summary-lower", self.body, day=self.day.isoformat(), group=each.name),
                    "label": each.heading,
                    "current": each is self.dimension,
                }
                for each in DIMENSIONS
            ],
            columns=[label for _code, label in columns],
            rows=rows,
        )

    def _lower(self, parts):
        """Bodies to show with their headings: those that live on the day or have people, the body itself at the end."""
        lower = bodies(self.request.user).under(self.body.path).filter(depth=self.body.depth + 1).order_by("path")
        for body in lower:
            if body.path in parts or (body.federation_id is None and body.is_live_on(self.day)):
                yield body, body.label
        if self.body.path in parts:
            yield self.body, "本级登记"

    def _row(self, body, heading, figures, columns) -> dict:
        only_own = heading == "本级登记"
        cells = []
        for code, _label in columns:
            number = (figures or {}).get(code, 0)
            parameters = {"day": self.day.isoformat(), "cell": code} | ({"own": "1"} if only_own else {})
            url = address_of("summary-people", body, **parameters) if number else ""
            cells.append({"text": str(number), "url": url})
        return {"heading": heading, "cells": cells, "is_sum": heading == "合计"}


def _own(read):
    """Of somebody who has left since, what the file says is the business of the body that has it."""
    return lambda person: "" if person.has_left else read(person) or "未填"


class SummaryPeopleView(SummaryPage, ScopedListView):
    """The very people counted in a cell: the same condition over the same rows."""

    model = DisabledPerson
    ordering = ("name", "registered_on")
    columns = [
        Column(
            "name",
            "姓名",
            value=lambda person: f"{person.name}（已转出）" if person.has_left else person.name,
            sort="name",
            link=lambda person: "" if person.has_left else reverse("person-detail", args=[person.uid]),
        ),
        Column("sex", "性别", value=_own(lambda person: person.get_sex_display())),
        Column("born_on", "出生日期", value=_own(lambda person: person.born_on)),
        Column("category", "残疾类别", value=_own(lambda person: person.get_category_display())),
        Column("grade", "等级", value=_own(lambda person: person.get_grade_display())),
        Column("id_number", "身份证号", value=lambda person: person.number),
        Column("place", "登记机构"),
        Column("registered_on", "登记日期", sort="registered_on"),
    ]
    counts_rows = COUNTED

    def get(self, request, pk):
        self.setup_body(pk)
        try:
            self.label = label_of(request.GET.get("cell", TOTAL))
        except KeyError:
            raise Http404("没有这一格") from None
        self.title = self.caption = f"{self.body.label}：{self.label}"
        return super().get(request)

    def get_queryset(self):
        parts = people_on(self.narrow, self.day, self.request.GET.get("cell", TOTAL))
        return [rows.select_related("organisation") for rows in parts]

    def narrow(self, rows):
        rows = whose(self.request.user, self.body)(rows)
        return rows.filter(**{rows.path_field: self.body.path}) if self.request.GET.get("own") else rows

    def prepare(self, rows):
        """Where each was on the day; of those who have left the reader's scope since, what the transfer shows."""
        user = self.request.user
        readable = DisabledPerson.objects.visible_to(user).filter(pk__in=[row.pk for row in rows])
        readable = set(readable.values_list("pk", flat=True))
        paths = {row.pk: getattr(row, PATH_THEN, row.org_path) for row in rows}
        labels = labels_above(rows, lambda row: paths[row.pk])
        left = {}
        for each in transfers_after(self.day).filter(person__in=set(paths) - readable).order_by("-moved_on", "-pk"):
            left[each.person_id] = each
        told = {each.transfer.person_id: each for each in shown_to(user, list(left.values()))}
        for row in rows:
            row.has_left, row.number = row.pk not in readable, str(row.id_number or "")
            row.place = labels.get(paths[row.pk], "")
            if row.has_left:
                row.name, row.number = told[row.pk].name, told[row.pk].id_number

    def extra(self):
        return {"lead": self.lead()}


class SummaryTableView(SummaryPage):
    """The table as a workbook in the layout of the paper form."""

    permission = "tables.export"

    def get(self, request, pk):
        self.body = get_object_or_404(Organisation.objects.visible_to(request.user, self.permission), pk=pk)
        self.day = day_in(request)
        figures = figures_on(whose(request.user, self.body), self.day)
        return send_table(request, self.body, self.day, figures, state="未经审定", target=self.body)


def send_table(request, body, day, figures, *, state: str, target):
    """The workbook as a download, with its entry in the log."""
    when = timezone.localtime().strftime("%Y-%m-%d %H:%M")
    sheet = layout.sheet(figures, unit=body.name, day=day, state=state)
    written = write_workbook([sheet], watermark=f"{request.user} {when} 下载")
    audit.record(
        "summary.exported", actor=request.user, target=target, organisation=body,
        details={"as_of": day.isoformat(), "rows": written.rows, "sha256": written.sha256},
    )  # fmt: skip
    return written_response(f"{body.name}_基本情况汇总表_{day:%Y%m%d}", written)
