"""Writing results set-based: one upsert that touches only changed rows, ranks, the staged roll-up."""

import functools
import hashlib
import itertools
import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from assessments import scoring
from assessments.models import AreaResult, BodyResult
from assessments.standards import Definition
from federation.shared.fields import paths_now, subtree
from federation.shared.metrics import compute, span_of
from orgs.metrics import THREE_HUNDRED_PERCENTS
from orgs.models import BodyKind, Level, Organisation

_COLUMNS = (
    "run_id", "organisation_id", "org_path", "total", "bonus", "penalty", "deciding", "met", "unsourced", "pending",
    "band", "rank_county", "rank_area", "position", "items", "digest", "updated_at",
)  # fmt: skip
# Places over a whole area are known only when every county is in; a recomputed county keeps the old ones till then.
_KEPT = {"run_id", "organisation_id", "rank_area", "position"}
_AREA_COLUMNS = (
    "run_id", "organisation_id", "org_path", "bodies", "complete", "complete_sourced", "total_sum", "items", "bands",
    "rates", "updated_at",
)  # fmt: skip
_BATCH = 500
_PIECE = 100


def write_results(run, scores, ranks: dict[int, int], places: dict[int, tuple[int, int]] | None = None) -> int:
    """Insert or update the rows of `scores`; rows whose content is what is stored already are left alone.

    `ranks` are within the county; `places` (rank and place over the whole area) where all of it is at hand.
    """
    places = places or {}
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    # Bodies share few amounts, and the database's own way of writing one is slow.
    cents = functools.cache(lambda amount: connection.ops.adapt_decimalfield_value(amount, 8, 2))
    rows = [_row(run, score, ranks[score.body.pk], places.get(score.body.pk, (0, 0)), now, cents) for score in scores]
    kept = _KEPT - {"rank_area", "position"} if places else _KEPT
    compared = ("digest", "rank_area", "position") if places else ("digest",)
    return _upsert(run, BodyResult, _COLUMNS, rows, kept=kept, compared=compared)


def _upsert(run, model, columns: tuple, rows: list, kept: set, compared: tuple = ()) -> int:
    """Insert `rows` of the run, or update what is there but for `kept`: where one of `compared` differs, or always.

    Nothing in them is null, and neither JSON nor our texts hold a tab or a line end as such.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(columns)
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in kept)
    tail = f" ON CONFLICT (run_id, organisation_id) DO UPDATE SET {updates}"
    if compared:
        tail += " WHERE " + " OR ".join(f"{table}.{name} <> excluded.{name}" for name in compared)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(rows) > _BATCH:
            return _copy(cursor, table, names, rows, tail, is_first=not model._base_manager.filter(run=run).exists())
        # SQLite takes so many parameters a statement and no more.
        size = min(_BATCH, (connection.features.max_query_params or 32_000) // len(columns))
        place = "(" + ", ".join(["%s"] * len(columns)) + ")"
        written = 0
        for start in range(0, len(rows), size):
            batch = rows[start : start + size]
            places = ", ".join([place] * len(batch))
            values = [value for row in batch for value in row]
            cursor.execute(f"INSERT INTO {table} ({names}) VALUES {places}{tail}", values)  # noqa: S608 - our own names
            written += cursor.rowcount
    return written


def _copy(cursor, table: str, names: str, rows: list, tail: str, is_first: bool) -> int:
    """By COPY: the server parses a long list of values several times slower.

    Straight into the table where the run has no results yet (`is_first`), else through a temporary one.
    """
    line = "\t".join(["%s"] * len(rows[0])) + "\n"
    lines = _Lines(line % row for row in rows)
    if is_first:
        cursor.cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", lines)
        return cursor.cursor.rowcount
    cursor.execute(f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA")  # noqa: S608
    cursor.cursor.copy_expert(f"COPY incoming ({names}) FROM STDIN", lines)
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming {tail}")  # noqa: S608
    written = cursor.rowcount
    cursor.execute("DROP TABLE incoming")
    return written


class _Lines:
    """A file that COPY reads from, some lines at a time: a province's results are not held once more as text."""

    def __init__(self, lines):
        self._lines = lines

    def read(self, size: int = 0) -> bytes:
        return "".join(itertools.islice(self._lines, _PIECE)).replace("\\", "\\\\").encode()


