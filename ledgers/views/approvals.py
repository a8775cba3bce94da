"""What waits for approval: the queue by village, one form with what is new in it, taking back one's own entry."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from federation.shared.export_kinds import Sensitivity
from federation.shared.forms import HouseForm
from federation.shared.list_exports import ListExport, Shown
from federation.shared.numbers import plain_number
from federation.shared.reveal import sealed_cell
from federation.shared.tables import Column
from federation.shared.views import ScopedActView, ScopedListView, Section, get_in_scope
from ledgers import rules
from ledgers.approval_history import Submission, changes_to_approve, submissions_of
from ledgers.approvals import (
    APPROVE,
    MOST_AT_ONCE,
    OWN,
    Outcome,
    approve_persons,
    may_withdraw,
    return_person,
    withdraw_person,
)
from ledgers.models import Attachment, DisabledPerson
from ledgers.models.derived import rule_values
from ledgers.models.dictionaries import EntryState
from ledgers.paper_form import sections_of
from ledgers.views.persons import list_crumb, person_url


def waiting_for(user):
    return DisabledPerson.objects.visible_to(user, APPROVE).filter(state=EntryState.SUBMITTED)


def queue_crumb() -> dict:
    return {"url": reverse("approval-list"), "label": "待审核登记表"}


def waiting_by_village(rows) -> list[dict]:
    """[{body, count, url}] of the bodies whose forms wait, in one query."""
    counted = rows.order_by().values("organisation_id", "organisation__short_name", "organisation__name")
    address = reverse("approval-list")
    return [
        {
            "body": each["organisation__short_name"] or each["organisation__name"],
            "count": each["number"],
            "url": f"{address}?village={each['organisation_id']}",
        }
        for each in counted.annotate(number=Count("id")).order_by("org_path")
    ]


def tell(request, outcome: Outcome):
    """What became of the forms chosen, in messages."""
    if outcome.approved:
        messages.success(request, f"已通过 {len(outcome.approved)} 份登记表。")
    for name, sentence in outcome.refused:
        messages.error(request, f"{name}：{sentence}")


class ApprovalListView(ScopedListView):
    permission = APPROVE
    model = DisabledPerson
    title = "待审核登记表"
    template_name = "ledgers/person_approvals.html"
    ordering = ("updated_at", "name")
    exports = (
        ListExport(
            "approvals", "approval-list", Sensitivity.PERSONAL,
            ("name", "kind", "village", "by", Shown("提交时间", lambda row: row.submission.at, "moment")),
        ),
    )  # fmt: skip
    columns = [
        Column("name", "姓名", link=lambda row: reverse("approval-detail", args=[row.uid]), sort="name"),
        Column("chosen", "选择", value=lambda row: choice_of(row)),
        Column("kind", "提交内容", value=lambda row: row.submission.kind),
        Column("village", "村（社区）", value=lambda row: row.organisation.label),
        Column("by", "提交人", value=lambda row: row.submission.by_name),
        Column(
            "updated_at",
            "提交时间",
            value=lambda row: f"{timezone.localtime(row.submission.at):%Y-%m-%d %H:%M}",
            sort="updated_at",
        ),
    ]

    def get_queryset(self):
        rows = waiting_for(self.request.user).select_related("organisation")
        village = plain_number(self.request.GET.get("village"))
        return rows.filter(organisation=village) if village else rows

    def prepare(self, rows):
        submissions = submissions_of([row.pk for row in rows])
        for row in rows:
            row.submission = submissions.get(row.pk) or _unrecorded(row)
            row.is_own = row.submission.by_id == self.request.user.pk
        self.any_to_choose = any(not row.is_own for row in rows)

    def extra(self):
        return {
            "villages": waiting_by_village(waiting_for(self.request.user)),
            "village": plain_number(self.request.GET.get("village")),
            "any_to_choose": self.any_to_choose,
            "all_url": reverse("approval-list"),
        }

    def breadcrumbs(self):
        return [list_crumb()]

    def post(self, request):
        chosen = chosen_in(request.POST.getlist("chosen"))
        if not chosen:
            messages.error(request, "请先在“选择”一栏勾选要通过的登记表。")
        else:
            try:
                tell(request, approve_persons(chosen=chosen, by=request.user))
            except ValidationError as refusal:
                messages.error(request, refusal.messages[0])
        return redirect(request.get_full_path())


def _unrecorded(row):
    """A form that waits without any record (made by a tool, not by a page) still stands in the queue."""
    return Submission(row.created_by_id, "系统", row.updated_at, None)


def choice_of(row):
    """The box that chooses a row, with the version that is read; none for one's own."""
    if row.is_own:
        return "您自己提交的，由别人审核"
    return format_html(
        '<label class="choice"><input type="checkbox" name="chosen" value="{}:{}">'
        '<span class="hide">选择 {}</span></label>',
        row.uid,
        row.version,
        row.name,
    )


