"""What a body must have, by its kind and level: posts filled, regulations in force, associations set up.

The lists are policy, kept as text in orgs/policies; a mistake in them stops the program with a sentence.
"""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from orgs.models import AssociationCategory, BodyKind, Level, Post, RegulationKind

EDITION = "requirements_2012"
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


def requirements_for(body_kind: str, level: int) -> Requirement:
    """What bodies of this kind and level must have; NOTHING_REQUIRED where the policy says nothing of them."""
    table = load_requirements()
    return table.get((body_kind, int(level))) or table.get((body_kind, None)) or NOTHING_REQUIRED


def all_requirements() -> list[tuple[str, int | None, Requirement]]:
    """(body kind, level or None for any, requirement) of every entry of the policy."""
    return [(kind, level, requirement) for (kind, level), requirement in load_requirements().items()]


@functools.cache
def load_requirements(edition: str = EDITION) -> dict[tuple[str, int | None], Requirement]:
    path = _POLICIES / f"{edition}.toml"
    return read_requirements(tomllib.loads(path.read_text(encoding="utf-8")), path.name)


def read_requirements(policy: dict, file_name: str) -> dict[tuple[str, int | None], Requirement]:
    """{(body kind, level or None for any): Requirement}, every word of it checked."""
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
    return table


def _check(is_right: bool, where: str, name: str, value):
    if not is_right:
        raise PolicyBroken(f"{where}的 {name} 写的是“{value}”，系统中没有这一项。请改正政策文件。")
