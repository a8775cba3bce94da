"""表一 of a past day counts people where they were on that day, by the transfers that came after it.

The fast count looks at where people are registered now. Few are transferred: those who were after the day are
counted again where they are now, and taken away, and where they were, and added (see ledgers/whereabouts.py). Today
nobody was transferred later, so the table of today is the fast count alone. `narrow` says whose table it is: a
function that narrows any queryset of persons to a scope and a body by the path it names.
"""

from ledgers.models import DisabledPerson
from ledgers.querysets import PersonQuerySet
from ledgers.summaries.counting import Figures, figures_below, figures_of, people_of
from ledgers.summaries.definition import TOTAL
from ledgers.whereabouts import Narrow, moved_since


def _parts(narrow: Narrow, day) -> tuple[PersonQuerySet, PersonQuerySet, PersonQuerySet] | None:
    """(who stayed, who is here now and was transferred later, who was here then and was); None where nobody was."""
    moved = moved_since(day)
    if moved is None:
        return None
    here = narrow(DisabledPerson.objects.all())
    return here.exclude(pk__in=moved.keys), here.filter(pk__in=moved.keys), narrow(moved.then)


def figures_on(narrow: Narrow, day) -> Figures:
    """Every cell of the table of a day."""
    figures = figures_of(narrow(DisabledPerson.objects.all()), day)
    parts = _parts(narrow, day)
    if parts is not None:
        _stayed, came, were = parts
        _add(figures, figures_of(came, day), -1)
        _add(figures, figures_of(were, day), 1)
    return figures


def figures_below_on(narrow: Narrow, day, length: int, dimension) -> dict[str, Figures]:
    """As `figures_below`, of a day: {path cut to `length`: figures}; lower bodies add up to the upper one."""
    found = figures_below(narrow(DisabledPerson.objects.all()), day, length, dimension)
    parts = _parts(narrow, day)
    if parts is not None:
        _stayed, came, were = parts
        for rows, sign in ((came, -1), (were, 1)):
            for path, figures in figures_below(rows, day, length, dimension).items():
                _add(found.setdefault(path, dict.fromkeys(figures, 0)), figures, sign)
        found = {path: figures for path, figures in found.items() if figures[TOTAL]}
    return found


def people_on(narrow: Narrow, day, code: str) -> list[PersonQuerySet]:
    """The very people counted in a cell, in querysets that share nobody."""
    parts = _parts(narrow, day)
    found = [narrow(DisabledPerson.objects.all())] if parts is None else [parts[0], parts[2]]
    return [people_of(rows, day, code) for rows in found]


def not_approved_on(narrow: Narrow, day) -> int:
    """How many of those counted have a form that nobody has approved as it stands."""
    return sum(rows.not_approved().count() for rows in people_on(narrow, day, TOTAL))


def _add(figures: Figures, more: Figures, sign: int):
    for code, number in more.items():
        figures[code] += sign * number
