"""不称职 is not renewed: what the last published appraisal says when an engagement is to go on."""

from assessments.courses import definition_of
from assessments.models import MemberResult
from committees.renewal_bars import Bar, register_bar


def bars_of(appointments) -> dict[int, Bar]:
    """Of those whose last published band is the lowest of the standard; in one query."""
    results = MemberResult.objects.select_related("appraisal__standard", "appraisal__organisation")
    last = results.last_published({each.tenure.worker_id for each in appointments})
    barred = {
        worker: _bar(result)
        for worker, result in last.items()
        if result.band and result.band == definition_of(result.appraisal).bands[-1][0]
    }
    return {each.pk: barred[each.tenure.worker_id] for each in appointments if each.tenure.worker_id in barred}


def _bar(result: MemberResult) -> Bar:
    words = (
        f"最近一次公布的考核（{result.appraisal.year} 年）等次是“{result.band}”，按规定不予续聘。"
        "对考核有异议的，请先按考核异议办理，更正以后再续聘。"
    )
    return Bar(f"appraisal:{result.appraisal_id}", words)


register_bar("appraisal", bars_of)
