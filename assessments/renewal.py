"""不称职 is not renewed: what the last published appraisal says when an engagement is to go on."""

from assessments.courses import definition_of
from assessments.models import MemberResult
from committees.renewal_bars import Bar, register_bar


def bar_of(appointment) -> Bar | None:
    """Where the last published band of the person is the lowest of the standard."""
    results = MemberResult.objects.select_related("appraisal__standard", "appraisal__organisation")
    last = results.last_published_of(appointment.tenure.worker_id)
    if last is None or not last.band or last.band != definition_of(last.appraisal).bands[-1][0]:
        return None
    words = (
        f"最近一次公布的考核（{last.appraisal.year} 年）等次是“{last.band}”，按规定不予续聘。"
        "对考核有异议的，请先按考核异议办理，更正以后再续聘。"
    )
    return Bar(f"appraisal:{last.appraisal_id}", words)


register_bar("appraisal", bar_of)
