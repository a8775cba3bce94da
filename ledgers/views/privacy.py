"""What people ask about their own data, and what was decided."""

from django.http import Http404
from django.urls import reverse

from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import (
    ScopedActView,
    ScopedCreateView,
    ScopedDetailView,
    ScopedListView,
    ScopedView,
    Section,
    get_in_scope,
)
from ledgers import consent
from ledgers.erasure import PERMISSION as ERASE
from ledgers.erasure import why_not
from ledgers.models import DisabledPerson, PersonRequest
from ledgers.privacy_forms import ConfirmForm, DecisionForm, RequestForm, WithdrawalForm
from ledgers.requests import grant_erasure, grant_request, receive_request, refuse_request
from ledgers.views.persons import list_crumb, person_url

DECIDE = "persons.approve"
Kind, State = PersonRequest.Kind, PersonRequest.State


def request_url(request: PersonRequest) -> str:
    return reverse("person-request-detail", args=[request.uid])


def name_of(request: PersonRequest) -> str:
    return request.person.name if request.person else "（已删除）"


def state_tag(request: PersonRequest):
    if request.state == State.WAITING and request.person is None:
        return tag("", "登记表已删除")
    if request.state == State.WAITING:
        late = request.is_overdue
        return tag("bad" if late else "info", "超过期限" if late else request.get_state_display())
    return tag("ok" if request.state == State.GRANTED else "", request.get_state_display())


class RequestPage:
    def breadcrumbs(self):
        return [{"url": reverse("person-request-list"), "label": "个人信息请求"}]


class RequestListView(ScopedListView):
    """Every request in scope; those that wait, the most urgent first."""

    model = PersonRequest
    permission = "persons.view"
    title = "个人信息请求"
    columns = [
        Column("person", "姓名", value=name_of, link=request_url),
        Column("kind", "请求", value=lambda row: row.get_kind_display()),
        Column("organisation", "登记机构", value=lambda row: row.organisation.label),
        Column("received_on", "收到日期", sort="received_on"),
        Column("due_on", "答复期限", sort="due_on"),
        Column("state", "办理情况", value=state_tag),
    ]
    ordering = ("-due_on", "received_on", "due_on")
    exports = (
        ListExport(
            "person-requests", "person-request-list", Sensitivity.PERSONAL,
            ("person", "kind", "organisation", "received_on", "due_on", "state"),
            told=lambda view: "等待办理的" if view.request.GET.get("waiting") else "",
        ),
    )  # fmt: skip

    def get_queryset(self):
        rows = super().get_queryset().select_related("person", "organisation")
        return rows.waiting() if self.request.GET.get("waiting") else rows

    def actions(self):
        waiting = bool(self.request.GET.get("waiting"))
        url = reverse("person-request-list")
        shown = [{"url": url, "label": "看全部", "kind": ""}]
        if not waiting:
            shown = [{"url": f"{url}?waiting=1", "label": "只看等待办理的", "kind": ""}]
        if self.request.user.has_scope(ConsentSheetView.permission):
            shown.append({"url": reverse("consent-sheet"), "label": "打印空白同意书", "kind": ""})
        return shown

    def extra(self):
        return {
            "lead": "本人（或监护人、受委托人）要求查阅、更正、删除自己的信息，或撤回同意。在本人的登记表页面登记。"
        }


class RequestCreateView(ScopedCreateView):
    model = PersonRequest
    permission = "persons.edit"
    title = "登记个人信息请求"
    form_class = RequestForm
    submit_label = "登记"
    success_message = "已登记，请在期限内办理。"

    def dispatch(self, request, *args, uid, **kwargs):
        self.person = get_in_scope(DisabledPerson.objects, request.user, self.permission, uid=uid)
        return super().dispatch(request, *args, **kwargs)

    def initial_instance(self):
        return PersonRequest(person=self.person, organisation_id=self.person.organisation_id)

    def create(self, form):
        return receive_request(request=form.save(commit=False), by=self.request.user)

    def success_url(self, row):
        return request_url(row) if row is not None and row.pk else person_url(self.person)

    def breadcrumbs(self):
        return [list_crumb(), {"url": person_url(self.person), "label": self.person.name}]


class RequestDetailView(RequestPage, ScopedDetailView):
    model = PersonRequest
    permission = "persons.view"
    lookup = "uid"

    def get_queryset(self):
        return super().get_queryset().select_related("person", "organisation", "created_by", "decided_by")

    def get_title(self):
        return f"{name_of(self.object)}：{self.object.get_kind_display()}"

    def sections(self, row):
        asked = [
            {"label": "残疾人", "value": name_of(row), "url": person_url(row.person) if row.person else ""},
            {"label": "登记机构", "value": row.organisation.name},
            {"label": "请求", "value": row.get_kind_display()},
            {"label": "谁提出", "value": row.get_asker_display()},
            {"label": "怎样核实身份", "value": row.get_identity_check_display()},
            {"label": "收到日期", "value": cn_date(row.received_on)},
            {"label": "请求内容", "value": row.content},
            {"label": "登记人", "value": row.created_by},
        ]
        done = [
            {"label": "答复期限", "value": f"{cn_date(row.due_on)}（{consent.policy_now().answer_source}）"},
            {"label": "办理情况", "value": state_tag(row)},
        ]
        if row.state != State.WAITING:
            done += [
                {"label": "办理日期", "value": cn_date(row.decided_on)},
                {"label": "办理人", "value": row.decided_by},
                {"label": "办理结果", "value": row.answer},
            ]
        return [Section("请求", asked), Section("办理", done)]

    def actions(self, row):
        if row.state != State.WAITING or row.person is None:
            return []
        permission = ERASE if row.kind == Kind.ERASURE else DECIDE
        if not PersonRequest.objects.visible_to(self.request.user, permission).filter(pk=row.pk).exists():
            return []
        name = "person-request-erase" if row.kind == Kind.ERASURE else "person-request-decide"
        return [{"url": reverse(name, args=[row.uid]), "label": "办理", "kind": "primary"}]


