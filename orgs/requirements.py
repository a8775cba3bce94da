"""What a body must have in a year, by its kind and level: posts filled, regulations in force, associations set up.

The lists are policy, kept as text in orgs/policies: every file requirements_*.toml is an edition and says from which
year it applies, so that an earlier year is always judged by what was asked then. A mistake in them stops the program
with a sentence.
"""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from orgs.models import AssociationCategory, BodyKind, Level, Post, RegulationKind

_POLICIES = Path(__file__).parent / "policies"
_VOCABULARY = {"posts": Post, "regulations": RegulationKind, "associations": AssociationCategory}


class PolicyBroken(ValueError):
    """A policy file says something that does not exist; the message names the file and the word."""


@dataclass(frozen=True)
class Requirement:
    """Values of Post, RegulationKind and AssociationCategory, in the order of the policy."""

    label: str
    posts: tuple[str, ...] = ()
    regulations: tuple[str, ...] = ()
    associations: tuple[str, ...] = ()


NOTHING_REQUIRED = Requirement(label="")


@dataclass(frozen=True)
class Edition:
    """One file of the policy: `table` is {(body kind, level or None for any): Requirement}."""

    name: str
    applies_from: int
    table: dict[tuple[str, int | None], Requirement]


def requirements_for(body_kind: str, level: int, year: int) -> Requirement:
    """What bodies of this kind and level must have in `year`; NOTHING_REQUIRED where the policy says nothing."""
    return _required(_POLICIES, body_kind, int(level), year)


@functools.cache
def _required(folder: Path, body_kind: str, level: int, year: int) -> Requirement:
    table = _in_force(folder, year)
    return table.get((body_kind, level)) or table.get((body_kind, None)) or NOTHING_REQUIRED


def all_requirements(year: int) -> list[tuple[str, int | None, Requirement]]:
    """(body kind, level or None for any, requirement) of every entry of the policy in force in `year`."""
    return [(kind, level, requirement) for (kind, level), requirement in _in_force(_POLICIES, year).items()]


def _in_force(folder: Path, year: int) -> dict[tuple[str, int | None], Requirement]:
    """The table of the latest edition that applies by `year`; before the first one nothing is required."""
    return next((edition.table for edition in reversed(editions(folder)) if edition.applies_from <= year), {})


@functools.cache
def editions(folder: Path) -> tuple[Edition, ...]:
    """Every edition in `folder`, the earliest first."""
    found: dict[int, Edition] = {}
    for path in sorted(folder.glob("requirements_*.toml")):
        edition = read_edition(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
        known = found.setdefault(edition.applies_from, edition)
        if known is not edition:
            raise PolicyBroken(
                f"{known.name} 和 {edition.name} 都从 {edition.applies_from} 年起用，不知道以哪一份为准。"
                "请改正其中一份的 applies_from。"
            )
    return tuple(found[year] for year in sorted(found))


def read_edition(policy: dict, file_name: str) -> Edition:
    """The edition in `policy`, every word of it checked."""
    applies_from = policy.get("applies_from")
    if type(applies_from) is not int:
        raise PolicyBroken(f"{file_name} 没有写明从哪一年起用。请补上 applies_from（年份，例如 2027）。")
    table = {}
    for number, entry in enumerate(policy["bodies"], start=1):
        where = f"{file_name} 第 {number} 组"
        _check(entry["body_kind"] in BodyKind.values, where, "body_kind", entry["body_kind"])
        level = entry.get("level")
        _check(level is None or level in Level.values, where, "level", level)
        for name, words in _VOCABULARY.items():
            for value in entry.get(name, []):
                _check(value in words.values, where, name, value)
        key = (entry["body_kind"], level)
        _check(key not in table, where, "body_kind, level", "重复")
        table[key] = Requirement(entry["label"], *(tuple(entry.get(name, [])) for name in _VOCABULARY))
    return Edition(file_name, applies_from, table)


def _check(is_right: bool, where: str, name: str, value):
    if not is_right:
        raise PolicyBroken(f"{where}的 {name} 写的是“{value}”，系统中没有这一项。请改正政策文件。")
