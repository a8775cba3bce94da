"""Yearly statements of a person and of a body: the page as it will be printed, the same as PDF and as a workbook."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from committees import statements
from committees.views.batch_steps import batches_crumb
from federation.shared import audit, pdf
from federation.shared.views import ScopedView
from federation.shared.workbooks import workbook_response
from orgs.models import Organisation, Worker
from orgs.querysets import OWN

STYLE = "css/print-list.css"
FIRST_YEAR = 2000
# So many rows are shown at once; more are in the workbook.
ROWS_SHOWN = 800
GIVEN = "subsidy.statement_given"


class StatementView(ScopedView):
    """`way` is how it leaves: on the page, as PDF, as a workbook. A year before the first or to come has none."""

    permission = "subsidies.view"
    template_name = "committees/statement.html"
    sheets_template = ""
    kind = ""
    way = "page"

    def get(self, request, year, **kwargs):
        if not FIRST_YEAR <= year <= timezone.localdate().year:
            raise Http404
        self.about = self.get_about()
        self.statement = self.made(year)
        return getattr(self, f"as_{self.way}")()

    def get_about(self):
        raise NotImplementedError

    def made(self, year):
        raise NotImplementedError

    def sheets(self):
        raise NotImplementedError

    def breadcrumbs(self):
        return [batches_crumb()]

    def address(self, way="", year=None) -> str:
        name = f"statement-{self.kind}{f'-{way}' if way else ''}"
        return reverse(name, kwargs=self.kwargs | {"year": year or self.statement.year})

    @property
    def heading(self):
        return f"{self.about} {self.statement.year} 年度补贴对账单"

    @property
    def is_long(self):
        return len(getattr(self.statement, "rows", ())) > ROWS_SHOWN

    def as_page(self):
        year = self.statement.year
        years = [{"year": each, "url": self.address(year=each)} for each in (year - 1, year + 1)
                 if FIRST_YEAR <= each <= timezone.localdate().year]  # fmt: skip
        return self.page(
            title=self.heading,
            statement=self.statement,
            sheets_template=self.sheets_template,
            is_long=self.is_long,
            years=years,
            pdf_url="" if self.is_long or pdf.fault() else self.address("pdf"),
            table_url=self.address("table"),
            fault=pdf.fault(),
        )

    def as_pdf(self):
        if self.is_long or pdf.fault():
            messages.error(self.request, pdf.fault() or "人数太多，不能排成 PDF。请下载表格。")
            return redirect(self.address())
        context = {"title": self.heading, "template": self.sheets_template, "statement": self.statement}
        (document,) = pdf.documents([render_to_string("print/list_document.html", context)], style=STYLE)
        self.log_given("pdf")
        return pdf.attached(document.write_pdf(), self.heading)

    def as_table(self):
        now = timezone.localtime()
        user = self.request.user
        mark = f"{user}　{user.home_organisation or ''}　{now:%Y-%m-%d %H:%M}"
        self.log_given("xlsx")
        return workbook_response(self.heading, self.sheets(), watermark=mark)

    def log_given(self, file_format: str):
        audit.record(
            GIVEN, actor=self.request.user, target=self.about,
            details={"year": self.statement.year, "format": file_format},
        )  # fmt: skip


class PersonStatementView(StatementView):
    kind = "member"
    sheets_template = "committees/_statement_person.html"

    def get_about(self):
        rows = Worker.objects.visible_to(self.request.user, self.permission)
        return get_object_or_404(rows, uid=self.kwargs["uid"])

    def made(self, year):
        return statements.of_person(self.about, year, self.request.user)

    def sheets(self):
        return [statements.person_sheet(self.statement)]


class OwnStatementView(PersonStatementView):
    """A member's own statement, from the page 我的."""

    permission = OWN
    kind = "own"

    def get_about(self):
        return get_object_or_404(Worker.objects.of_own(self.request.user))

    def made(self, year):
        return statements.of_oneself(self.about, year, self.request.user)

    def breadcrumbs(self):
        return [{"url": reverse("own-page"), "label": "我的"}]


class BodyStatementView(StatementView):
    kind = "body"
    sheets_template = "committees/_statement_body.html"

    def get_about(self):
        rows = Organisation.objects.visible_to(self.request.user, self.permission)
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def made(self, year):
        return statements.of_body(self.about, year, self.request.user)

    def sheets(self):
        return statements.body_sheets(self.statement)
