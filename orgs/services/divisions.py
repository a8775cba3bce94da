"""Loading a list of divisions: the places, and a body for each place that has one."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from django.db import transaction
from django.db.models import F

from federation.shared import audit
from federation.shared.pinyin import place_pinyin_of
from orgs.bulk import insert_rows, lock_for_loading, next_id
from orgs.division_files import DivisionRow, DivisionsRefused, Problems
from orgs.division_tree import DivisionTree, Node, last_root_step, last_steps, path_below
from orgs.models import Division, Organisation
from orgs.naming import body_kind_of, body_name, place_kind_of, place_name

DIFFERENCES_KEPT = 20


@dataclass
class LoadResult:
    """What a load did, in numbers; `differences` are rows the system knows otherwise (left as they are)."""

    rows: int = 0
    divisions: int = 0
    organisations: int = 0
    without_body: int = 0
    differing: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.divisions or self.organisations)

    def sentences(self) -> list[str]:
        """The result in words."""
        told = []
        if self.changed:
            told.append(
                f"读取 {self.rows:,} 行，新装入区划 {self.divisions:,} 个，新建机构 {self.organisations:,} 个。"
            )
        else:
            told.append(f"读取 {self.rows:,} 行，系统里都已经有了，没有改动任何内容。")
        if self.without_body:
            told.append(f"其中 {self.without_body:,} 个区划不设机构（“市辖区”一类只用于编码，或与上级是同一个地方）。")
        if self.differing:
            told.append(f"有 {self.differing:,} 行与系统里的不同，没有改动。更名、合并、划转请按机构调整办理。例如：")
            told.extend(self.differences)
        return told

    def as_json(self) -> dict:
        return asdict(self)


def load_divisions(*, rows: Iterable[DivisionRow], by, under: str | None = None) -> LoadResult:
    """Store what is new in a list of divisions, with a body per place; what is stored already stays as it is.

    `under` is a division code: only that place, what is below it and what leads up to it is loaded. `by` may add
    bodies only below those it manages; None (the command) anywhere. Raises DivisionsRefused, nothing stored.
    """
    with transaction.atomic():
        lock_for_loading(Division, Organisation)
        tree = DivisionTree().read(rows)
        if under and not tree.narrowed_to(under):
            raise DivisionsRefused(f"清单里没有代码为 {under} 的区划，没有装入任何内容。请核对 12 位代码。")
        nodes = tree.in_order()
        result = LoadResult(rows=sum(node.row is not None for node in nodes))
        for row, stored in tree.differences():
            result.differing += 1
            if result.differing <= DIFFERENCES_KEPT:
                result.differences.append(f"第 {row.number} 行 {row.name}（{row.code}）：{stored}。")
        fresh = [node for node in nodes if node.division_id is None]
        uncovered = [node for node in nodes if node.body_id is None and node.is_covered()]
        result.without_body = sum(node.body_id is None and not node.is_covered() for node in nodes)
        if by is not None:
            _check_scope(uncovered, by)
        result.divisions = _insert_divisions(fresh)
        _adopt(nodes, {id(node) for node in fresh})
        result.organisations = _insert_bodies(uncovered, by)
        if result.changed:
            audit.record("divisions.loaded", actor=by, details=result.as_json() | {"under": under or ""})
    return result


def _check_scope(nodes: list[Node], by):
    """Every new body hangs, directly or through other new ones, below a body that `by` manages."""
    paths = [scope.path for scope in by.scopes("organisations.manage")]
    new = {id(node) for node in nodes}
    problems = Problems()
    for node in nodes:
        above = node.parent
        while above is not None and above.body_id is None and id(above) not in new:
            above = above.parent
        if above is not None and (id(above) in new or any(above.path.startswith(path) for path in paths)):
            continue
        number = node.row.number if node.row else 0
        problems.add(number, "上级代码", f"{node.name}不在您负责的范围内。", "请只装入本单位以下的区划。")
    problems.refuse_if_any()


def _insert_divisions(nodes: list[Node]) -> int:
    if not nodes:
        return 0
    for number, node in enumerate(nodes, start=next_id(Division)):
        node.division_id = number
    rows = (
        (node.division_id, node.level, node.code, node.name, node.parent.division_id if node.parent else None)
        for node in nodes
    )
    return insert_rows(Division, ("id", "level", "code", "name", "parent_id"), rows)


def _adopt(nodes: list[Node], fresh: set[int]):
    """Bodies that were set up by hand before the list came are bound to their division."""
    for node in nodes:
        if id(node) in fresh and node.body_id is not None:
            Organisation.objects.filter(pk=node.body_id, division=None).update(division=node.division_id)


def _insert_bodies(nodes: list[Node], by) -> int:
    if not nodes:
        return 0
    new = {id(node) for node in nodes}
    for number, node in enumerate(nodes, start=next_id(Organisation)):
        node.body_id = number
    parents = [(node, node.body_above()) for node in nodes]
    standing = {id(above): above for _, above in parents if above is not None and id(above) not in new}
    last_steps(standing.values())
    root_step = last_root_step()
    for node, above in parents:
        # Nodes come from the top down, so a parent's path is known before its children ask for it.
        if above is None:
            root_step += 1
            node.path = path_below("", root_step)
            continue
        above.last_step = (above.last_step or 0) + 1
        above.children += 1
        node.path = path_below(above.path, above.last_step)
    _raise_counts([above for above in standing.values() if above.children])
    names = (
        *("id", "path", "depth", "numchild", "name", "short_name", "name_pinyin", "name_initials", "level"),
        *("body_kind", "place_kind", "division_id", "code", "created_by_id"),
    )
    account = getattr(by, "pk", None)
    return insert_rows(Organisation, names, (_body_row(node, account) for node in nodes))


def _body_row(node: Node, account) -> tuple:
    name, place = body_name(node.level, node.name), place_name(node.level, node.name)
    pinyin, initials = place_pinyin_of(place)
    return (
        *(node.body_id, node.path, len(node.path) // Organisation.steplen, node.children, name, place[:50]),
        *(pinyin[:300], initials[:100], node.level, str(body_kind_of(node.level))),
        *(str(place_kind_of(node.level, node.name, node.code)), node.division_id, node.code, account),
    )


def _raise_counts(parents: list[Node]):
    by_count: dict[int, list[int]] = {}
    for parent in parents:
        by_count.setdefault(parent.children, []).append(parent.body_id)
    for count, numbers in by_count.items():
        for start in range(0, len(numbers), 5000):
            chosen = Organisation.objects.filter(pk__in=numbers[start : start + 5000])
            chosen.update(numchild=F("numchild") + count)
