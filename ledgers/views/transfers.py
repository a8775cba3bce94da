"""Pages of transfers: what waits, asking for a person, offering one, answering, taking back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from federation.shared.export_kinds import Sensitivity
from federation.shared.forms import HouseForm
from federation.shared.list_exports import ListExport
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import (
    ScopedActView,
    ScopedDetailView,
    ScopedFormView,
    ScopedListView,
    Section,
    add_refusal,
    get_in_scope,
)
from ledgers.approvals import APPROVE
from ledgers.models import DisabledPerson, Transfer
from ledgers.models.dictionaries import TransferState
from ledgers.places import MOST, villages_called
from ledgers.transfer_rows import shown_to
from ledgers.transfers import (
    DONE,
    EDIT,
    TOO_OFTEN,
    VIEW,
    NotFound,
    accept_transfer,
    ask_for_person,
    count_attempt,
    may_decide,
    may_withdraw,
    offer_person,
    refuse_transfer,
    waiting_for,
    withdraw_transfer,
)
from ledgers.views.persons import list_crumb, person_url
from ledgers.views.transfer_forms import AnswerForm, AskForm, OfferForm

TAGS = {
    TransferState.REQUESTED: "info",
    TransferState.ACCEPTED: "ok",
    TransferState.REFUSED: "bad",
    TransferState.WITHDRAWN: "",
}
BOXES = {"waiting": "待我处理", "mine": "我发起的", "open": "办理中的", "done": "已办结的"}


def transfer_url(transfer) -> str:
    return reverse("transfer-detail", args=[transfer.uid])


def transfers_crumb() -> dict:
    return {"url": reverse("transfer-list"), "label": "转移"}


def state_tag(transfer) -> str:
    return tag(TAGS[transfer.state], transfer.get_state_display())


class TransferListView(ScopedListView):
    permission = VIEW
    model = Transfer
    title = "残疾人转移"
    template_name = "ledgers/transfer_list.html"
    ordering = ("-id",)
    exports = (
        ListExport(
            "transfers", "transfer-list", Sensitivity.PERSONAL,
            ("name", "number", "sender", "receiver", "moved_on", "reason", "direction", "created_at", "state",
             "decided_at", "answer"),
            told=lambda view: BOXES[view.box],
        ),
    )  # fmt: skip
    columns = [
        Column("name", "姓名", value=lambda row: row.shown.name, link=transfer_url),
        Column("number", "身份证号", value=lambda row: row.shown.id_number),
        Column("sender", "转出", value=lambda row: row.shown.sender),
        Column("receiver", "转入", value=lambda row: row.shown.receiver),
        Column("moved_on", "迁移日期"),
        Column("direction", "由谁提出", value=lambda row: row.shown.direction),
        Column("created", "提出时间", value=lambda row: f"{timezone.localtime(row.created_at):%Y-%m-%d %H:%M}"),
        Column("state", "办理情况", value=state_tag),
    ]

    @property
    def box(self) -> str:
        asked = self.request.GET.get("box")
        return asked if asked in BOXES else "waiting" if self.request.user.has_scope(APPROVE) else "open"

    def get_queryset(self):
        rows = super().get_queryset()
        if self.box == "waiting":
            return rows.filter(pk__in=waiting_for(self.request.user).values("pk"))
        if self.box == "mine":
            return rows.filter(created_by=self.request.user)
        return rows.open() if self.box == "open" else rows.exclude(state=TransferState.REQUESTED)

    def prepare(self, rows):
        for row, shown in zip(rows, shown_to(self.request.user, rows), strict=True):
            row.shown = shown

    def extra(self):
        here = reverse("transfer-list")
        boxes = [
            {"label": label, "url": f"{here}?box={name}", "current": name == self.box} for name, label in BOXES.items()
        ]
        return {"boxes": boxes, "waiting": waiting_for(self.request.user).count()}

    def breadcrumbs(self):
        return [list_crumb()]

    def actions(self):
        if not self.request.user.has_scope(EDIT):
            return []
        return [{"url": reverse("transfer-ask"), "label": "申请转入", "kind": "primary"}]


def _sections(transfer, shown) -> list[Section]:
    asked_by = f"{shown.receiver if transfer.asked_by_receiver else shown.sender} {transfer.created_by or ''}".strip()
    rows = [
        {"label": "姓名", "value": shown.name, "url": shown.url},
        {"label": "身份证号", "value": shown.id_number},
        {"label": "转出", "value": shown.sender},
        {"label": "转入", "value": shown.receiver},
        {"label": "迁移日期", "value": cn_date(transfer.moved_on)},
        {"label": "原因", "value": transfer.reason},
        {"label": "提出", "value": f"{asked_by}，{timezone.localtime(transfer.created_at):%Y-%m-%d %H:%M}"},
        {"label": "办理情况", "value": state_tag(transfer)},
    ]
    if transfer.decided_at:
        rows.append({"label": "办结时间", "value": f"{timezone.localtime(transfer.decided_at):%Y-%m-%d %H:%M}"})
    if transfer.answer:
        rows.append({"label": "处理意见", "value": transfer.answer})
    return [Section("转移", rows)]


class TransferDetailView(ScopedDetailView):
    permission = VIEW
    model = Transfer
    lookup = "uid"

    def get_queryset(self):
        return super().get_queryset().select_related("created_by")

    def get_object(self):
        row = super().get_object()
        (self.shown,) = shown_to(self.request.user, [row])
        return row

    def get_title(self):
        return f"转移：{self.shown.name}"

    def breadcrumbs(self):
        return [list_crumb(), transfers_crumb()]

    def sections(self, row):
        return _sections(row, self.shown)

    def actions(self, row):
        if row.state != TransferState.REQUESTED:
            return []
        actions, user = [], self.request.user
        if may_decide(row, user):
            actions.append({"url": reverse("transfer-answer", args=[row.uid]), "label": "处理", "kind": "primary"})
        if may_withdraw(row, user):
            actions.append({"url": reverse("transfer-withdraw", args=[row.uid]), "label": "撤回", "kind": ""})
        return actions


# --- asking and offering --------------------------------------------------------------------------


class TransferAskView(ScopedFormView):
    """The receiving side types who has moved in; nothing is shown of a file that it did not type."""

    permission = EDIT
    title = "申请转入"
    template_name = "ledgers/transfer_ask.html"
    form_class = AskForm
    submit_label = "提出申请"

    def dispatch(self, request, *args, **kwargs):
        # Counted before anything is looked up, in a transaction of its own: a refused form is rolled back.
        if request.method == "POST" and self.is_filled_in() and not count_attempt(by=request.user):
            form = self.get_form()
            form.add_error(None, TOO_OFTEN)
            return self.show(form, status=429)
        return super().dispatch(request, *args, **kwargs)

    def is_filled_in(self) -> bool:
        return self.request.user.has_scope(EDIT) and self.get_form().is_valid()

    def get_form(self, instance=None):
        return self.form_class(self.request.POST or None, **self.form_kwargs())

    def breadcrumbs(self):
        return [list_crumb(), transfers_crumb()]

    def get(self, request):
        return self.show(self.get_form())

    def post(self, request):
        form = self.get_form()
        if not form.is_valid():
            return self.show(form)
        typed = form.cleaned_data
        body = typed.pop("to_organisation")
        try:
            transfer = ask_for_person(to_body=body, by=request.user, **typed)
        except NotFound as answer:
            form.add_error(None, str(answer))
            return self.show(form)
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.show(form)
        return redirect(_told(request, transfer, typed["name"]))

    def cancel_url(self):
        return reverse("transfer-list")


def _told(request, transfer, name) -> str:
    """Say what became of a request; where to go on."""
    if transfer.state == TransferState.ACCEPTED:
        messages.success(request, f"{name} 的登记表已转到{transfer.to_organisation.label}。")
    else:
        messages.success(request, "已提出，等对方残联处理。处理结果在“转移”里看。")
    return transfer_url(transfer)


class TransferOfferView(ScopedActView):
    """The sending side says where a person lives now: the village is looked for by its name, then chosen."""

    permission = EDIT
    template_name = "ledgers/transfer_offer.html"
    form_class = OfferForm
    submit_label = "提出转出"

    def dispatch(self, request, *args, uid, **kwargs):
        self.object = get_in_scope(DisabledPerson.objects, request.user, self.permission, uid=uid)
        self.searched = request.GET.get("q", "").strip()[:50]
        self.villages, self.more = villages_called(self.searched)
        self.villages = [each for each in self.villages if each[0].pk != self.object.organisation_id]
        return super().dispatch(request, *args, **kwargs)

    def form_kwargs(self):
        return super().form_kwargs() | {"villages": self.villages}

    def get_title(self):
        return f"转出：{self.object.name}"

    def breadcrumbs(self):
        return [list_crumb(), {"url": person_url(self.object), "label": self.object.name}]

    def question(self):
        return {
            "person": self.object,
            "searched": self.searched,
            "found": len(self.villages),
            "more": self.more,
            "most": MOST,
        }

    def act(self, values):
        body = values.pop("to_organisation")
        self.transfer = offer_person(person=self.object, to_body=body, by=self.request.user, **values)
        accepted = self.transfer.state == TransferState.ACCEPTED
        done = f"{self.object.name} 的登记表已转到{body.label}。"
        self.success_message = done if accepted else "已提出，等转入方的残联处理。处理以前，登记表仍在原村（社区）。"

    def success_url(self, row):
        return transfer_url(self.transfer)

    def cancel_url(self):
        return person_url(self.object)


# --- answering ------------------------------------------------------------------------------------


class OnOneTransfer(ScopedActView):
    """What the pages share that change an open transfer."""

    def dispatch(self, request, *args, uid, **kwargs):
        self.object = get_in_scope(Transfer.objects, request.user, self.permission, uid=uid)
        if not self.is_allowed(self.object):
            raise PermissionDenied("这份转移由对方处理。")
        (self.shown,) = shown_to(request.user, [self.object])
        return super().dispatch(request, *args, **kwargs)

    def is_allowed(self, transfer) -> bool:
        raise NotImplementedError

    def breadcrumbs(self):
        return [list_crumb(), transfers_crumb(), {"url": transfer_url(self.object), "label": self.shown.name}]

    def get(self, request, **kwargs):
        if self.object.state != TransferState.REQUESTED:
            messages.error(request, DONE)
            return redirect(transfer_url(self.object))
        return super().get(request, **kwargs)

    def question(self):
        return {"rows": _sections(self.object, self.shown)[0].rows}

    def success_url(self, row):
        return transfer_url(row)


class TransferAnswerView(OnOneTransfer):
    permission = APPROVE
    template_name = "ledgers/transfer_answer.html"
    form_class = AnswerForm

    def is_allowed(self, transfer):
        return transfer.state != TransferState.REQUESTED or may_decide(transfer, self.request.user)

    def get_title(self):
        return f"处理转移：{self.shown.name}"

    def act(self, values):
        answer = values["answer"]
        if self.request.POST.get("action") == "refuse":
            refuse_transfer(transfer=self.object, reason=answer, by=self.request.user)
            self.success_message = "已答复不同意，原登记不变。"
        elif self.request.POST.get("action") == "accept":
            accept_transfer(transfer=self.object, answer=answer, by=self.request.user)
            place = self.object.to_organisation.label
            self.success_message = f"已同意，{self.shown.name} 的登记表已转到{place}。"
        else:
            raise Http404("没有说明同意还是不同意")


class TransferWithdrawView(OnOneTransfer):
    permission = EDIT
    form_class = HouseForm
    submit_label = "撤回"
    success_message = "已撤回，登记表没有变动。"

    def is_allowed(self, transfer):
        return may_withdraw(transfer, self.request.user)

    def get_title(self):
        return f"撤回转移：{self.shown.name}"

    def question(self):
        return super().question() | {"consequence": "撤回以后对方不再处理；需要时可以重新提出。"}

    def act(self, values):
        withdraw_transfer(transfer=self.object, by=self.request.user)
