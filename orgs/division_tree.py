"""What a list of divisions means against what is stored: parents, what is new, and where each new body hangs.

Everything is worked out in memory; treebeard's own loader makes six queries a node.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Max
from django.db.models.functions import Substr

from orgs.division_files import DivisionRow, Problems
from orgs.models import Division, Level, Organisation
from orgs.naming import PLACEHOLDERS

CHUNK = 5000
Key = tuple[int, str]


class Node:
    """A division, stored or to be stored, with the body that covers it (if one does)."""

    __slots__ = (
        *("level", "code", "name", "row", "parent", "division_id", "stored_parent_id"),
        *("body_id", "path", "children", "last_step"),
    )

    def __init__(self, level: int, code: str, name: str):
        self.level = level
        self.code = code
        self.name = name
        self.row: DivisionRow | None = None
        self.parent: Node | None = None
        self.division_id: int | None = None
        self.stored_parent_id: int | None = None
        self.body_id: int | None = None
        self.path = ""
        # Bodies added below this one by the load, and the number of the last step taken below it.
        self.children = 0
        self.last_step: int | None = None

    @property
    def key(self) -> Key:
        return self.level, self.code

    def is_covered(self) -> bool:
        """Whether a body covers the place: not where a row only repeats the one above it or only carries codes."""
        if self.name in PLACEHOLDERS:
            return False
        return self.parent is None or self.parent.code != self.code or self.parent.name != self.name

    def body_above(self) -> "Node | None":
        """The nearest node above that has a body, or will have."""
        node = self.parent
        while node is not None and node.body_id is None:
            node = node.parent
        return node


@dataclass
class DivisionTree:
    """The nodes of a list and those stored that it touches, by (level, code)."""

    nodes: dict[Key, Node] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)

    def read(self, rows: Iterable[DivisionRow]) -> "DivisionTree":
        rows = list(rows)
        self._take_rows(rows)
        self.problems.refuse_if_any()
        stored = self._take_stored(rows)
        self._find_parents(rows)
        self.problems.refuse_if_any()
        self._climb(stored)
        self._take_bodies()
        return self

    def _take_rows(self, rows: list[DivisionRow]):
        for row in rows:
            node = Node(row.level, row.code, row.name)
            node.row = row
            other = self.nodes.setdefault(node.key, node)
            if other is not node:
                message = f"{Level(row.level).label}的 {row.code} 与第 {other.row.number} 行重复。"
                self.problems.add(row.number, "区划代码", message, "请删去其中一行，或改正代码、级别。")

    # --- what is stored -----------------------------------------------------------------------------

    def _take_stored(self, rows: list[DivisionRow]) -> dict[int, Node]:
        """Mark nodes that are stored and add stored ones that rows name as parents; by their id."""
        wanted: dict[int, set[str]] = {level: set() for level in Level.values}
        for row in rows:
            wanted[row.level].add(row.code)
            if row.parent_code:
                for level in range(1, row.level):
                    wanted[level].add(row.parent_code)
        found: dict[int, Node] = {}
        # By level, because the index on (level, code) begins with it.
        for level, codes in wanted.items():
            for chunk in _chunks(sorted(codes)):
                self._mark_stored(Division.objects.filter(level=level, code__in=chunk), found)
        return found

    def _mark_stored(self, divisions, found: dict[int, Node]):
        for number, level, code, name, parent_id in divisions.values_list("id", "level", "code", "name", "parent_id"):
            node = self.nodes.get((level, code))
            if node is None:
                node = self.nodes[level, code] = Node(level, code, name)
            elif node.name != name:
                # The stored name and place stand; what the list says differently is told, not done.
                node.name = name
            node.division_id, node.stored_parent_id = number, parent_id
            found[number] = node

    def _climb(self, stored: dict[int, Node]):
        """Parents of the stored nodes, up to the root: a body is looked for there."""
        while missing := {node.stored_parent_id for node in stored.values()} - stored.keys() - {None}:
            for chunk in _chunks(sorted(missing)):
                self._mark_stored(Division.objects.filter(pk__in=chunk), stored)
        for node in stored.values():
            node.parent = stored.get(node.stored_parent_id)

    def _take_bodies(self):
        """Bodies of stored divisions, and bodies set up by hand that have the code but no division yet."""
        by_division = {node.division_id: node for node in self.nodes.values() if node.division_id}
        for chunk in _chunks(sorted(by_division)):
            for number, path, division in Organisation.objects.filter(division__in=chunk).values_list(
                "id", "path", "division_id"
            ):
                by_division[division].body_id, by_division[division].path = number, path
        by_hand = Organisation.objects.filter(division=None, federation=None).exclude(code="")
        for number, path, level, code in by_hand.values_list("id", "path", "level", "code"):
            node = self.nodes.get((level, code))
            if node is not None and node.body_id is None:
                node.body_id, node.path = number, path

    # --- parents ------------------------------------------------------------------------------------

    def _find_parents(self, rows: list[DivisionRow]):
        top = min(row.level for row in rows)
        for row in rows:
            if row.parent_code:
                self.nodes[row.level, row.code].parent = self._parent_of(row)
            elif row.level > top:
                message = f"{row.name}没有填写上级，而它不是最高一级。"
                self.problems.add(row.number, "上级代码", message, "请填上级的 12 位区划代码。")

    def _parent_of(self, row: DivisionRow) -> Node | None:
        for level in range(row.level - 1, 0, -1):
            parent = self.nodes.get((level, row.parent_code))
            if parent is not None:
                return parent
        if self._is_cycle(row):
            message = f"上级 {row.parent_code} 又在 {row.code} 的下面，成了循环。"
            self.problems.add(row.number, "上级代码", message, "请核对这几行的上级代码。")
        elif any((level, row.parent_code) in self.nodes for level in range(row.level, Level.VILLAGE + 1)):
            message = f"上级 {row.parent_code} 的级别不比本行高。"
            self.problems.add(row.number, "上级代码", message, "请核对两行的级别和上级代码。")
        else:
            message = f"找不到上级 {row.parent_code}，清单里和系统里都没有。"
            self.problems.add(row.number, "上级代码", message, "请补上上级那一行，或改正上级代码。")
        return None

    def _is_cycle(self, row: DivisionRow) -> bool:
        """Whether going up by code alone comes back to this row."""
        code, seen = row.parent_code, set()
        while code and code not in seen:
            if code == row.code:
                return True
            seen.add(code)
            levels = (self.nodes.get((level, code)) for level in Level.values)
            above = next((node.row for node in levels if node is not None and node.row is not None), None)
            code = above.parent_code if above else ""
        return False

    # --- answers ------------------------------------------------------------------------------------

    def narrowed_to(self, code: str) -> bool:
        """Keep the place with this code, everything below it and what leads up to it; False where it is unknown."""
        inside = {}
        for node in sorted(self.nodes.values(), key=lambda each: each.level):
            inside[node.key] = node.code == code or (node.parent is not None and inside[node.parent.key])
        keep = {key for key, is_inside in inside.items() if is_inside}
        for key in list(keep):
            node = self.nodes[key].parent
            while node is not None and node.key not in keep:
                keep.add(node.key)
                node = node.parent
        self.nodes = {key: node for key, node in self.nodes.items() if key in keep}
        return bool(keep)

    def in_order(self) -> list[Node]:
        """From the top down, by code: the same tree whatever the order of the file."""
        return sorted(self.nodes.values(), key=lambda node: (node.level, node.code))

    def differences(self) -> Iterator[tuple[DivisionRow, str]]:
        """Rows whose stored division has another name or parent, each with what is stored."""
        for node in self.in_order():
            if node.row is None or node.division_id is None:
                continue
            if node.row.name != node.name:
                yield node.row, f"系统里的名称是“{node.name}”"
            elif node.row.parent_code and node.parent is not None and node.row.parent_code != node.parent.code:
                yield node.row, f"系统里的上级是“{node.parent.name}”（{node.parent.code}）"


def last_steps(parents: Iterable[Node]) -> None:
    """Set `last_step` of parents that are stored: the last step taken below each, 0 where there is none."""
    by_depth: dict[int, dict[str, Node]] = {}
    for node in parents:
        node.last_step = 0
        by_depth.setdefault(len(node.path) // Organisation.steplen, {})[node.path] = node
    for depth, nodes in by_depth.items():
        below = Organisation.objects.filter(depth=depth + 1).annotate(
            above=Substr("path", 1, depth * Organisation.steplen)
        )
        for chunk in _chunks(sorted(nodes)):
            lasts = below.filter(above__in=chunk).order_by().values_list("above").annotate(last=Max("path"))
            for above, last in lasts:
                nodes[above].last_step = Organisation._str2int(last[-Organisation.steplen :])


def last_root_step() -> int:
    last = Organisation.objects.filter(depth=1).aggregate(last=Max("path"))["last"]
    return Organisation._str2int(last) if last else 0


def path_below(path: str, step: int) -> str:
    return Organisation._get_path(path, len(path) // Organisation.steplen + 1, step)


def _chunks(values: list) -> Iterator[list]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
