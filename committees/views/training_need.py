"""Pages of who has to be trained: person by person, body by body, and how often an area asks for it."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils import timezone

from committees.forms import TargetForm
from committees.models import Audience, TrainingTarget
from committees.training_filters import CoverageFilter, PeopleFilter
from committees.training_need import Covered, people_of, with_training
from committees.views.edit_links import edit_column, link_editing
from committees.views.training import VIEW, trainings_crumb
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport, Shown
from federation.shared.tables import Column, Table
from federation.shared.templatetags.ui import tag
from federation.shared.views import ScopedCreateView, ScopedListView, ScopedUpdateView, ScopedView
from orgs.areas import name_places
from orgs.models import Organisation, Tenure
from orgs.views.pages import ShowsRefusals


def progress_tag(row) -> str:
    words = f"{row.completed} ÷ {row.wanted} 次"
    return tag("ok" if row.completed >= row.wanted else "warn" if row.completed else "bad", words)


class PeopleView(ScopedListView):
    """Who still has to go this year; or everybody of an audience, with how often each was trained."""

    permission = VIEW
    model = Tenure
    title = "还要培训的人"
    caption = "本年度培训情况"
    filterset_class = PeopleFilter
    ordering = ("org_path", "worker__name")
    exports = (
        ListExport(
            "training-people", "training-people", Sensitivity.OFFICE,
            ("name", "place", "post", Shown("本年完成（次）", lambda row: row.completed, "number"),
             Shown("应完成（次）", lambda row: row.wanted, "number"), "started_on"),
        ),
    )  # fmt: skip
    columns = [
        Column(
            "name", "姓名", value=lambda row: row.worker.name, sort="worker__name",
            link=lambda row: reverse("member-detail", args=[row.worker.uid]),
        ),
        Column("place", "机构", sort="org_path"),
        Column("post", "职务", value=lambda row: row.get_post_display()),
        Column("progress", "本年完成", value=progress_tag),
        Column("started_on", "任职日期"),
    ]  # fmt: skip

    def breadcrumbs(self):
        return [trainings_crumb()]

    def get_queryset(self):
        rows = super().get_queryset().select_related("worker", "organisation")
        own = [each.name for each in Tenure._meta.concrete_fields]
        return rows.only(*own, "worker__name", "worker__uid", "organisation__name", "organisation__short_name")

    def prepare(self, rows):
        name_places(rows)

    def actions(self):
        return [{"url": reverse("training-coverage"), "label": "各机构的培训情况"}]


def covered_words(covered: Covered) -> str:
    if not covered.people:
        return tag("", "没有这类人员")
    share = covered.done * 100 // covered.people
    return tag("ok" if covered.done == covered.people else "warn" if covered.done else "bad",
               f"{covered.done} ÷ {covered.people}（{share}%）")  # fmt: skip


@dataclass
class CoveredBody:
    label: str
    url: str
    of: dict[str, Covered] = field(default_factory=lambda: defaultdict(Covered))
    certified: int = 0

    @property
    def members(self) -> Covered:
        return self.of[Audience.MEMBER]

    @property
    def mean(self) -> str:
        return f"{self.members.times / self.members.people:.1f}" if self.members.people else ""

    @property
    def certified_words(self) -> str:
        return f"{self.certified} ÷ {self.members.people}" if self.members.people else ""


def _audience_column(audience) -> Column:
    return Column(audience.value, audience.label, value=lambda row: covered_words(row.of[audience]))


class CoverageView(ScopedView):
    """A row for each body below the chosen one, with the rates of everybody in it; one query an audience."""

    permission = VIEW
    model = Tenure
    title = "各机构的培训情况"
    template_name = "generic/list.html"
    columns = [
        Column("label", "机构", link=lambda row: row.url),
        *(_audience_column(audience) for audience in (Audience.DIRECTOR, Audience.MEMBER, Audience.CHAIR)),
        Column("once", "至少培训过一次的专职委员", numeric=True, value=lambda row: row.members.once),
        Column("mean", "专职委员人均（次）", numeric=True),
        Column("certified_words", "持证上岗"),
    ]

    def breadcrumbs(self):
        return [trainings_crumb()]

    def get(self, request):
        filterset = CoverageFilter(request.GET, queryset=self.get_queryset(), request=request)
        roots = [scope.path for scope in request.user.scopes(self.permission)]
        paths = [filterset.at.path] if filterset.at is not None else roots
        rows = self.rows_of(paths)
        table = Table(f"{timezone.localdate().year} 年完成应训次数的人", self.columns, rows, request=request)
        return self.page(
            table=table,
            filter_form=filterset.form,
            page=None,
            lead="“12 ÷ 15”是 15 人里有 12 人完成了本年应训的次数。点机构名称看下一级，点“还要培训的人”看名单。",
            actions=[{"url": self.people_url(filterset.at), "label": "还要培训的人"}],
        )

    @staticmethod
    def people_url(at) -> str:
        return reverse("training-people") + (f"?area={at.pk}" if at is not None else "")

    def rows_of(self, paths: list[str]) -> list[CoveredBody]:
        """The bodies one step below `paths` and those at them, each with its people; the last row is all of them."""
        steplen = Organisation.steplen
        bodies = Organisation.objects.none()
        for path in paths:
            below = Organisation.objects.visible_to(self.request.user, self.permission).under(path)
            bodies = bodies | below.filter(depth__lte=len(path) // steplen + 1)
        found, heads = {}, set(paths)
        for body in bodies.filter(abolished_on=None).order_by("path"):
            own = body.path in heads
            label = f"{body.label}（本级）" if own else body.label
            url = reverse("training-people") if own or not body.numchild else reverse("training-coverage")
            found[body.path] = CoveredBody(label, f"{url}?area={body.pk}")
        everybody = CoveredBody("合计", "")
        lengths = sorted({len(path) for path in found}, reverse=True)
        for audience, path, completed, wanted, certified in self.people(paths):
            head = next((path[:length] for length in lengths if path[:length] in found), None)
            for row in (found.get(head), everybody):
                if row is not None:
                    row.of[audience].count(completed, wanted)
                    row.certified += certified
        return [*found.values(), everybody]

    def people(self, paths):
        today = timezone.localdate()
        for audience in Audience:
            rows = with_training(people_of(audience, today, self.get_queryset()), audience, today)
            names = ("org_path", "completed", "wanted", "appointment__certificate_issued_on",
                     "appointment__certificate_expires_on")  # fmt: skip
            for path, completed, wanted, issued, expires in rows.order_by().values_list(*names):
                if any(path.startswith(each) for each in paths):
                    valid = bool(issued and expires and issued <= today <= expires)
                    yield audience, path, completed, wanted, valid and audience == Audience.MEMBER


class TargetListView(ScopedListView):
    permission = VIEW
    model = TrainingTarget
    title = "培训任务"
    caption = "每人每年至少培训几次"
    ordering = ("-year", "org_path")
    exports = (
        ListExport(
            "training-targets", "training-target-list", Sensitivity.OPEN,
            ("year", "area", "audience", "times", "document_number"),
        ),
    )  # fmt: skip
    columns = [
        Column("year", "年度", sort="year"),
        Column("area", "地区", value=lambda row: row.organisation.label, sort="org_path"),
        Column("audience", "培训对象", value=lambda row: row.get_audience_display()),
        Column("times", "每人至少（次）", numeric=True),
        Column("document_number", "依据文件"),
        edit_column(),
    ]

    def breadcrumbs(self):
        return [trainings_crumb()]

    def get_queryset(self):
        return super().get_queryset().select_related("organisation")

    def prepare(self, rows):
        link_editing(rows, self.request.user, "training-target-edit")

    def extra(self):
        return {"lead": "没有规定的地区，理事长、专职委员、专门协会主席都是每年 1 次。离得最近的上级的规定优先。"}

    def actions(self):
        if not self.request.user.has_scope(TrainingTarget.edit_permission):
            return []
        return [{"url": reverse("training-target-add"), "label": "规定次数", "kind": "primary"}]


class TargetPage(ShowsRefusals):
    permission = TrainingTarget.edit_permission
    model = TrainingTarget
    form_class = TargetForm

    def breadcrumbs(self):
        return [trainings_crumb(), {"url": reverse("training-target-list"), "label": "培训任务"}]

    def success_url(self, row):
        return reverse("training-target-list")


class TargetCreateView(TargetPage, ScopedCreateView):
    title = "规定培训次数"
    success_message = "培训任务已登记。"


class TargetUpdateView(TargetPage, ScopedUpdateView):
    title = "修改培训任务"