class DecidesRequest(RequestPage, ScopedActView):
    """What the two pages share on which a request is answered."""

    submit_label = "确定"
    success_message = "已办理。"

    def dispatch(self, request, *args, uid, **kwargs):
        rows = PersonRequest.objects.select_related("person", "organisation")
        self.object = get_in_scope(rows, request.user, self.permission, uid=uid)
        if not self.is_ours() or self.object.state != State.WAITING or self.object.person is None:
            raise Http404("这个请求不在这里办理，或已经办理过")
        return super().dispatch(request, *args, **kwargs)

    def is_ours(self) -> bool:
        raise NotImplementedError

    def form_kwargs(self):
        return super().form_kwargs() | {"initial": {"version": self.object.version}}

    def get_title(self):
        return f"办理：{self.object.person.name}，{self.object.get_kind_display()}"

    def rows(self):
        row = self.object
        return [
            {"label": "残疾人", "value": row.person.name, "url": person_url(row.person)},
            {"label": "谁提出", "value": f"{row.get_asker_display()}（{row.get_identity_check_display()}）"},
            {"label": "请求内容", "value": row.content or "（没有另写）"},
            {"label": "答复期限", "value": cn_date(row.due_on)},
        ]

    def given(self, values) -> dict:
        return {"request": self.object, "by": self.request.user, "version": values["version"]}

    def success_url(self, row):
        return request_url(self.object)


class RequestDecideView(DecidesRequest):
    """Access, correction and withdrawal of the consent."""

    permission = DECIDE
    form_class = DecisionForm

    CONSEQUENCES = {
        Kind.ACCESS: "请先把登记表当面给请求人看，或打印一份交给本人，再在这里登记。",
        Kind.CORRECTION: "请先在登记表上改正（改动会留下记录），再在这里登记；核实后不应改的，选不同意并写明理由。",
    }

    def is_ours(self):
        return self.object.kind != Kind.ERASURE

    def question(self):
        consequence = self.CONSEQUENCES.get(self.object.kind) or consent.policy_now().after_withdrawal
        return {"consequence": consequence, "rows": self.rows()}

    def get_form(self, instance=None):
        if self.object.kind == Kind.WITHDRAWAL:
            self.form_class = WithdrawalForm
        return super().get_form(instance)

    def act(self, values):
        if values["decision"] == "grant":
            kept_for = values.get("kept_for", "")
            grant_request(**self.given(values), answer=values["answer"], kept_for=kept_for)
        else:
            refuse_request(**self.given(values), answer=values["answer"])


class RequestEraseView(DecidesRequest):
    permission = ERASE
    form_class = ConfirmForm

    def is_ours(self):
        return self.object.kind == Kind.ERASURE

    def question(self):
        refusal = why_not(self.object.person)
        return {
            "consequence": refusal or f"{WHAT_GOES}删除后找不回来。",
            "rows": self.rows(),
            "danger": True,
        }

    def act(self, values):
        if values["decision"] == "refuse":
            refuse_request(**self.given(values), answer=values["answer"])
        else:
            grant_erasure(**self.given(values))


WHAT_GOES = (
    "登记表、照片和扫描件、草稿、修改记录、转移和合并记录中这个人的信息全部删除；"
    "已审定的汇总数字、审计日志（不含个人信息）和依法保存的发放记录保留，发放记录中的姓名隐去。"
)


# --- consent ----------------------------------------------------------------------------------------


class ConsentSheetView(ScopedView):
    """The sheet that is read out and signed, to be printed: blank, or with name and village filled in."""

    permission = "persons.edit"
    template_name = "ledgers/privacy_consent.html"

    def get(self, request, uid=None):
        person = None
        if uid is not None:
            rows = DisabledPerson.objects.select_related("organisation")
            person = get_in_scope(rows, request.user, self.permission, uid=uid)
        policy = consent.policy_now()
        crumbs = [list_crumb()] + ([{"url": person_url(person), "label": person.name}] if person else [])
        blank = "＿＿＿＿＿＿＿＿"
        rows = [
            {"label": "姓名", "value": person.name if person else blank},
            {"label": "村（社区）", "value": person.organisation.label if person else blank},
            {"label": "本人签名或按手印", "value": blank},
            {"label": "监护人签名（写明关系）", "value": blank},
            {"label": "说明人签名", "value": blank},
            {"label": "日期", "value": "＿＿＿＿年＿＿月＿＿日"},
        ]
        return self.page(title=policy.title, policy=policy, rows=rows, breadcrumbs=crumbs)
