"""Standards as text: read from TOML, checked in sentences, kept as plain data, read back as items.

Amounts are written in TOML as numbers and kept as decimal texts, so that no binary fraction comes near a point.
"""

import functools
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.core.exceptions import ValidationError

from assessments.models import Appraisal, RoundState, Run, Standard, definition_hash
from federation.shared.metrics import UnknownMetric, metric
from orgs.models import BodyKind, Level

POLICIES = Path(__file__).parent / "policies"
FULL_MARKS = Decimal(100)
SCORING_KINDS = ("all", "proportional", "per_item", "deduct", "manual")
EMPTY_RULES = ("full", "zero")


class StandardRefused(ValidationError):
    """The standard cannot be used; the message says which item and what to do."""


@dataclass(frozen=True)
class Item:
    """One line of a standard. Which parameters count depends on `scoring` (see assessments.scoring)."""

    code: str
    name: str
    section: str
    points: Decimal
    scoring: str
    metric: str
    clause: str = ""
    target: Decimal = Decimal(100)
    empty: str = "zero"
    each: Decimal | None = None
    at_least: Decimal = Decimal(1)
    out_of: Decimal | None = None
    # (more than so many days, points taken away), every line that applies counts.
    deductions: tuple[tuple[Decimal, Decimal], ...] = ()
    # (from so many, points), the highest that is reached counts.
    steps: tuple[tuple[Decimal, Decimal], ...] = ()

    @property
    def has_source(self) -> bool:
        return self.scoring == "manual" or metric(self.metric).has_source


@dataclass(frozen=True)
class Definition:
    """A standard read back from its kept text."""

    code: str
    title: str
    source: str
    kind: str
    sections: tuple[tuple[str, str], ...]
    items: tuple[Item, ...]
    bonuses: tuple[Item, ...]
    penalties: tuple[Item, ...]
    bands: tuple[tuple[str, Decimal], ...]
    bonus_cap: Decimal
    penalty_cap: Decimal
    deciding_section: str

    @property
    def is_checklist(self) -> bool:
        return self.kind == Standard.Kind.CHECKLIST

    @property
    def full_marks(self) -> Decimal:
        return Decimal(len(self.items)) if self.is_checklist else FULL_MARKS

    @property
    def every_item(self) -> tuple[Item, ...]:
        return self.items + self.bonuses + self.penalties

    @property
    def metrics(self) -> list[str]:
        """Names of the metrics it needs, those without a source left out: they are nothing by definition."""
        wanted = {item.metric: None for item in self.every_item if item.metric and item.scoring != "manual"}
        return [name for name in wanted if metric(name).has_source]

    @functools.cached_property
    def deciding_places(self) -> tuple[int, ...]:
        """Where in `items` the section stands that decides between equal totals."""
        return tuple(n for n, item in enumerate(self.items) if item.section == self.deciding_section)

    def item(self, code: str) -> Item | None:
        return next((item for item in self.every_item if item.code == code), None)

    def band_of(self, total: Decimal) -> str:
        return next((name for name, floor in self.bands if total >= floor), "")


def read_standard(text: str, file_name: str = "") -> dict:
    """The plain data of a standard written in TOML; refuses in a sentence what is wrong with it."""
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise StandardRefused(f"{file_name}不是正确的 TOML 文件：{error}。请改正后重试。") from None
    definition = _plain(raw)
    check(definition)
    return definition


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Decimal) else value


def check(definition: dict):
    """Refuse, in a sentence, a standard that cannot be scored."""
    title = definition.get("title") or definition.get("code") or "这个标准"
    for name in ("code", "title", "source", "kind", "applies_from", "items"):
        if not definition.get(name):
            raise StandardRefused(f"{title}没有写 {name}。请补上后重试。")
    if definition["kind"] not in Standard.Kind.values:
        raise StandardRefused(f"{title}的 kind 应是 checklist 或 hundred，现在是“{definition['kind']}”。")
    if definition.get("subject", "body") == "body":
        if definition.get("body_kind") not in BodyKind.values:
            raise StandardRefused(f"{title}没有写明考核哪一类机构（body_kind）。")
        if definition.get("level") is not None and definition["level"] not in Level.values:
            raise StandardRefused(f"{title}的 level 应是 1 到 5。")
    seen: set[str] = set()
    for group in ("items", "bonuses", "penalties"):
        for item in definition.get(group, []):
            _check_item(item, title, definition, seen)
    if definition["kind"] == Standard.Kind.HUNDRED:
        _check_sum(definition, title)