def _row(run, score, rank: int, place: tuple[int, int], now, cents) -> tuple:
    body = score.body
    score.row_digest = score.digest_with(f"{rank}|{score.band}|{body.path}")
    return (
        run.pk, body.pk, body.path, cents(score.total), cents(score.bonus), cents(score.penalty), cents(score.deciding),
        score.met, score.unsourced, score.pending, score.band, rank, *place,
        score.items, score.row_digest, now,
    )  # fmt: skip


def drop_unjudged(run, still_judged):
    """Delete results of bodies the run no longer judges (their abolition was put right since)."""
    BodyResult.objects.filter(run=run).exclude(organisation__in=still_judged.order_by().values("pk")).delete()


def drop_empty_areas(run, scores: list | None):
    """Delete the totals of areas in which nobody is judged any more: the upper ones would add them up again.

    `scores` are those of all bodies, where they are at hand.
    """
    paths = [score.body.path for score in scores] if scores is not None else None
    if paths is None:
        paths = BodyResult.objects.filter(run=run).values_list("org_path", flat=True)
    above = {path[:end] for path in paths for end in range(Organisation.steplen, len(path) + 1, Organisation.steplen)}
    areas = AreaResult.objects.filter(run=run).values_list("pk", "org_path")
    AreaResult.objects.filter(pk__in=[pk for pk, path in areas if path not in above]).delete()


def ranks_of(scores) -> dict[int, int]:
    """Rank by total among `scores`; equal totals share one (1, 2, 2, 4)."""
    ranks, place, last = {}, 0, None
    for number, score in enumerate(sorted(scores, key=lambda each: -each.total), start=1):
        if score.total != last:
            place, last = number, score.total
        ranks[score.body.pk] = place
    return ranks


def places_of(scores) -> dict[int, tuple[int, int]]:
    """{pk: (rank, place)} over all `scores`, in the order of the league table (see `rank_area`)."""
    ranks = ranks_of(scores)
    ordered = sorted(scores, key=lambda s: (-s.total, -s.deciding, s.penalty, s.body.code, s.body.pk))
    return {score.body.pk: (ranks[score.body.pk], place) for place, score in enumerate(ordered, start=1)}


def rank_area(run):
    """Ranks and places over the whole area, once every county is in; only rows that moved are written."""
    table = connection.ops.quote_name(BodyResult._meta.db_table)
    bodies = connection.ops.quote_name(Organisation._meta.db_table)
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    order = "result.total DESC, result.deciding DESC, result.penalty, body.code, body.id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET rank_area = ranked.rank_found, position = ranked.place, updated_at = %s FROM"  # noqa: S608
            " (SELECT result.id AS ranked_id, RANK() OVER (ORDER BY result.total DESC) AS rank_found,"
            f" ROW_NUMBER() OVER (ORDER BY {order}) AS place FROM {table} result"
            f" JOIN {bodies} body ON body.id = result.organisation_id WHERE result.run_id = %s) AS ranked"
            f" WHERE {table}.id = ranked.ranked_id"
            f" AND ({table}.rank_area <> ranked.rank_found OR {table}.position <> ranked.place)",
            [now, run.pk],
        )


# --- roll-up ----------------------------------------------------------------------------------
@dataclass
class Tally:
    """What is added up over bodies, and over the tallies of lower areas."""

    bodies: int = 0
    complete: int = 0
    complete_sourced: int = 0
    total_sum: Decimal = Decimal(0)
    items: dict = field(default_factory=dict)
    bands: dict = field(default_factory=dict)

    def add_scores(self, definition: Definition, scores: list):
        if not scores:
            return
        count = len(definition.items)
        self.bodies += len(scores)
        self.complete += sum(score.met == count for score in scores)
        self.complete_sourced += sum(score.met + score.unsourced == count for score in scores)
        self.total_sum += sum(score.total for score in scores)
        # One item after the other, all bodies at once: a province has half a million of them.
        states = zip(*[score.states for score in scores], strict=True)
        points = zip(*[score.points for score in scores], strict=True)
        for item, of_item, earned in zip(definition.items, states, points, strict=True):
            met, total = self.items.get(item.code, (0, Decimal(0)))
            self.items[item.code] = (met + of_item.count(scoring.YES), total + scoring.amount(sum(earned)))
        for band, number in Counter(score.band for score in scores if score.band).items():
            self.bands[band] = self.bands.get(band, 0) + number

    def add_area(self, area):
        """What a lower area came to: its stored result, or its tally."""
        self.bodies += area.bodies
        self.complete += area.complete
        self.complete_sourced += area.complete_sourced
        self.total_sum += area.total_sum
        for code, (met, total) in area.items.items():
            known = self.items.get(code, (0, Decimal(0)))
            self.items[code] = (known[0] + met, known[1] + Decimal(total))
        for band, count in area.bands.items():
            self.bands[band] = self.bands.get(band, 0) + count

    def row(self, run, organisation: int, path: str, rates: dict, now) -> tuple:
        items = {code: [met, str(total)] for code, (met, total) in self.items.items()}
        texts = [json.dumps(each, ensure_ascii=False) for each in (items, self.bands, rates)]
        total = connection.ops.adapt_decimalfield_value(self.total_sum, 14, 2)
        counts = self.bodies, self.complete, self.complete_sourced
        return run.pk, organisation, path, *counts, total, *texts, now


