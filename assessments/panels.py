"""The assessments' part on an organisation's page: how it stands today, and what the last runs said."""

from django.urls import reverse

from assessments import waiting
from assessments.live import live_state
from assessments.models import BodyResult, MemberResult, Nomination, Objection, Run
from assessments.objections import last_day_to_object, own_results, why_not
from federation.shared.panels import Panel, register_panel
from federation.shared.templatetags.ui import cn_date
from orgs.querysets import OWN


def organisation_context(organisation, user):
    state = live_state(organisation, user)
    results = (
        BodyResult.objects.visible_to(user)
        .filter(organisation=organisation, run__state__in=Run.WITH_RESULTS)
        .select_related("run__standard", "run__organisation")
        .order_by("-run__as_of", "-run")[:5]
    )
    rows = [
        {
            "label": str(result.run),
            "url": reverse("run-body", args=[result.run_id, organisation.pk]),
            "value": f"做到 {result.met} 项" if result.run.standard.is_checklist else f"{result.total} 分",
        }
        for result in results
    ]
    if state is None and not rows:
        return None
    return {"state": state, "results": rows}


register_panel(
    Panel(
        place="organisation",
        name="assessments",
        heading="达标和考核",
        template="assessments/panel.html",
        permission="assessments.view",
        context=organisation_context,
        order=20,
    )
)


# --- one member -----------------------------------------------------------------------------------------
def _result_rows(results, url_name: str) -> list[dict]:
    return [
        {
            "label": str(result.appraisal),
            "url": reverse(url_name, args=[result.pk]),
            "value": f"{result.total} 分，{result.band or '等次暂不评定'}",
        }
        for result in results
    ]


def _award_rows(nominations) -> list[dict]:
    return [
        {"label": f"{row.year} 年优秀残疾人工作专职委员", "value": f"{row.document_number}，{cn_date(row.decided_on)}"}
        for row in nominations
    ]


def appraisals_of_member(worker, user):
    results = MemberResult.objects.visible_to(user).with_results().filter(worker=worker)
    results = results.select_related("appraisal__standard", "appraisal__organisation").order_by("-appraisal__as_of")
    rows = _result_rows(results[:5], "member-result")
    return {"rows": rows} if rows else None


def awards_of_member(worker, user):
    rows = _award_rows(Nomination.objects.visible_to(user).awarded().filter(worker=worker))
    return {"rows": rows, "note": "聘到上一级时优先。"} if rows else None


def own_appraisals(worker, user):
    """Published results of the member's own, and the awards."""
    rows = _result_rows(own_results(user), "appraisal-own-result")
    rows += _award_rows(Nomination.objects.of_own(user).awarded())
    return {"rows": rows, "note": "" if rows else "还没有公布您的考核结果。公布以后在这里能看到，也能提出异议。"}


# --- the start page -------------------------------------------------------------------------------------
def waiting_for_me(organisation, user):
    """How much waits for this account, each with its list; nothing where nothing waits."""
    kinds = (
        ("appraisals.score", waiting.results_to_score, "待评分的考核", "人", "member-result-list", "points=pending"),
        ("appraisals.decide", waiting.objections_to_decide, "待复核的异议", "个", "objection-list", "state=open"),
        ("selections.opine", waiting.nominations_to_judge, "待签意见的推荐", "个", "nomination-list", "turn=mine"),
    )
    tiles = []
    for permission, rows, label, unit, name, query in kinds:
        count = rows(user).count() if user.has_scope(permission) else 0
        if count:
            link = {"url": f"{reverse(name)}?{query}", "note": f"看{label}"}
            tiles.append({"label": label, "value": count, "unit": unit, "kind": "bad", **link})
    return {"tiles": tiles} if tiles else None


def own_result_told(organisation, user):
    """The member's last published result while it may be objected to, and an objection that waits."""
    result = own_results(user).first()
    if result is None:
        return None
    row = {"label": str(result.appraisal), "url": reverse("appraisal-own-result", args=[result.pk])}
    if result.objections.filter(state=Objection.State.OPEN).exists():
        return {"rows": [row | {"value": "您的异议正在复核，有了意见显示在那一页"}]}
    if why_not(result):
        return None
    last = cn_date(last_day_to_object(result.appraisal))
    return {"rows": [row | {"value": f"结果已公布；有异议的，最晚 {last}提出"}]}


for _panel in (
    Panel(
        place="home", name="appraisals-waiting", heading="专职委员考核和评选：等您办理",
        template="assessments/home_waiting.html", permission="appraisals.view", context=waiting_for_me, order=20,
    ),
    Panel(
        place="home", name="own-result", heading="我的考核结果", template="assessments/rows_panel.html",
        permission=OWN, context=own_result_told, order=6,
    ),
    Panel(
        place="member", name="awards", heading="表彰", template="assessments/rows_panel.html",
        permission="selections.view", context=awards_of_member, order=10,
    ),
    Panel(
        place="member", name="appraisals", heading="绩效考核", template="assessments/rows_panel.html",
        permission="appraisals.view", context=appraisals_of_member, order=20,
    ),
    Panel(
        place="own", name="own-appraisals", heading="绩效考核和表彰", template="assessments/rows_panel.html",
        permission=OWN, context=own_appraisals, order=50,
    ),
):  # fmt: skip
    register_panel(_panel)
