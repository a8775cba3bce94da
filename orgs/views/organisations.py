"""Pages of bodies: list, detail, set up, change, abolish, history."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from federation.shared.export_kinds import Sensitivity
from federation.shared.history import history_of
from federation.shared.list_exports import ListExport, Shown
from federation.shared.tables import Column
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import (
    ScopedActView,
    ScopedCreateView,
    ScopedDetailView,
    ScopedListView,
    ScopedUpdateView,
    Section,
    get_in_scope,
)
from orgs import written_roster
from orgs.areas import ancestors_of, labels_above
from orgs.body_page import BodyPage
from orgs.filters import OrganisationFilter
from orgs.forms import AbolishForm, AssociationForm, MoveForm, NewOrganisationForm, OrganisationForm
from orgs.models import BodyKind, Level, Organisation
from orgs.services import (
    abolish_organisation,
    change_organisation,
    move_organisation,
    set_up_association,
    set_up_organisation,
    what_moves,
)
from orgs.views.pages import ShowsRefusals, crumbs_of, organisation_url


def _state(body) -> str:
    if body.abolished_on and body.abolished_on <= timezone.localdate():
        return tag("", f"{cn_date(body.abolished_on)}撤销")
    return tag("ok", "在运行")


def _below_url(body) -> str:
    return f"{reverse('organisation-list')}?area={body.pk}" if body.numchild else ""


class OrganisationListView(ScopedListView):
    permission = "organisations.view"
    model = Organisation
    title = "机构"
    caption = "机构一览"
    filterset_class = OrganisationFilter
    ordering = ("path", "name_pinyin", "code")
    counts_rows = 10_000
    exports = (
        ListExport("organisations", "organisation-list", Sensitivity.OPEN, (
            "name", "above", "level", "body_kind", "place_kind", "association_category", "code", "established_on",
            "abolished_on", "address", "phone", "is_independent", "colocated_with", "is_planned_separately",
            "party_body", "party_body_on", Shown("直接下级", lambda body: body.numchild, "number"),
        )),
        # With who holds the posts: as the roster reads it back in.
        ListExport(
            "organisation-roster", "organisation-list", Sensitivity.PERSONAL, written_roster.columns, "members.reveal",
            label="机构名册", permission="members.view", within=written_roster.rows, prepare=written_roster.prepare,
        ),
    )  # fmt: skip
    columns = [
        Column("label", "名称", sort="path", link=organisation_url),
        Column("above", "所属"),
        Column("level", "级别", value=lambda body: body.get_level_display()),
        Column("place_kind", "类型", value=lambda body: body.get_place_kind_display() or body.get_body_kind_display()),
        Column("code", "区划代码", sort="code"),
        Column("numchild", "直接下级", numeric=True, link=_below_url),
        Column("state", "状态", value=_state),
    ]

    def prepare(self, rows):
        labels = labels_above(rows, lambda row: row.path)
        for row in rows:
            row.above = labels.get(row.path[: -Organisation.steplen], "")

    def actions(self):
        actions = []
        if self.request.user.has_scope("members.view"):
            actions.append({"url": reverse("vacancy-list"), "label": "岗位空缺", "kind": ""})
        if self.request.user.has_scope("organisations.manage"):
            actions.append({"url": reverse("division-upload"), "label": "装入区划", "kind": ""})
        return actions


class OrganisationDetailView(ScopedDetailView):
    permission = "organisations.view"
    model = Organisation
    template_name = "orgs/organisation_detail.html"

    def get_queryset(self):
        return super().get_queryset().select_related("federation", "created_by")

    def breadcrumbs(self):
        return crumbs_of(self.object, self.request.user)[:-1]

    def get_title(self):
        return self.object.name

    def sections(self, row):
        shown = [
            {"label": "级别", "value": row.get_level_display()},
            {"label": "机构类型", "value": row.get_body_kind_display()},
        ]
        if row.body_kind == BodyKind.SPECIALISED_ASSOCIATION:
            shown.append({"label": "协会类别", "value": row.get_association_category_display()})
        else:
            shown += [
                {"label": "所在地类型", "value": row.get_place_kind_display()},
                {"label": "区划代码", "value": row.code},
            ]
        party = row.get_party_body_display() or "无"
        shown += [
            {"label": "成立日期", "value": cn_date(row.established_on)},
            {"label": "地址", "value": row.address},
            {"label": "办公电话", "value": row.phone},
            {"label": "机构独立", "value": "是" if row.is_independent else "否"},
            {"label": "合署办公", "value": row.colocated_with or "无"},
            {"label": "计划单列", "value": "是" if row.is_planned_separately else "否"},
            {"label": "党组织", "value": f"{party}（{cn_date(row.party_body_on)}）" if row.party_body_on else party},
        ]
        if row.abolished_on:
            shown.append({"label": "撤销日期", "value": cn_date(row.abolished_on)})
        return [Section("基本情况", shown)]

    def actions(self, row):
        actions = []
        if self._may(row, "organisations.edit"):
            actions.append({"url": reverse("organisation-edit", args=[row.pk]), "label": "修改", "kind": "primary"})
        if self._may(row, "organisations.manage") and row.abolished_on is None:
            if row.body_kind == BodyKind.FEDERATION:
                actions.append({"url": reverse("organisation-add", args=[row.pk]), "label": "新建下级机构", "kind": ""})
            if row.depth > 1 and row.body_kind != BodyKind.SPECIALISED_ASSOCIATION:
                actions.append({"url": reverse("organisation-move", args=[row.pk]), "label": "划转", "kind": ""})
            actions.append(
                {"url": reverse("organisation-abolish", args=[row.pk]), "label": "撤销机构", "kind": "danger"}
            )
        actions.append({"url": reverse("organisation-history", args=[row.pk]), "label": "修改记录", "kind": ""})
        return actions

    def _may(self, row, permission: str) -> bool:
        return Organisation.objects.visible_to(self.request.user, permission).filter(pk=row.pk).exists()

    def extra(self, row):
        return BodyPage(row, self.request.user, timezone.localdate()).context()


class _BodyFormView(ShowsRefusals):
    """Of pages that make something below the body in the address."""

    model = Organisation

    def parent(self):
        if not hasattr(self, "_parent"):
            self._parent = get_in_scope(
                Organisation.objects, self.request.user, self.permission, Organisation.view_permission,
                pk=self.kwargs["pk"],
            )  # fmt: skip
        return self._parent

    def breadcrumbs(self):
        return [*crumbs_of(self.parent(), self.request.user), {"label": self.get_title()}]

    def success_url(self, row):
        return organisation_url(row if row is not None and row.pk else self.parent())


class OrganisationCreateView(_BodyFormView, ScopedCreateView):
    permission = "organisations.manage"
    form_class = NewOrganisationForm
    success_message = "机构已建立。"

    def dispatch(self, request, *args, **kwargs):
        if self.parent().level >= Level.VILLAGE or self.parent().body_kind != BodyKind.FEDERATION:
            messages.error(request, "这个机构下面不能再设机构。")
            return redirect(organisation_url(self.parent()))
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"在{self.parent().label}下新建机构"

    def form_kwargs(self):
        return super().form_kwargs() | {"parent": self.parent()}

    def create(self, form):
        organisation = form.save(commit=False)
        return set_up_organisation(organisation=organisation, parent=self.parent(), by=self.request.user)


class AssociationCreateView(_BodyFormView, ScopedCreateView):
    permission = "organisations.manage"
    form_class = AssociationForm
    success_message = "专门协会已设立。"

    def get(self, request, **kwargs):
        if self.parent().body_kind != BodyKind.FEDERATION or self.parent().level > Level.COUNTY:
            messages.error(request, "专门协会设在县级和县级以上的残联。")
            return redirect(organisation_url(self.parent()))
        return super().get(request, **kwargs)

    def get_title(self):
        return f"为{self.parent().label}设立专门协会"

    def form_kwargs(self):
        initial = {"association_category": self.request.GET.get("category", "")}
        return super().form_kwargs() | {"federation": self.parent(), "initial": initial}

    def create(self, form):
        values = dict(form.cleaned_data)
        category = values.pop("association_category")
        return set_up_association(federation=self.parent(), category=category, by=self.request.user, **values)


class OrganisationUpdateView(ShowsRefusals, ScopedUpdateView):
    permission = "organisations.edit"
    model = Organisation
    form_class = OrganisationForm

    def get_title(self):
        return f"修改 {self.object.name}"

    def breadcrumbs(self):
        return [*crumbs_of(self.object, self.request.user), {"label": "修改"}]

    def update(self, form):
        row = form.save(commit=False)
        change_organisation(organisation=row, by=self.request.user, expected_version=self.submitted_version())
        return row

    def success_url(self, row):
        return organisation_url(row)


class OrganisationAbolishView(ScopedActView):
    permission = "organisations.manage"
    model = Organisation
    form_class = AbolishForm
    submit_label = "撤销机构"
    success_message = "机构已撤销。"

    def dispatch(self, request, *args, **kwargs):
        self.object = get_in_scope(
            Organisation.objects, request.user, self.permission, Organisation.view_permission, pk=kwargs["pk"]
        )
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"撤销 {self.object.name}"

    def breadcrumbs(self):
        return [*crumbs_of(self.object, self.request.user), {"label": "撤销"}]

    def form_kwargs(self):
        return super().form_kwargs() | {"organisation": self.object}

    def question(self):
        consequence = "撤销以后不能再登记新的情况；以前登记的内容全部保留，可以查看。下级机构和在任人员须先处理完。"
        rows = [{"label": "机构", "value": self.object.name}]
        return {"consequence": consequence, "rows": rows, "danger": True, "version": self.object.version}

    def act(self, values):
        abolish_organisation(
            organisation=self.object,
            on=values["abolished_on"],
            reason=values["reason"],
            by=self.request.user,
            expected_version=self.object.version,
            into=values["into"],
        )

    def success_url(self, row):
        return organisation_url(self.object)


class OrganisationMoveView(ScopedActView):
    """A body and everything below it goes to another upper body: what goes along is told before."""

    permission = "organisations.manage"
    model = Organisation
    form_class = MoveForm
    submit_label = "划转"
    success_message = "机构已划转。"

    def dispatch(self, request, *args, **kwargs):
        self.object = get_in_scope(
            Organisation.objects, request.user, self.permission, Organisation.view_permission, pk=kwargs["pk"]
        )
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"划转 {self.object.name}"

    def breadcrumbs(self):
        return [*crumbs_of(self.object, self.request.user), {"label": "划转"}]

    def form_kwargs(self):
        return super().form_kwargs() | {"organisation": self.object}

    def question(self):
        above = ancestors_of(self.object)
        count = what_moves(self.object)
        rows = [
            {"label": "机构", "value": self.object.name},
            {"label": "现在的上级", "value": above[-1].name if above else "无"},
            {"label": "一起划转的机构", "value": f"{count['organisations']:,} 个（含本机构）"},
            {"label": "一起划转的残疾人登记表", "value": f"{count['persons']:,} 份"},
            {"label": "一起划转的在任人员", "value": f"{count['workers']:,} 人"},
        ]
        consequence = (
            "划转以后，原来的上级不再看到这些机构和人员，新的上级马上可以看到。"
            "已登记的内容和登记单位都不变；划错了，可以再划回来。"
        )
        return {"consequence": consequence, "rows": rows, "danger": True}

    def act(self, values):
        move_organisation(
            organisation=self.object,
            parent=values["parent"],
            on=values["on"],
            reason=values["reason"],
            by=self.request.user,
        )

    def success_url(self, row):
        return organisation_url(self.object)


class OrganisationHistoryView(ScopedDetailView):
    permission = "organisations.view"
    model = Organisation
    template_name = "orgs/history.html"
    shown = 200

    def get_title(self):
        return f"{self.object.name}的修改记录"

    def breadcrumbs(self):
        return [*crumbs_of(self.object, self.request.user), {"label": "修改记录"}]

    def extra(self, row):
        return {"entries": history_entries(row, self.shown), "shown": self.shown, "created_at": row.created_at}


def history_entries(row, limit: int) -> list[dict]:
    """A row's saved versions, newest first, as orgs/history.html draws them."""
    return [
        {
            "at": timezone.localtime(record.at).strftime("%Y-%m-%d %H:%M"),
            "by": record.by or "系统",
            "via": record.get_via_display(),
            "kind": record.get_kind_display(),
            "differences": record.differences,
        }
        for record in history_of(row)[:limit]
    ]