def roll_up_parts(run, definition: Definition, paths: list[str], scores, window, is_whole: bool = False):
    """Totals of parts: of the area at the head of each and, where villages are judged, of each township in it.

    Where that is the whole run, of the cities and provinces above the parts as well.
    """
    wanted = Q(path__in=paths)
    if run.standard.body_kind == BodyKind.VILLAGE_ASSOCIATION:
        townships = Q(body_kind=BodyKind.FEDERATION, level=Level.TOWNSHIP)
        wanted |= townships & span_of(paths, "path")
    areas = list(Organisation.objects.filter(wanted).only("pk", "path", "level"))
    inside: dict[str, list] = {area.path: [] for area in areas}
    for length in {len(path) for path in inside}:
        for score in scores:
            path = score.body.path[:length]
            if path in inside:
                inside[path].append(score)
    pairs = []
    for area in areas:
        if inside[area.path]:
            tally = Tally()
            tally.add_scores(definition, inside[area.path])
            pairs.append((area, tally))
    if is_whole and run.organisation.level < Level.COUNTY:
        counties = [(area.path, tally) for area, tally in pairs if area.level == Level.COUNTY]
        pairs += _uppers(run, definition, counties, [])
    write_areas(run, pairs, window)


def roll_up_upper(run, definition: Definition, rest_scores, window):
    """Cities and provinces of the area from their counties, and from bodies that stand under no county."""
    if run.organisation.level >= Level.COUNTY:
        return
    counties = AreaResult.objects.filter(run=run, organisation__level=Level.COUNTY)
    counties = [(county.org_path, county) for county in counties]
    write_areas(run, _uppers(run, definition, counties, rest_scores), window)


def _uppers(run, definition: Definition, counties: list[tuple], rest_scores) -> list[tuple[Organisation, "Tally"]]:
    """The federations above the counties, each with what `counties` (path, result or tally) and `rest_scores` give."""
    uppers = list(
        Organisation.objects.of_kind(BodyKind.FEDERATION)
        .filter(subtree(run.organisation.path), level__lt=Level.COUNTY)
        .only("pk", "path")
    )
    pairs = []
    for upper in uppers:
        tally = Tally()
        for path, county in counties:
            if path.startswith(upper.path):
                tally.add_area(county)
        tally.add_scores(definition, [score for score in rest_scores if score.body.path.startswith(upper.path)])
        if tally.bodies:
            pairs.append((upper, tally))
    return pairs


def write_areas(run, pairs, window):
    """One row an area, with the three hundred-percents as of the run's day; written over what was there."""
    areas = [area for area, _tally in pairs]
    figures = compute(THREE_HUNDRED_PERCENTS, areas, window)
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with transaction.atomic():
        paths = paths_now(Organisation, [area.pk for area in areas])
        rows = []
        for area, tally in pairs:
            each = {name: figures.of(name, area) for name in THREE_HUNDRED_PERCENTS}
            rates = {name: [one.numerator, one.denominator] for name, one in each.items()}
            rows.append(tally.row(run, area.pk, paths[area.pk], rates, now))
        _upsert(run, AreaResult, _AREA_COLUMNS, rows, kept={"run_id", "organisation_id"})


def facts_digest(run, written=None) -> str:
    """One hash over every row of the run: what "the same points again" means.

    `written` are the scores of all its rows where they are at hand; else the rows are read.
    """
    if written is None:
        digests = BodyResult.objects.filter(run=run).order_by("organisation_id").values_list("digest", flat=True)
    else:
        digests = [score.row_digest for score in sorted(written, key=lambda score: score.body.pk)]
    return hashlib.sha256("".join(digests).encode()).hexdigest()
