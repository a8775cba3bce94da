"""Changing the phone number of a guardian who looks after several people."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html

from federation.shared import normalise
from federation.shared.forms import HouseForm, SealedNumberField
from federation.shared.views import ScopedActView, get_in_scope
from ledgers.guardians import MOST, change_guardian_phone, with_guardian_phone
from ledgers.models import DisabledPerson

EDIT = DisabledPerson.edit_permission


def others_of(person, user):
    """People `user` may change whose guardian has the same phone number."""
    visible = DisabledPerson.objects.visible_to(user, EDIT)
    return with_guardian_phone(visible, person.guardian_phone).exclude(pk=person.pk).select_related("organisation")


def tell_of_others(request, form):
    """After the guardian's number was changed on one form: who else still has the old one, and where to change it."""
    old = form.initial.get("guardian_phone")
    if "guardian_phone" not in form.changed_data or old is None:
        return
    visible = DisabledPerson.objects.visible_to(request.user, EDIT)
    left = list(with_guardian_phone(visible, old).exclude(pk=form.instance.pk).order_by("org_path", "id")[:MOST])
    if left:
        address = reverse("guardian-phone", args=[left[0].uid])
        sentence = '还有 {} 人登记的是这位监护人原来的电话：{}。<a href="{}">一起更换</a>'
        messages.info(request, format_html(sentence, len(left), "、".join(row.name for row in left[:5]), address))


class GuardianForm(HouseForm):
    phone = SealedNumberField(kind="phone", label="监护人的新电话", help_text="手机号 11 位，座机写成 0943-3221234")
    persons = forms.MultipleChoiceField(
        label="一起更换的登记表", widget=forms.CheckboxSelectMultiple, help_text="不是同一位监护人的，请去掉勾选"
    )

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        # The version that was read goes with the box.
        self.fields["persons"].choices = [
            (f"{row.pk}:{row.version}", f"{row.name}，{row.organisation.label}，监护人：{row.guardian_name or '未填'}")
            for row in people
        ]
        self.initial["persons"] = [value for value, _label in self.fields["persons"].choices]

    def clean_phone(self):
        try:
            return normalise.phone(self.cleaned_data["phone"])
        except normalise.NotNormal as error:
            raise ValidationError(str(error)) from error

    def clean_persons(self):
        pairs = (value.split(":") for value in self.cleaned_data["persons"])
        return {int(pk): int(version) for pk, version in pairs}


class GuardianPhoneView(ScopedActView):
    permission = EDIT
    form_class = GuardianForm
    submit_label = "更换"

    def dispatch(self, request, *args, uid, **kwargs):
        self.object = get_in_scope(DisabledPerson.objects, request.user, EDIT, uid=uid)
        self.people = [self.object, *others_of(self.object, request.user).order_by("org_path", "id")[: MOST - 1]]
        return super().dispatch(request, *args, **kwargs)

    def form_kwargs(self):
        return super().form_kwargs() | {"people": self.people}

    def get_title(self):
        return f"更换监护人电话：{self.object.name}"

    def breadcrumbs(self):
        return [
            {"url": reverse("person-list"), "label": "残疾人登记"},
            {"url": self.success_url(self.object), "label": self.object.name},
        ]

    def question(self):
        return {"consequence": "勾选的登记表都换成新电话，每一份都留下修改记录。"}

    def act(self, values):
        rows = change_guardian_phone(chosen=values["persons"], phone=values["phone"], by=self.request.user)
        self.success_message = f"已更换 {len(rows)} 份登记表的监护人电话。"

    def success_url(self, row):
        return reverse("person-detail", args=[row.uid])
