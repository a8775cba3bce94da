"""What the pages of one result show of its items, of a body as of a member."""

from django.utils import timezone

from assessments import scoring
from assessments.computing import Scorer
from assessments.courses import definition_of, window_of
from assessments.evidence import absent_of, evidence_of, mend_url
from assessments.reasons import arithmetic, number
from assessments.tables import STATE_TAGS, STATE_WORDS
from federation.shared.metrics import metric
from federation.shared.templatetags.ui import cn_date, tag


def cn_day(at) -> str:
    """The day, here, of a moment."""
    return cn_date(timezone.localtime(at))


def state_of(cell: dict) -> str:
    return cell.get("s", scoring.NONE)


def state_words(cell: dict) -> str:
    state = state_of(cell)
    return tag(STATE_TAGS[state], STATE_WORDS[state])


def item_row(result, item, url: str, mend: str = "") -> dict:
    """One line of assessments/_items.html."""
    cell = result.items.get(item.code, {})
    return {
        "item": item,
        "points": cell.get("p", "0"),
        "full": number(item.points),
        "state": state_words(cell),
        "reason": cell.get("r", ""),
        "evidence": cell.get("e"),
        "url": url,
        "mend": mend,
    }


def sections_of(definition, result, row) -> list[dict]:
    """The items section by section, each drawn by `row(result, item)`."""
    sections = []
    for code, name in definition.sections:
        items = [item for item in definition.items if item.section == code]
        points = sum((result.points_of(item.code) for item in items), scoring.ZERO)
        full = sum((item.points for item in items), scoring.ZERO)
        rows = [row(result, item) for item in items]
        sections.append({"name": name, "rows": rows, "points": points, "full": number(full)})
    return sections


def reckoned(round, item, subject, organisation, points: dict, cell: dict, user) -> dict:
    """A computed item as it stands today: figure, arithmetic, evidence, and whether the facts have changed since.

    `subject` is what the metrics are asked about: the body, or the member whose body is `organisation`.
    """
    window = window_of(round)
    scorer = Scorer(definition_of(round), window)
    scorer.score([subject], points)
    figure = scorer.figure(item, subject)
    scored = scoring.score(item, figure)
    context = {
        "metric": metric(item.metric),
        "figure": figure,
        "arithmetic": arithmetic(item, figure, scored, scored.points),
        "changed": str(scored.points) != cell.get("p"),
        "mend": mend_url(item, organisation, user),
    }
    if figure is not None:
        context["evidence"] = evidence_of(item, subject, window, user)
        context["absent"] = absent_of(item, subject, window, user, figure)
    return context
