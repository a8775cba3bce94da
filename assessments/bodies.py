"""Which bodies a standard judges in an area on a day, and how the work is cut by county."""

from typing import NamedTuple

from federation.shared.fields import subtree
from federation.shared.metrics import span_of
from orgs.models import BodyKind, Level, Organisation


class Body(NamedTuple):
    """What metrics need to know of an organisation; a tenth of the weight of the row."""

    pk: int
    path: str
    level: int
    body_kind: str
    established_on: object
    code: str


class Part(NamedTuple):
    """One county's share of a run, or (`rest`) the bodies of the area that stand under no county.

    `area` is the key of the body at its head: `path` says where that one lay when the run was cut.
    """

    path: str
    rest: bool
    label: str
    total: int
    area: int


def judged(standard, path: str, as_of):
    """Live organisations that the standard is for, in the subtree of `path`."""
    return Organisation.objects.of_kind(standard.body_kind, standard.level).live_on(as_of).filter(subtree(path))


_FIELDS = ("pk", "path", "level", "body_kind", "established_on", "code")


def bodies_of(standard, path: str, as_of, rest: bool = False) -> list[Body]:
    rows = judged(standard, path, as_of)
    if rest:
        for county in counties_under(path):
            rows = rows.exclude(subtree(county.path))
    return [Body(*row) for row in rows.order_by("path").values_list(*_FIELDS)]


def bodies_of_parts(standard, parts, as_of) -> list[tuple["Part", list[Body]]]:
    """The bodies of several counties' parts, read at once."""
    if len(parts) == 1:
        (part,) = parts
        return [(part, bodies_of(standard, part.path, as_of, part.rest))]
    found: dict[str, list[Body]] = {part.path: [] for part in parts}
    lengths = sorted({len(path) for path in found})
    rows = Organisation.objects.of_kind(standard.body_kind, standard.level).live_on(as_of)
    rows = rows.filter(span_of(found, "path"))
    for row in rows.order_by("path").values_list(*_FIELDS):
        body = Body(*row)
        county = next((body.path[:length] for length in lengths if body.path[:length] in found), None)
        if county is not None:
            found[county].append(body)
    return [(part, found[part.path]) for part in parts]


def batches_of(parts, size: int):
    """Parts together up to `size` bodies; what stands under no county is a batch of its own."""
    batch: list[Part] = []
    for part in parts:
        if batch and (part.rest or sum(each.total for each in batch) + part.total > size):
            yield batch
            batch = []
        batch.append(part)
    if batch:
        yield batch


def counties_under(path: str):
    return (
        Organisation.objects.of_kind(BodyKind.FEDERATION, Level.COUNTY)
        .filter(subtree(path))
        .order_by("path")
        .only("pk", "path", "name", "short_name")
    )


def parts_of(run) -> list[Part]:
    """The run cut by county, counties without bodies left out; one part where the area is a county or less.

    What stands under no county (a city without districts) is cut by the city, the rest of the area.
    """
    area, standard = run.organisation, run.standard
    if area.level >= Level.COUNTY or (standard.level or Level.VILLAGE) <= Level.COUNTY:
        total = judged(standard, area.path, run.as_of).count()
        return [Part(area.path, False, area.label, total, area.pk)] if total else []
    return cut_by_county(area, judged(standard, area.path, run.as_of).order_by().values_list("path", flat=True))


def cut_by_county(area, paths) -> list[Part]:
    """The work on what lies at `paths` (one each) cut by county; at its end what stands under none, as `rest`."""
    counts: dict[str, int] = {}
    counties = {county.path: county for county in counties_under(area.path)}
    lengths = sorted({len(path) for path in counties})
    for path in paths:
        county = next((path[:length] for length in lengths if path[:length] in counties), area.path)
        counts[county] = counts.get(county, 0) + 1
    left = counts.pop(area.path, 0)
    parts = [Part(path, False, counties[path].label, counts[path], counties[path].pk) for path in sorted(counts)]
    if left:
        parts.append(Part(area.path, True, f"{area.label}（不设县的部分）", left, area.pk))
    return parts
