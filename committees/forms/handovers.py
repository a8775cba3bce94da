"""What is chosen where somebody who left hands over."""

from django import forms
from django.db.models import Q
from django.utils import timezone

from federation.shared.fields import subtree
from federation.shared.forms import HouseForm
from orgs.models import Organisation, Tenure, Worker


class HandoverForm(HouseForm):
    """The successor is somebody in post at the body or above or below it; who follows in the post comes first."""

    successor = forms.ModelChoiceField(Worker.objects.none(), label="移交给谁", empty_label="请选择")
    chosen = forms.MultipleChoiceField(label="移交哪些", widget=forms.CheckboxSelectMultiple)
    remark = forms.CharField(
        label="说明", max_length=200, required=False, help_text="例如：纸质台账 12 册、公章 1 枚已当面交清"
    )

    def __init__(self, *args, user, tenure, found, **kwargs):
        super().__init__(*args, **kwargs)
        day, body = timezone.localdate(), tenure.organisation
        near = Tenure.objects.visible_to(user, Tenure.view_permission).in_post_on(day).exclude(worker=tenure.worker_id)
        above = body.path[: -Organisation.steplen]
        near = near.filter(Q(org_path=above) | subtree(body.path, "org_path"))
        field = self.fields["successor"]
        known = Worker.objects.visible_to(user).filter(pk__in=near.values("worker"))
        field.queryset = known.only("name").order_by("name", "id")
        next_one = near.filter(organisation=body, post=tenure.post).order_by("-started_on").first()
        if next_one is not None:
            field.initial = next_one.worker_id
        self.fields["chosen"].choices = [
            (duty.name, f"{duty.label}：{count} {duty.unit}") for duty, count in found if count
        ]
        self.fields["chosen"].initial = [duty.name for duty, count in found if count]