def _check_item(item: dict, title: str, definition: dict, seen: set):
    code = item.get("code", "")
    where = f"{title}的项目 {code or item.get('name', '')}"
    if not code or not item.get("name"):
        raise StandardRefused(f"{title}有一项没有写代号（code）或名称（name）。请补上。")
    if code in seen:
        raise StandardRefused(f"{title}里项目代号 {code} 出现了两次。请改成不同的代号。")
    seen.add(code)
    if item.get("scoring") not in SCORING_KINDS:
        raise StandardRefused(f"{where}的计分方式应是 {'、'.join(SCORING_KINDS)} 之一。")
    if item.get("empty", "zero") not in EMPTY_RULES:
        raise StandardRefused(f"{where}的 empty 应是 full 或 zero。")
    if item["scoring"] != "manual":
        try:
            metric(item.get("metric", ""))
        except UnknownMetric as error:
            raise StandardRefused(f"{where}：{error}") from None
    if Decimal(str(item.get("target", 100))) <= 0:
        raise StandardRefused(f"{where}的目标值应大于零。")
    if definition["kind"] == Standard.Kind.HUNDRED and Decimal(str(item.get("points", 0))) <= 0:
        raise StandardRefused(f"{where}没有写分值，或分值不大于零。")


def _check_sum(definition: dict, title: str):
    total = sum((Decimal(str(item["points"])) for item in definition["items"]), Decimal(0))
    if total != FULL_MARKS:
        raise StandardRefused(f"{title}各项分值之和是 {total.normalize():f}，应正好是 100。请调整各项分值。")


def parse(definition: dict) -> Definition:
    return Definition(
        code=definition["code"],
        title=definition["title"],
        source=definition["source"],
        kind=definition["kind"],
        sections=tuple((each["code"], each["name"]) for each in definition.get("sections", [])),
        items=tuple(_item(each) for each in definition["items"]),
        bonuses=tuple(_item(each) for each in definition.get("bonuses", [])),
        penalties=tuple(_item(each) for each in definition.get("penalties", [])),
        bands=tuple((each["name"], Decimal(str(each["from"]))) for each in definition.get("bands", [])),
        bonus_cap=Decimal(str(definition.get("bonus_cap", 0))),
        penalty_cap=Decimal(str(definition.get("penalty_cap", 0))),
        deciding_section=definition.get("deciding_section", ""),
    )


def _item(each: dict) -> Item:
    amounts = {name: Decimal(str(each[name])) for name in ("target", "each", "at_least", "out_of") if name in each}
    pairs = {
        "deductions": tuple((Decimal(str(p["over"])), Decimal(str(p["points"]))) for p in each.get("deductions", [])),
        "steps": tuple((Decimal(str(p["from"])), Decimal(str(p["points"]))) for p in each.get("steps", [])),
    }
    texts = {name: each[name] for name in ("clause", "empty") if name in each}
    return Item(
        code=each["code"],
        name=each["name"],
        section=each.get("section", ""),
        points=Decimal(str(each.get("points", 1))).quantize(Decimal("0.01")),
        scoring=each["scoring"],
        metric=each.get("metric", ""),
        **amounts,
        **pairs,
        **texts,
    )


def _is_frozen(standard: Standard) -> bool:
    """Whether a published round rests on it."""
    return any(
        model.objects.filter(standard=standard, state=RoundState.PUBLISHED).exists() for model in (Run, Appraisal)
    )


def store_standard(definition: dict) -> tuple[Standard, str]:
    """Keep the edition: (standard, what happened). An edition a published round used is never changed."""
    digest = definition_hash(definition)
    known = Standard.objects.filter(code=definition["code"]).first()
    if known is not None and known.content_hash == digest:
        return known, "没有变化"
    if known is not None and _is_frozen(known):
        raise StandardRefused(
            f"标准 {known.code} 已用于公布的考核，不能再改。请换一个代号（例如 {known.code}_2）作为新的版本装入。"
        )
    fields = {
        "title": definition["title"],
        "kind": definition["kind"],
        "subject": definition.get("subject", "body"),
        "body_kind": definition.get("body_kind", ""),
        "level": definition.get("level"),
        "applies_from": definition["applies_from"],
        "definition": definition,
        "content_hash": digest,
    }
    standard, created = Standard.objects.update_or_create(code=definition["code"], defaults=fields)
    return standard, "新装入" if created else "已更新"
