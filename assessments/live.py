"""How a body stands today by the checklist for its kind (九有, 六有): for the home page and the body's own page."""

from dataclasses import dataclass

from django.utils import timezone

from assessments import scoring
from assessments.computing import LiveItem, evaluate_body
from assessments.evidence import mend_url
from assessments.models import Standard
from assessments.tables import STATE_TAGS, STATE_WORDS
from federation.shared.templatetags.ui import tag


@dataclass
class LiveState:
    """The checklist, and each item as a row for templates."""

    standard: Standard
    met: int
    rows: list

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def unmet(self) -> list:
        return [row for row in self.rows if row["is_unmet"]]

    @property
    def unsourced(self) -> list:
        return [row for row in self.rows if row["is_unsourced"]]


def checklist_for(organisation) -> Standard | None:
    """The newest checklist for bodies of this kind and level."""
    return (
        Standard.objects.filter(
            kind=Standard.Kind.CHECKLIST, body_kind=organisation.body_kind, level=organisation.level
        )
        .order_by("-applies_from", "-code")
        .first()
    )


def live_state(organisation, user, day=None) -> LiveState | None:
    """None where no checklist is for such bodies or the body does not live on the day."""
    day = day or timezone.localdate()
    standard = checklist_for(organisation)
    if standard is None or not organisation.is_live_on(day):
        return None
    score, items = evaluate_body(standard, organisation, day)
    return LiveState(standard, score.met, [_row(each, organisation, user) for each in items])


def _row(live: LiveItem, organisation, user) -> dict:
    return {
        "name": live.item.name,
        "code": live.item.code,
        "tag": tag(STATE_TAGS[live.state], STATE_WORDS[live.state]),
        "reason": "" if live.state == scoring.NONE else live.reason,
        "mend": mend_url(live.item, organisation, user) if live.state in (scoring.NO, scoring.HALF) else "",
        "is_unmet": live.state in (scoring.NO, scoring.HALF),
        "is_unsourced": live.state == scoring.NONE,
    }
