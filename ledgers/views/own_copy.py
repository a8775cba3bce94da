"""A person asks for all that is on file about them: how it was made sure who asks, then the copy, given once."""

from django import forms
from django.http import FileResponse

from federation.shared import pdf
from federation.shared.forms import HouseForm
from federation.shared.reveal import TooManyReveals
from federation.shared.views import get_in_scope
from federation.shared.workbooks.writer import CONTENT_TYPE
from ledgers.documents.own_copy import Asked, copy_as_pdf, copy_as_workbook, own_copy
from ledgers.models import DisabledPerson
from ledgers.views.attachments import REVEAL, VIEW, OfPerson
from ledgers.views.persons import person_url
from ledgers.views.printing import AsksPurpose

ASKERS = ("本人", "监护人", "受本人委托的人")
IDENTITIES = ("核对了居民身份证原件", "核对了残疾人证原件", "当面确认，工作人员认识本人", "核对了委托书和双方证件")
REASONS = ("查阅本人信息", "复制本人信息")
BUTTONS = [("pdf", "生成 PDF", "primary"), ("xlsx", "生成 Excel", "")]


def _same(words):
    return [(word, word) for word in words]


class CopyForm(HouseForm):
    asker = forms.ChoiceField(label="申请人", choices=_same(ASKERS), initial=ASKERS[0], widget=forms.RadioSelect)
    identity = forms.ChoiceField(label="怎样核对身份", choices=_same(IDENTITIES), widget=forms.RadioSelect)
    reason = forms.ChoiceField(label="事由", choices=_same(REASONS), initial=REASONS[0], widget=forms.RadioSelect)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.actions = BUTTONS[1:] if pdf.fault() else BUTTONS


class OwnCopyView(OfPerson, AsksPurpose):
    permission = REVEAL

    def dispatch(self, request, *args, uid, **kwargs):
        named = ("organisation", "member_in_charge", "created_by", "decided_by", "household")
        rows = DisabledPerson.objects.select_related(*named)
        self.person = get_in_scope(rows, request.user, REVEAL, VIEW, uid=uid)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"{self.person.name} 的本人信息副本"

    def breadcrumbs(self):
        return self.crumbs_to()

    def cancel_url(self):
        return person_url(self.person)

    def show(self, form, status=200):
        lead = (
            "本人要求查阅、复制自己的信息时使用。内容包括全部登记项目（完整号码）、照片、同意情况、家庭户、修改记录、查看和办理记录、"
            "材料清单、转移和请求记录。请当面交给申请人。"
        )
        return self.ask(form, status=status, lead=lead)

    def get(self, request):
        return self.show(CopyForm())

    def post(self, request):
        form = CopyForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        asked = Asked(by=request.user, **form.cleaned_data)
        try:
            copy = own_copy(person=self.person, asked=asked)
        except TooManyReveals as error:
            form.add_error(None, str(error))
            return self.show(form, status=429)
        name = f"{copy.title}-{self.person.name}"
        if form.chosen_action == "pdf":
            return pdf.attached(copy_as_pdf(copy), name)
        written = copy_as_workbook(copy)
        response = FileResponse(written.file, as_attachment=True, filename=f"{name}.xlsx", content_type=CONTENT_TYPE)
        response["Cache-Control"] = "no-store, private"
        return response
