"""Pages of who was there: recording it, one person's result and certificate, numbering certificates, the sheet."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property

from committees.forms import AttendanceEditForm, AttendanceForm, CertificateForm
from committees.models import TrainingAttendance, TrainingSession
from committees.services import training
from committees.sign_in_sheet import sign_pages
from committees.views.papers import PAGES_AT_ONCE, STYLE
from committees.views.training import (
    EDIT,
    VIEW,
    SessionStepView,
    may_run,
    people_listed,
    session_crumbs,
    session_url,
)
from federation.shared import audit, pdf
from federation.shared.numbers import plain_number
from federation.shared.views import ScopedUpdateView, ScopedView, get_in_scope
from orgs.areas import name_places
from orgs.views.pages import ShowsRefusals

# People on one page to be ticked off: what a phone scrolls through, and a form may send.
PEOPLE_A_PAGE = 50


def in_order(session, user, permission: str = VIEW):
    """Who is on the list, within the scope of `user`, in the order of the tree."""
    rows = TrainingAttendance.objects.visible_to(user, permission).filter(session=session)
    return people_listed(rows).order_by("org_path", "worker__name", "pk")


class AttendanceView(SessionStepView):
    """One choice a person, some dozens of people a page; each page is saved by itself."""

    template_name = "committees/training_attendance.html"
    form_class = AttendanceForm
    submit_label = "保存这一页"

    def get_title(self):
        return f"登记到会：{self.object.title}"

    @cached_property
    def people(self):
        return in_order(self.object, self.request.user, EDIT)

    @cached_property
    def number_of_pages(self) -> int:
        return max(1, -(-self.people.count() // PEOPLE_A_PAGE))

    @cached_property
    def number(self) -> int:
        return min(max(1, plain_number(self.request.GET.get("page", "")) or 1), self.number_of_pages)

    @cached_property
    def rows(self) -> list[TrainingAttendance]:
        return list(self.people[(self.number - 1) * PEOPLE_A_PAGE : self.number * PEOPLE_A_PAGE])

    def get_form(self, instance=None):
        all_attended = self.request.GET.get("all") == "attended"
        return self.form_class(self.sent(), rows=self.rows, all_attended=all_attended, **self.form_kwargs())

    def ask(self, form):
        here = f"{reverse('training-attendance', args=[self.object.pk])}?page="
        waiting = any(row.presence == TrainingAttendance.Presence.REGISTERED for row in self.rows)
        numbers = [
            {"label": each, "url": f"{here}{each}", "current": each == self.number}
            for each in range(1, self.number_of_pages + 1)
        ]
        page = {"summary": f"共 {self.people.count()} 人", "numbers": numbers if len(numbers) > 1 else []}
        return self.show(
            form,
            page=page,
            all_url=f"{here}{self.number}&all=attended" if waiting else "",
            late_url=reverse("training-register", args=[self.object.pk]),
        )

    def act(self, values):
        form = self.get_form()
        form.is_valid()
        changed = training.record_attendance(session=self.object, outcomes=form.outcomes(), by=self.request.user)
        self.success_message = f"已保存，改动 {changed} 人。"

    def success_url(self, row):
        if self.request.method == "POST" and self.number < self.number_of_pages:
            return f"{reverse('training-attendance', args=[self.object.pk])}?page={self.number + 1}"
        return session_url(self.object)


class AttendanceUpdateView(ShowsRefusals, ScopedUpdateView):
    """Hours, result and certificate of one person; the host's work."""

    permission = EDIT
    model = TrainingAttendance
    form_class = AttendanceEditForm

    def get_object(self):
        rows = TrainingAttendance.objects.select_related("session", "worker", "organisation")
        row = get_in_scope(rows, self.request.user, EDIT, VIEW, pk=self.kwargs["pk"])
        if not may_run(row.session, self.request.user):
            raise PermissionDenied("到会、考核和证书由主办机构登记。您可以在培训班页面查看。")
        return row

    def get_title(self):
        return f"{self.object.worker.name}的参训登记"

    def breadcrumbs(self):
        return [*session_crumbs(self.object.session), {"label": self.object.worker.name}]

    def update(self, form):
        row = form.save(commit=False)
        training.change_attendance(attendance=row, by=self.request.user, expected_version=self.submitted_version())
        return row

    def success_url(self, row):
        return session_url(self.object.session)


class CertificatesView(SessionStepView):
    title = "发证书"
    submit_label = "编号并登记证书"
    form_class = CertificateForm

    def question(self):
        waiting = training.without_certificate(self.object).count()
        also = "，同时登记为各人的上岗证" if self.object.gives_certificate else ""
        rows = [
            {"label": "培训班", "value": self.object.title},
            {"label": "还没有证书的", "value": f"{waiting} 人（到会并且没有不合格）"},
        ]
        return {"consequence": f"按机构和姓名的顺序依次编号{also}。已有证书的不变。", "rows": rows}

    def act(self, values):
        given = {name: values[name] for name in ("first_number", "digits", "issued_on", "expires_on")}
        number = training.award_certificates(
            session=self.object, prefix=values["prefix_word"], by=self.request.user, **given
        )
        self.success_message = f"已登记 {number} 人的证书。"


class SignInSheetView(ScopedView):
    """Names to be signed beside; whoever sees the people may print them."""

    permission = VIEW
    template_name = "committees/sign_in_sheet.html"

    def get(self, request, pk):
        session, pages = self.sheet(pk)
        may_pdf = pages and len(pages) <= PAGES_AT_ONCE and not pdf.fault()
        return self.page(
            title=f"签到表：{session}",
            breadcrumbs=session_crumbs(session),
            session=session,
            pages=pages,
            fault=pdf.fault(),
            pdf_url=reverse("training-sheet-pdf", args=[session.pk]) if may_pdf else "",
            back_url=session_url(session),
        )

    def sheet(self, pk):
        rows = TrainingSession.objects.visible_to(self.request.user, VIEW).select_related("organisation")
        session = get_object_or_404(rows, pk=pk)
        people = list(in_order(session, self.request.user))
        name_places(people)
        return session, sign_pages(session, people)


class SignInPdfView(SignInSheetView):
    def get(self, request, pk):
        session, pages = self.sheet(pk)
        if not pages or len(pages) > PAGES_AT_ONCE or pdf.fault():
            messages.error(request, pdf.fault() or "还没有人报名，或者页数太多。请在浏览器里打印。")
            return redirect("training-sheet", pk=session.pk)
        title = f"签到表：{session}"
        context = {
            "title": title, "template": "committees/_sign_in_pages.html", "session": session, "pages": pages,
        }  # fmt: skip
        (document,) = pdf.documents([render_to_string("print/list_document.html", context)], style=STYLE)
        audit.record("training.sheet_printed", actor=request.user, target=session, organisation=session.organisation)
        return pdf.attached(document.write_pdf(), title)
