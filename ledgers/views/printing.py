"""Printing the personal form: what for, the sheet on the page or as PDF, blank ones."""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from federation.shared import pdf
from federation.shared.export_kinds import TAKE_PERSONAL
from federation.shared.forms import HouseForm
from federation.shared.reveal import REASON_MIN, ReasonMissing, TooManyReveals
from federation.shared.submissions import answer_once
from federation.shared.views import ScopedView
from ledgers.attachments import photo_of
from ledgers.documents.person_form import TITLE, PersonSheet
from ledgers.documents.printing import Purpose, photos_of, printed_sheet, sheets_in_pdf
from ledgers.documents.village_forms import ask_for_forms, forms_of, left_out, left_out_words
from ledgers.models import DisabledPerson
from ledgers.views.attachments import REVEAL, VIEW, OfPerson, may_reveal
from ledgers.views.persons import list_crumb, person_url
from orgs.models import Organisation

NUMBERS = (("masked", "遮盖号码"), ("whole", "打印完整号码（会登记理由和时间）"))
BUTTONS = [("page", "打开打印页", "primary"), ("pdf", "下载 PDF", "")]


class PrintForm(HouseForm):
    """`whole` says whether the reader may have whole numbers."""

    purpose = forms.CharField(
        label="用途",
        min_length=REASON_MIN,
        max_length=50,
        initial="归档留存",
        help_text="会印在每一页的页脚，并登记在审计日志里，例如：归档留存、本人核对。",
        error_messages={"min_length": f"用途至少写 {REASON_MIN} 个字"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    numbers = forms.ChoiceField(label="号码", choices=NUMBERS, initial="masked", widget=forms.RadioSelect)

    def __init__(self, *args, whole=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.actions = BUTTONS[:1] if pdf.fault() else BUTTONS
        if not whole:
            del self.fields["numbers"]

    @property
    def asks_whole(self) -> bool:
        return self.cleaned_data.get("numbers") == "whole"


class AsksPurpose(ScopedView):
    """A page that asks what for (GET) and answers with what is printed (POST)."""

    permission = VIEW
    template_name = "print/purpose.html"

    def ask(self, form, status=200, **context):
        return self.page(
            status=status,
            title=f"错误：{self.get_title()}" if form.errors else self.get_title(),
            heading=self.get_title(),
            form=form,
            fault=pdf.fault(),
            cancel_url=self.cancel_url(),
            **context,
        )

    def sheet_page(self, sheet, **context):
        self.template_name = "print/form_page.html"
        response = self.page(sheet=sheet, fault=pdf.fault(), back_url=self.cancel_url(), **context)
        response["Cache-Control"] = "no-store, private"
        return response


class PersonPrintView(OfPerson, AsksPurpose):
    def dispatch(self, request, *args, uid, **kwargs):
        rows = DisabledPerson.objects.visible_to(request.user, VIEW).select_related("organisation", "member_in_charge")
        self.person = get_object_or_404(rows, uid=uid)
        self.may_have_whole = may_reveal(request.user, self.person)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"打印 {self.person.name} 的登记表"

    def breadcrumbs(self):
        return self.crumbs_to()

    def cancel_url(self):
        return person_url(self.person)

    def get(self, request):
        return self.ask(PrintForm(whole=self.may_have_whole))

    def post(self, request):
        if request.POST.get("numbers") == "whole" and not self.may_have_whole:
            raise PermissionDenied("您可以打印遮盖号码的登记表，但没有查看完整号码的权限。")
        form = PrintForm(request.POST, whole=self.may_have_whole)
        if not form.is_valid():
            return self.ask(form, status=422)
        try:
            return self.answer(form)
        except (ReasonMissing, TooManyReveals) as error:
            form.add_error(None, str(error))
            return self.ask(form, status=429)

    def answer(self, form):
        as_pdf = form.chosen_action == "pdf"
        pictures = photos_of([self.person]) if as_pdf else {}
        if as_pdf:
            photo_url = next(iter(pictures), "")
        else:
            photo_url = reverse("person-photo", args=[self.person.uid]) if photo_of(self.person) else ""
        sheet = printed_sheet(
            person=self.person,
            purpose=Purpose(self.request.user, form.cleaned_data["purpose"], form.asks_whole),
            photo_url=photo_url,
            shows_addresses=self.may_have_whole,
        )
        if as_pdf:
            return pdf.attached(sheets_in_pdf([sheet], pictures), f"{TITLE}-{self.person.name}")
        return self.sheet_page(sheet, title=f"{self.person.name} 的登记表")


class BlankFormView(AsksPurpose):
    """The empty sheet, to be filled in by hand: nothing of anybody is in it, so nothing is asked."""

    title = "空白登记表"

    def breadcrumbs(self):
        return [list_crumb()]

    def cancel_url(self):
        return reverse("person-list")

    def get(self, request):
        sheet = PersonSheet(None)
        if "pdf" in request.GET and not pdf.fault():
            return pdf.attached(sheets_in_pdf([sheet], {}), f"{TITLE}（空白）")
        return self.sheet_page(sheet, pdf_url="" if pdf.fault() else "?pdf=1")


class VillagePrintView(AsksPurpose):
    """The forms of everybody registered at a body, as a job."""

    permission = TAKE_PERSONAL

    def dispatch(self, request, *args, pk, **kwargs):
        self.body = get_object_or_404(Organisation.objects.visible_to(request.user, VIEW), pk=pk)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"打印 {self.body.label} 的全部登记表"

    def breadcrumbs(self):
        return [{"url": self.cancel_url(), "label": self.body.label}]

    def cancel_url(self):
        return reverse("organisation-detail", args=[self.body.pk])

    def form(self, data=None):
        form = PrintForm(data, whole=self.may_have_whole())
        form.actions = [] if pdf.fault() else [("print", "开始打印", "primary")]
        return form

    def get(self, request):
        return self.ask(self.form(), lead=self.lead())

    def may_have_whole(self) -> bool:
        return Organisation.objects.visible_to(self.request.user, REVEAL).filter(pk=self.body.pk).exists()

    def lead(self):
        count = forms_of(self.request.user, self.body).count()
        left = left_out_words(left_out(self.request.user, self.body))
        return (
            f"在册 {count} 人，每人一张 A4 纸，合成一个 PDF 文件，做好后 24 小时内可以下载一次。"
            f"{left + '（页脚也写明）。' if left else ''}"
            "要打印完整号码的，须由另一个人同意。"
        )

    def post(self, request):
        return answer_once(request, lambda: self.begin(request))

    def begin(self, request):
        form = self.form(request.POST)
        if not pdf.fault() and form.is_valid():
            try:
                purpose = form.cleaned_data["purpose"]
                export = ask_for_forms(by=request.user, body=self.body, purpose=purpose, whole=form.asks_whole)
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                return redirect("job-detail", export.job_id) if export.job_id else redirect("export-detail", export.pk)
        return self.ask(form, status=422, lead=self.lead())