def chosen_in(values) -> dict[UUID, int]:
    """{uid: version} of the boxes that were ticked; what is no such box is passed over."""
    chosen = {}
    for value in values[: MOST_AT_ONCE + 1]:
        uid, _, version = value.partition(":")
        try:
            chosen[UUID(uid)] = int(version)
        except ValueError:
            continue
    return chosen


class ReturnForm(HouseForm):
    reason = forms.CharField(
        label="退回原因",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写清哪一项不对、怎么改，填表的人会看到；通过的不用填",
        error_messages={"required": "请写明退回原因，让填表的人知道要改什么。"},
    )


class ApprovalView(ScopedActView):
    """One form that waits: what is new in it (or all of it), and the two answers."""

    permission = APPROVE
    template_name = "ledgers/person_approval.html"
    form_class = ReturnForm

    def dispatch(self, request, *args, uid, **kwargs):
        rows = DisabledPerson.objects.select_related("organisation", "member_in_charge")
        self.object = get_in_scope(rows, request.user, APPROVE, uid=uid)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"审核：{self.object.name}"

    def breadcrumbs(self):
        return [queue_crumb()]

    def question(self):
        row = self.object
        submission = submissions_of([row.pk]).get(row.pk) or _unrecorded(row)
        values = rule_values(row)
        return {
            "object": row,
            "missing": [str(row._meta.get_field(name).verbose_name) for name in rules.missing_fields(values)],
            "sentences": [sentence for _rule, _field, sentence in rules.findings(values)],
            "material": self.material(),
            "submission": submission,
            "waits": row.state == EntryState.SUBMITTED,
            "own": OWN if submission.by_id == self.request.user.pk else "",
            "changes": changes_to_approve(row),
            "sections": [Section(*each) for each in sections_of(row, self.sealed, show_addresses=True)],
            "person_url": person_url(row),
        }

    def sealed(self, name):
        return sealed_cell(self.request, self.object, name)

    def material(self) -> dict:
        """Photo and scans, to be compared with what was filled in."""
        rows = list(Attachment.objects.visible_to(self.request.user).filter(person=self.object))
        return {
            "photo": next((row for row in rows if row.is_photo), None),
            "scans": [f"{row}（{row.title}）" if row.title else str(row) for row in rows if not row.is_photo],
            "url": reverse("person-attachments", args=[self.object.uid]),
        }

    def version(self) -> int:
        version = plain_number(self.request.POST.get("version"))
        if version is None:
            raise Http404("缺少版本号")
        return version

    def post(self, request, **kwargs):
        if request.POST.get("decision") != "approve":
            return super().post(request, **kwargs)
        outcome = approve_persons(chosen={self.object.uid: self.version()}, by=request.user)
        tell(request, outcome)
        return redirect(self.success_url(self.object) if outcome.approved else request.path)

    def act(self, values):
        return_person(
            person=self.object, reason=values["reason"], by=self.request.user, expected_version=self.version()
        )
        self.success_message = f"已退回 {self.object.name} 的登记表。"

    def success_url(self, row):
        return f"{reverse('approval-list')}?village={row.organisation_id}"

    def cancel_url(self):
        return reverse("approval-list")


class WithdrawForm(HouseForm):
    version = forms.IntegerField(widget=forms.HiddenInput)


class WithdrawView(ScopedActView):
    permission = "persons.edit"
    form_class = WithdrawForm
    submit_label = "撤回并删除"
    success_message = "已撤回，这份登记表已删除。"

    def dispatch(self, request, *args, uid, **kwargs):
        self.object = get_in_scope(DisabledPerson.objects, request.user, self.permission, uid=uid)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"撤回：{self.object.name}"

    def breadcrumbs(self):
        return [list_crumb(), {"url": person_url(self.object), "label": self.object.name}]

    def get(self, request, **kwargs):
        if not may_withdraw(self.object, request.user):
            messages.error(request, "只能撤回自己新登记、还没有审核通过的登记表。")
            return redirect(person_url(self.object))
        return super().get(request, **kwargs)

    def question(self):
        return {
            "consequence": "这份还没有审核的登记表会删除，找不回来；要留着内容的，请先不要撤回。",
            "danger": True,
        }

    def form_kwargs(self):
        return super().form_kwargs() | {"initial": {"version": self.object.version}}

    def act(self, values):
        withdraw_person(person=self.object, by=self.request.user, expected_version=values["version"])

    def success_url(self, row):
        return reverse("person-list")

    def cancel_url(self):
        return person_url(self.object)
