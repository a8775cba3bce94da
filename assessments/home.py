"""Where a login lands: what is missing, what runs, the rates; less of it the further down one stands."""

from django.urls import reverse
from django.utils import timezone

from assessments.evidence import address
from assessments.live import live_state
from assessments.models import AreaResult, Run, Standard
from assessments.services import definition_of
from assessments.tables import RUN_TAGS, item_rates, share
from federation.shared.metrics import Window, compute, metric
from federation.shared.models.jobs import Job
from federation.shared.panels import panels_for
from federation.shared.permissions import LOGGED_IN
from federation.shared.templatetags.ui import tag
from federation.shared.views import ScopedView
from orgs.metrics import THREE_HUNDRED_PERCENTS
from orgs.models import BodyKind, Level, Organisation
from orgs.open_vacancies import bodies_with_vacancies, vacancies_of

VACANCIES_SHOWN = 12


class HomeView(ScopedView):
    permission = LOGGED_IN
    template_name = "assessments/home.html"
    title = "工作台"

    def get(self, request):
        user, home = request.user, request.user.home_organisation
        context = {"home": home, "jobs": self.jobs(user), "links": []}
        if home is None:
            return self.page(**context)
        context |= {"links": self.links(user, home), "actions": self.actions(user)}
        context["panels"] = panels_for("home", home, user)
        if user.has_scope("assessments.view"):
            day = timezone.localdate()
            context |= {"state": live_state(home, user, day), "runs": self.runs(user)}
            if home.level <= Level.TOWNSHIP:
                context |= {"hundreds": hundreds(home, day), "checklists": self.checklists(user, home)}
            if home.level >= Level.COUNTY and user.has_scope("organisations.view"):
                context |= vacancies(user, home, day)
        return self.page(**context)

    def actions(self, user) -> list[dict]:
        """What a village member comes for stands where the eye falls first."""
        if not user.has_scope("persons.edit"):
            return []
        return [{"url": address("person-add"), "label": "新登记一名残疾人", "kind": "primary"}]

    def jobs(self, user) -> list[dict]:
        """What runs now, and what needs somebody."""
        rows = Job.objects.visible_to(user).filter(state__in=["queued", "running", "parked"]).order_by("-id")[:6]
        return [
            {
                "label": job.title,
                "url": reverse("job-detail", args=[job.pk]),
                "state": job.get_state_display(),
                "job": job,
            }
            for job in rows
        ]

    def links(self, user, home) -> list[dict]:
        wanted = (
            ("organisation-detail", [home.pk], f"{home.label}的资料", "organisations.view"),
            ("person-list", [], "残疾人登记", "persons.view"),
            ("roster-list", [], "名册导入", "rosters.import"),
            ("run-list", [], "考核", "assessments.view"),
            ("own-page", [], "我的任职和补贴", "own.view"),
        )
        links = [
            {"url": address(name, *args), "label": label}
            for name, args, label, needed in wanted
            if user.has_scope(needed)
        ]
        return [link for link in links if link["url"]]

    def runs(self, user) -> list[dict]:
        rows = Run.objects.visible_to(user).select_related("standard", "organisation").order_by("-id")[:6]
        return [
            {
                "label": str(run),
                "url": reverse("run-detail", args=[run.pk]),
                "state": tag(RUN_TAGS.get(run.state, ""), run.get_state_display()),
                "links": self.run_links(run),
            }
            for run in rows
        ]

    def run_links(self, run) -> list[dict]:
        if not run.has_results:
            return []
        links = [{"url": reverse("run-matrix", args=[run.pk]), "label": "达标矩阵"}]
        if not run.standard.is_checklist:
            links.append({"url": reverse("run-league", args=[run.pk]), "label": "排名表"})
        return links

    def checklists(self, user, home) -> list[dict]:
        """The newest 九有 and 六有 runs over the home area: rate per item, links to what is missing."""
        shown = []
        for kind, level in ((BodyKind.FEDERATION, Level.TOWNSHIP), (BodyKind.VILLAGE_ASSOCIATION, Level.VILLAGE)):
            area = (
                AreaResult.objects.visible_to(user)
                .filter(
                    organisation=home, run__standard__kind=Standard.Kind.CHECKLIST, run__standard__body_kind=kind,
                    run__standard__level=level, run__state__in=Run.WITH_RESULTS,
                )
                .select_related("run__standard", "run__organisation")
                .order_by("-run__as_of", "-run")
                .first()
            )  # fmt: skip
            if area is None:
                continue
            definition = definition_of(area.run)
            met = {code: pair[0] for code, pair in area.items.items()}
            rows = item_rates(definition.items, met, area.bodies)
            # Whoever stands below the run's area sees the rates, and the marks only of the own bodies.
            sees_run = any(area.run.org_path.startswith(scope.path) for scope in user.scopes("assessments.view"))
            shown.append(
                {
                    "title": definition.title,
                    "run": area.run,
                    "area": area,
                    "complete": ratio(area.complete_sourced, area.bodies),
                    "rows": rows,
                    "url": reverse("run-matrix", args=[area.run_id]) + "?unmet=on" if sees_run else "",
                }
            )
        return shown


def ratio(part, whole) -> str:
    return f"{part} ÷ {whole}（{share(part, whole)}）"


def hundreds(home, day) -> list[dict]:
    """The three hundred-percents of the home area, from the facts of today."""
    figures = compute(THREE_HUNDRED_PERCENTS, [home], Window(day.year, day))
    tiles = []
    for name in THREE_HUNDRED_PERCENTS:
        figure = figures.of(name, home)
        lacking = figure.denominator - figure.numerator
        tiles.append(
            {
                "label": metric(name).label,
                "value": share(figure.numerator, figure.denominator),
                "unit": "",
                "note": f"{figure.numerator} ÷ {figure.denominator}" + (f"，还差 {lacking} 个" if lacking else ""),
                "kind": "bad" if lacking else "",
            }
        )
    return tiles


def vacancies(user, home, day) -> dict:
    """Required posts nobody holds today, the longest first; the whole list has a page of its own."""
    bodies = Organisation.objects.visible_to(user).under(home.path)
    found = vacancies_of(bodies_with_vacancies(bodies, day).order_by("path"), day)
    found.sort(key=lambda vacancy: -(vacancy.days or 0))
    rows = [
        {
            "body": vacancy.organisation.label,
            "post": vacancy.post_label,
            "days": vacancy.days,
            "url": address("organisation-detail", vacancy.organisation.pk),
        }
        for vacancy in found[:VACANCIES_SHOWN]
    ]
    all_url = address("vacancy-list") if user.has_scope("members.view") else ""
    return {"vacancies": rows, "vacancy_count": len(found), "vacancies_url": all_url}
