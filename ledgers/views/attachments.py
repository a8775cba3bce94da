"""Pages of a person's photo and scans: what is there, upload, open for a reason, delete."""

from django import forms
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from federation.shared.forms import HouseForm
from federation.shared.reveal import ReasonForm, ReasonMissing, TooManyReveals
from federation.shared.scans import MAX_BYTES
from federation.shared.shown_files import file_response
from federation.shared.views import ScopedActView, ScopedView, get_in_scope
from ledgers.attachments import AttachmentMissing, add_attachment, delete_attachment, open_scan, photo_data
from ledgers.models import Attachment, DisabledPerson
from ledgers.models.dictionaries import AttachmentKind
from ledgers.views.persons import list_crumb, person_url

VIEW, EDIT, REVEAL = "persons.view", "persons.edit", "persons.reveal"


def attachments_url(person) -> str:
    return reverse("person-attachments", args=[person.uid])


def may_reveal(user, person) -> bool:
    return DisabledPerson.objects.visible_to(user, REVEAL).filter(pk=person.pk).exists()


class OfPerson:
    """`self.person` from the address, in scope."""

    def crumbs_to(self, *more):
        person = {"url": person_url(self.person), "label": self.person.name}
        return [list_crumb(), person, *more]


class UploadForm(HouseForm):
    kind = forms.ChoiceField(label="材料种类", choices=AttachmentKind.choices, widget=forms.RadioSelect)
    file = forms.FileField(
        label="照片或扫描件",
        help_text=f"JPG、PNG 或 PDF（本人照片不能用 PDF），不超过 {MAX_BYTES // (1024 * 1024)} MB。"
        "手机上可以直接拍照。照片里的拍摄地点、时间会自动去掉。",
        error_messages={"empty": "选择的文件是空的，请重新拍照或扫描。"},
        widget=forms.FileInput(
            attrs={
                "accept": "image/jpeg,image/png,image/webp,application/pdf",
                "capture": "environment",
                "data-largest": str(MAX_BYTES),
            }
        ),
    )
    title = forms.CharField(label="说明", max_length=100, required=False, help_text="例如：正面、第 2 页。不要写号码。")


class AttachmentsView(OfPerson, ScopedActView):
    """What is on file, and below it the upload, for who may edit."""

    permission = VIEW
    template_name = "ledgers/attachments.html"
    form_class = UploadForm
    submit_label = "上传"
    success_message = "已保存。"

    def dispatch(self, request, *args, uid, **kwargs):
        if request.method == "POST":
            self.person = get_in_scope(DisabledPerson.objects, request.user, EDIT, uid=uid)
        else:
            self.person = get_object_or_404(DisabledPerson.objects.visible_to(request.user, self.permission), uid=uid)
        self.object = self.person
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"{self.person.name} 的照片和材料"

    def breadcrumbs(self):
        return self.crumbs_to()

    def get_form(self, instance=None):
        if self.request.method == "POST":
            return self.form_class(self.request.POST, self.request.FILES, **self.form_kwargs())
        return self.form_class(initial={"kind": AttachmentKind.PHOTO}, **self.form_kwargs())

    def question(self):
        user = self.request.user
        rows = list(Attachment.objects.visible_to(user, self.permission).filter(person=self.person))
        may_edit = DisabledPerson.objects.visible_to(user, EDIT).filter(pk=self.person.pk).exists()
        return {
            "person": self.person,
            "photo": next((each for each in rows if each.is_photo), None),
            "scans": [each for each in rows if not each.is_photo],
            "may_edit": may_edit,
            "may_open": may_reveal(user, self.person),
        }

    def act(self, values):
        add_attachment(
            person=self.person,
            kind=values["kind"],
            title=values["title"],
            upload=values["file"],
            by=self.request.user,
        )

    def success_url(self, row):
        return attachments_url(self.person)

    def cancel_url(self):
        return person_url(self.person)


class OneAttachment(OfPerson):
    def fetch(self, request, uid, pk) -> Attachment:
        """404 where the person or the row is out of sight, 403 where seeing is all that is granted."""
        self.person = get_object_or_404(DisabledPerson.objects.visible_to(request.user, VIEW), uid=uid)
        return get_in_scope(Attachment.objects, request.user, self.permission, VIEW, pk=pk, person=self.person)

    def breadcrumbs(self):
        return self.crumbs_to({"url": attachments_url(self.person), "label": "照片和材料"})

    def cancel_url(self):
        return attachments_url(self.person)


class PhotoView(OfPerson, ScopedView):
    permission = VIEW

    def get(self, request, uid):
        self.person = get_object_or_404(DisabledPerson.objects.visible_to(request.user, self.permission), uid=uid)
        photos = Attachment.objects.visible_to(request.user, self.permission)
        photo = get_object_or_404(photos, person=self.person, kind=AttachmentKind.PHOTO)
        try:
            return file_response(photo_data(photo), photo.content_type, "photo.jpg")
        except AttachmentMissing:
            raise Http404 from None


class ScanOpenView(OneAttachment, ScopedView):
    """Asks for the reason, then gives the scan."""

    permission = REVEAL
    template_name = "ledgers/attachment_open.html"

    def dispatch(self, request, *args, uid, pk, **kwargs):
        self.attachment = self.fetch(request, uid, pk)
        if self.attachment.is_photo:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self.ask(ReasonForm())

    def post(self, request):
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self.ask(form, status=422)
        try:
            data = open_scan(attachment=self.attachment, reason=form.cleaned_data["reason"], by=request.user)
        except TooManyReveals as error:
            form.add_error(None, str(error))
            return self.ask(form, status=429)
        except (ReasonMissing, AttachmentMissing) as error:
            form.add_error(None, str(error))
            return self.ask(form, status=422)
        name = f"{self.person.name}-{self.attachment}.{self.attachment.ending}"
        return file_response(data, self.attachment.content_type, name)

    def ask(self, form, status=200):
        return self.page(
            status=status,
            title=f"打开{self.attachment}：{self.person.name}",
            heading=f"打开{self.attachment}",
            form=form,
            attachment=self.attachment,
            cancel_url=self.cancel_url(),
        )


class AttachmentDeleteView(OneAttachment, ScopedActView):
    permission = EDIT
    form_class = HouseForm
    submit_label = "删除"
    success_message = "已删除。"

    def dispatch(self, request, *args, uid, pk, **kwargs):
        self.object = self.fetch(request, uid, pk)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"删除 {self.person.name} 的{self.object}"

    def question(self):
        named = f"（{self.object.title}）" if self.object.title else ""
        return {"consequence": f"{self.object}{named}会从服务器上删除，找不回来。", "danger": True}

    def act(self, values):
        delete_attachment(attachment=self.object, by=self.request.user)

    def success_url(self, row):
        return attachments_url(self.person)
