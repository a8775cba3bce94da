"""How one post of a person is shown: days, contract and those before it, certificate, who acts for whom."""

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join

from committees.models import Appointment, RenewalPermit
from committees.services.renewal_permits import bars_not_lifted, standing_permits
from committees.warnings import soon
from federation.shared.steps import may
from federation.shared.templatetags.ui import cn_date, tag
from orgs.body_page import media_url
from orgs.models import PAID_POSTS, Tenure
from orgs.views.pages import organisation_url


def appointment_of(tenure) -> Appointment | None:
    return getattr(tenure, "appointment", None)


def validity_tag(day, none_word: str, past_word: str) -> str:
    """Until when something runs, and whether that is soon or past."""
    if day is None:
        return tag("", none_word)
    today = timezone.localdate()
    if day < today:
        return tag("bad", f"{cn_date(day)}{past_word}")
    return tag("warn" if day <= today + soon() else "ok", f"至 {cn_date(day)}")


def certificate_tag(tenure) -> str:
    appointment = appointment_of(tenure)
    if appointment is None or appointment.certificate_issued_on is None:
        return tag("warn", "没有上岗证")
    return validity_tag(appointment.certificate_expires_on, "未填有效期", "过期")


def contract_tag(tenure) -> str:
    appointment = appointment_of(tenure)
    return validity_tag(appointment.contract_to if appointment else None, "未填聘期", "到期")


def role_of(tenure) -> str:
    appointment = appointment_of(tenure)
    return appointment.get_role_display() if appointment else tenure.get_post_display()


def days_of(first, last) -> str:
    return " 至 ".join(filter(None, [cn_date(first), cn_date(last)]))


def tenures_of(worker, rows) -> list[Tenure]:
    """The person's posts among `rows` (in the reader's scope), the latest first, with all that is shown of them."""
    rows = rows.filter(worker=worker).order_by("-started_on", "-id")
    rows = rows.select_related("organisation", "appointment", "permit")
    return list(
        rows.prefetch_related(
            "appointment__past_contracts", "appointment__renewal_permits__past_contract", "deputyships__worker"
        )
    )


def permit_words(permit) -> str:
    """Why a renewal was permitted in spite of the appraisal, and whether it was made use of."""
    past = permit.past_contract
    used = f"用于 {cn_date(past.contract_to)}聘期结束后的续聘" if past else "还没有办理续聘"
    document = f"，{permit.document_number}" if permit.document_number else ""
    return f"系统管理员准许：{permit.reason}（{used}{document}）"


def tenure_panel(tenure, may_edit: bool) -> dict:
    """{heading, rows, actions} of one post."""
    appointment = appointment_of(tenure)
    kind = f"兼任（{tenure.other_job}）" if tenure.other_job else "兼任" if tenure.is_concurrent else "专职"
    rows = [
        {"label": "机构", "value": tenure.organisation.name, "url": organisation_url(tenure.organisation)},
        {"label": "任职", "value": cn_date(tenure.started_on)},
        {"label": "离任", "value": cn_date(tenure.ended_on) or tag("ok", "在任")},
        {"label": "专职或兼任", "value": kind},
        {"label": "任职文号", "value": tenure.document_number},
    ]
    if appointment:
        rows += _appointment_rows(tenure, appointment)
    if tenure.permit:
        rows.append({"label": "第二个受聘岗位", "value": f"系统管理员准许：{tenure.permit.reason}"})
    for deputy in tenure.deputyships.all():
        words = f"{deputy.worker.name}（{days_of(deputy.started_on, deputy.ended_on)}，{deputy.reason}）"
        rows.append({"label": "由谁代理", "value": words})
    actions = _actions(tenure, appointment) if may_edit else []
    scan = media_url(tenure, "document_scan")
    if scan:
        actions.append({"url": scan, "label": "查看任职书"})
    return {"heading": f"{role_of(tenure)}（{tenure.organisation.label}）", "rows": rows, "actions": actions}


def permit_actions(tenure, user) -> list[dict]:
    """What a reader who may permit it can do about the renewal of one post."""
    appointment = appointment_of(tenure)
    open_post = appointment is not None and tenure.ended_on is None
    if not open_post or not may(user, RenewalPermit.edit_permission, tenure.org_path):
        return []
    actions = []
    if bars_not_lifted(appointment):
        actions.append({"url": reverse("renewal-permit-add", args=[appointment.pk]), "label": "准许续聘"})
    for permit in standing_permits(appointment):
        actions.append({"url": reverse("renewal-permit-withdraw", args=[permit.pk]), "label": "取消续聘的准许"})
    return actions


def _appointment_rows(tenure, appointment) -> list[dict]:
    rows = [{"label": "聘期", "value": days_of(appointment.contract_from, appointment.contract_to)}]
    past = [days_of(each.contract_from, each.contract_to) for each in appointment.past_contracts.all()]
    if past:
        rows.append({"label": "以前的聘期", "value": "；".join(past)})
    rows += [{"label": "准许续聘", "value": permit_words(each)} for each in appointment.renewal_permits.all()]
    rows += [
        {"label": "用工方式", "value": appointment.get_employment_display()},
        {"label": "聘任文号", "value": appointment.document_number},
        {"label": "上岗证编号", "value": appointment.certificate_number},
        {"label": "上岗证", "value": format_html_join(" ", "{}", [(certificate_tag(tenure),)])},
    ]
    if appointment.ending:
        ground = appointment.get_ending_ground_display()
        words = appointment.get_ending_display() + (f"（{ground}）" if ground else "")
        rows.append({"label": "离任原因", "value": words})
    return rows


def _actions(tenure, appointment) -> list[dict]:
    actions = []
    if appointment:
        actions.append({"url": reverse("appointment-edit", args=[appointment.pk]), "label": "修改任职和聘任"})
    elif tenure.post not in PAID_POSTS:
        actions.append({"url": reverse("tenure-edit", args=[tenure.pk]), "label": "修改任职"})
    if tenure.ended_on is not None:
        actions.append({"url": reverse("member-handover", args=[tenure.pk]), "label": "工作移交"})
        return actions
    if appointment:
        actions.append({"url": reverse("appointment-renew", args=[appointment.pk]), "label": "续聘"})
        actions.append({"url": reverse("member-move", args=[tenure.pk]), "label": "调任"})
    actions.append(
        {"url": f"{reverse('deputy-add', args=[tenure.organisation_id])}?for={tenure.pk}", "label": "安排代理"}
    )
    name = "member-end" if appointment else "tenure-end"
    actions.append({"url": reverse(name, args=[tenure.pk]), "label": "办理离任"})
    return actions
