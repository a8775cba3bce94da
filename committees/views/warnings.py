"""Members of whom the office should be told in time: whose contract or certificate runs out, who was not trained …"""

from django.urls import reverse
from django.utils import timezone

from committees.filters import WarningFilter
from committees.views.members import list_crumb, member_url
from committees.views.tenure_rows import role_of
from committees.warnings import warnings_of, with_warnings
from federation.shared.export_kinds import Sensitivity
from federation.shared.list_exports import ListExport
from federation.shared.tables import Column
from federation.shared.views import ScopedListView
from orgs.areas import labels_above
from orgs.models import Organisation, Post, Tenure
from orgs.open_vacancies import count_vacancies
from orgs.views.pages import organisation_url


class WarningListView(ScopedListView):
    permission = "members.view"
    model = Tenure
    title = "专职委员提醒"
    caption = "需要办理的专职委员和辅导员"
    filterset_class = WarningFilter
    ordering = ("org_path", "worker__name")
    exports = (
        ListExport(
            "member-warnings", "member-warnings", Sensitivity.PERSONAL, ("worker__name", "place", "role", "words")
        ),
    )
    columns = [
        Column("name", "姓名", value=lambda row: row.worker.name, sort="worker__name",
               link=lambda row: member_url(row.worker)),
        Column("place", "机构", sort="org_path", link=lambda row: organisation_url(row.organisation)),
        Column("role", "岗位", value=role_of),
        Column("words", "提醒", value=lambda row: row.words),
    ]  # fmt: skip

    def get_queryset(self):
        rows = with_warnings(super().get_queryset(), timezone.localdate())
        return rows.select_related("worker", "organisation", "appointment").defer(
            "worker__id_number", "worker__certificate_number", "worker__phone", "worker__payment_account"
        )

    def prepare(self, rows):
        day = timezone.localdate()
        labels = labels_above(rows, lambda row: row.org_path)
        for row in rows:
            above = labels.get(row.org_path[: -Organisation.steplen], "")
            row.place = f"{above} {labels.get(row.org_path, '')}".strip()
            row.words = " ".join(words for _kind, words in warnings_of(row, day))

    def breadcrumbs(self):
        return [list_crumb(), {"label": self.title}]

    def actions(self):
        post = Post.COMMITTEE_MEMBER.value
        bodies = Organisation.objects.visible_to(self.request.user, self.permission)
        vacant = count_vacancies(bodies, timezone.localdate(), post=post)
        return [{"url": f"{reverse('vacancy-list')}?post={post}", "label": f"专职委员空缺：{vacant:,} 个", "kind": ""}]
