"""Numbers about committee members: certificates; training and subsidies get theirs when they have a place."""

from django.db.models import Q

from federation.shared.metrics import SUBTREE, Counted, NoSource, register
from orgs.metrics import COUNTY_REPORT, LETTER_2011, committee_members


def _certified(window):
    return Q(
        appointment__certificate_issued_on__lte=window.as_of, appointment__certificate_expires_on__gte=window.as_of
    )


register(Counted(
    name="committees.members_certified", label="持有有效上岗证的专职委员", unit="人", source=f"{LETTER_2011}第四条",
    definition="截止日当天在任、上岗证在有效期内（发证日期不晚于截止日，有效期不早于截止日）的专职委员人数，"
    "除以在任专职委员人数。本机构和下级机构都算。",
    facts=committee_members, where=_certified, is_ratio=True, reach=SUBTREE, permission="members.view",
))  # fmt: skip

for _name, _label, _unit, _source in (
    ("committees.directors_trained", "参加过培训的理事长", "人", f"{LETTER_2011}第四条"),
    ("committees.trainings_completed", "专职委员完成的培训", "次", f"{LETTER_2011}第四条"),
    ("committees.chairs_trained", "参加过培训的协会主席", "人", "残联厅〔2012〕21号二、（一）"),
    ("committees.subsidy_months_paid", "足额发放补贴的人月", "人月", COUNTY_REPORT),
    ("committees.members_paid", "领到误工补贴的专职委员", "人", COUNTY_REPORT),
    ("committees.trainings_of_member", "本人完成的培训", "次", COUNTY_REPORT),
):
    register(NoSource(
        name=_name, label=_label, unit=_unit, source=_source, definition="系统中还没有登记这类事实的地方。",
        permission="members.view",
    ))  # fmt: skip
