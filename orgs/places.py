"""Finding the body a roster row belongs to, among the bodies its importer may write for and no others."""

import functools
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Length, NullIf, Substr

from orgs.models import BodyKind, FormerName, Level, Organisation
from orgs.naming import proper_name

FORMER_NAMES_TOLD = 20
NOT_FOUND = "在您负责的范围内找不到{name}。请核对名称或区划代码，写法以下载的模板为准。"


@dataclass(frozen=True)
class Place:
    """What an import needs of a body."""

    pk: int
    path: str
    label: str
    code: str
    level: int
    place_kind: str
    township: str


class WrittenPlace(NamedTuple):
    """A body as the three columns of a roster name it."""

    township: str
    village: str
    code: str


class Unfound(Exception):
    """The names and code of a row name no body in scope, or more than one; the message says which and what to do."""


class Places:
    """Live bodies of some levels below `paths`, found by code, or by township and village name."""

    def __init__(self, bodies, levels=(Level.VILLAGE,)):
        rows = bodies.filter(body_kind__in=[BodyKind.FEDERATION, BodyKind.VILLAGE_ASSOCIATION], abolished_on=None)
        self.by_pk: dict[int, Place] = {}
        self.by_code: dict[str, Place] = {}
        self._by_name: dict[str, list[Place]] = {}
        self._by_proper_name: dict[str, list[Place]] = {}
        self._above: dict[str, set[str]] = {}
        self._bodies = rows
        steplen = Organisation.steplen
        names_of_path = {}
        labels = {}
        fields = ("pk", "path", "short_name", "name", "code", "level", "place_kind")
        for pk, path, short_name, name, code, level, place_kind in rows.order_by("path").values_list(*fields):
            labels[path] = short_name or name
            above = labels.get(path[:-steplen], "") if level == Level.VILLAGE else ""
            place = Place(pk, path, short_name or name, code, level, place_kind, above)
            names_of_path[path] = {_folded(short_name), _folded(name), proper_name(short_name or name)}
            if level not in levels:
                continue
            self.by_pk[pk] = place
            if code:
                self.by_code.setdefault(code, place)
            above = (names_of_path.get(path[:end]) for end in range(steplen, len(path), steplen))
            self._above[path] = set().union(*(names for names in above if names))
            for written in {_folded(short_name), _folded(name)} - {""}:
                self._by_name.setdefault(written, []).append(place)
            self._by_proper_name.setdefault(proper_name(short_name or name), []).append(place)
        self._known: dict[tuple[str, str, str], Place | str] = {}
        # What was asked → the former name that found it.
        self.by_former_name: dict[tuple[str, str, str], str] = {}

    @classmethod
    def of_import(cls, roster_import, user, levels=(Level.VILLAGE,)):
        """The bodies that both the importer and the import may write for; asked anew every time."""
        bodies = Organisation.objects.visible_to(user, "rosters.import").under(roster_import.organisation.path)
        return cls(bodies, levels)

    def choices(self) -> list[tuple[str, str, str]]:
        """(township, village, code) of every body, as a template offers them."""
        return [
            (place.township, place.label, place.code) if place.level == Level.VILLAGE else (place.label, "", place.code)
            for place in self.by_pk.values()
        ]

    def find(self, township: str, village: str, code: str = "") -> Place:
        """The body named. Raises Unfound with the sentence for the row."""
        asked = (township, village, code)
        found = self._known.get(asked)
        if found is None:
            found = self._known[asked] = self._find(*asked)
        if isinstance(found, str):
            raise Unfound(found)
        return found

    def _find(self, township: str, village: str, code: str) -> Place | str:
        if code:
            place = self.by_code.get(code)
            if place is None:
                return NOT_FOUND.format(name=f"区划代码 {code} 的机构")
            if village and not self._is_called(place, village):
                if proper_name(village) not in self._former_names.get(place.path, ()):
                    return f"区划代码 {code} 是“{place.label}”，与填写的“{village}”不一致。请改正其中一项。"
                self.by_former_name[township, village, code] = village
            return place
        if not village and not township:
            return "没有填写机构。请填区划代码，或填乡镇和村（社区）的名称。"
        if not village:
            return self._find_township(township)
        wanted = village
        shown = f"“{township} {village}”".replace(" ”", "”") if township else f"“{village}”"
        candidates = self._by_name.get(_folded(wanted)) or self._by_proper_name.get(proper_name(wanted), [])
        candidates = [place for place in candidates if place.level == Level.VILLAGE]
        if township:
            candidates = [place for place in candidates if self._lies_in(place, township)]
        if not candidates:
            return self._find_by_former_name(township, village, shown)
        if len(candidates) > 1:
            return f"有 {len(candidates)} 个机构叫{shown}。请填写乡镇（街道）名称或 12 位区划代码来区分。"
        return candidates[0]

    def _find_township(self, township: str) -> Place | str:
        if all(place.level == Level.VILLAGE for place in self.by_pk.values()):
            return "没有填写村（社区）。请填写名称，写法以下载的模板为准。"
        named = self._by_name.get(_folded(township)) or self._by_proper_name.get(proper_name(township), [])
        named = [place for place in named if place.level == Level.TOWNSHIP]
        if not named:
            return self._find_by_former_name(township, "", f"“{township}”")
        return named[0] if len(named) == 1 else NOT_FOUND.format(name=f"“{township}”")

    @functools.cached_property
    def _former_names(self) -> dict[str, set[str]]:
        """Path of a body in the area → what it was called before, as names are compared."""
        # Not narrowed anew: the bodies are those that importer and import may write for, and those above them.
        rows = FormerName.objects.filter(organisation__in=self._bodies).values_list("organisation__path", "name")
        result: dict[str, set[str]] = {}
        for path, name in rows:
            result.setdefault(path, set()).add(proper_name(_folded(name)))
        return result

    def _find_by_former_name(self, township: str, village: str, shown: str) -> Place | str:
        """The body that was called so before: itself, or the township it lies in, or both."""
        level = Level.VILLAGE if village else Level.TOWNSHIP
        written = proper_name(_folded(village or township))
        found = []
        for place in self.by_pk.values():
            if place.level != level:
                continue
            was = written in self._former_names.get(place.path, ())
            if village and not was and not self._is_called(place, village):
                continue
            if not (village and township) or self._lies_in(place, township) or self._lay_in(place, township):
                found.append((place, was))
        if not found:
            return NOT_FOUND.format(name=shown)
        if len(found) > 1:
            names = "、".join(f"{place.township} {place.label}".strip() for place, _ in found[:5])
            return f"{shown}是 {len(found)} 个机构的曾用名：{names}。请改写现在的名称，或填 12 位区划代码。"
        place, was = found[0]
        self.by_former_name[township, village, ""] = (village or township) if was else township
        return place

    def _lay_in(self, place: Place, township: str) -> bool:
        """Whether the body lies in what was called `township` before."""
        above = place.path[: -Organisation.steplen]
        return proper_name(_folded(township)) in self._former_names.get(above, ())

    def _is_called(self, place: Place, written: str) -> bool:
        return proper_name(place.label) == proper_name(written)

    def _lies_in(self, place: Place, township: str) -> bool:
        above = self._above[place.path]
        return _folded(township) in above or proper_name(township) in above


class WrittenPlaces(dict):
    """Pk of a body → township, village and code as a roster writes them: one query for all `bodies` (their pks)."""

    def __init__(self, bodies):
        super().__init__(self._of(Organisation.objects.filter(pk__in=bodies)))

    def __missing__(self, pk: int) -> WrittenPlace:
        # The row moved to another body while the file was being written.
        self.update(self._of(Organisation.objects.filter(pk=pk)))
        return dict.__getitem__(self, pk)

    @staticmethod
    def _of(bodies) -> dict[int, WrittenPlace]:
        above = Organisation.objects.filter(path=OuterRef("parent_path")).order_by()
        label = Coalesce(NullIf("short_name", Value("")), "name")
        rows = bodies.order_by().annotate(
            parent_path=Substr("path", 1, Length("path") - Organisation.steplen),
            label_here=label,
            label_above=Subquery(above.annotate(label_here=label).values("label_here")[:1]),
        )
        return {
            pk: WrittenPlace(above or "", here, code) if level == Level.VILLAGE else WrittenPlace(here, "", code)
            for pk, level, here, above, code in rows.values_list("pk", "level", "label_here", "label_above", "code")
        }


def find_all(table, places: Places):
    """Set each row's place by its columns township, village and division_code, refusing rows that name none."""
    former: dict[tuple, list[int]] = {}
    asked = zip(table.column("township"), table.column("village"), table.column("division_code"), strict=True)
    column = next(name for name in ("village", "division_code", "township") if table.has(name))
    found: dict[tuple, int | str] = {}
    for index, names in enumerate(asked):
        place = found.get(names)
        if place is None:
            try:
                place = places.find(*names).pk
            except Unfound as error:
                place = str(error)
            found[names] = place
        if isinstance(place, str):
            table.refuse(index, column, place)
        else:
            table.places[index] = place
            if names in places.by_former_name:
                former.setdefault(names, []).append(index)
    for names, indexes in list(former.items())[:FORMER_NAMES_TOLD]:
        rows = "、".join(str(table.rows[index]) for index in indexes[:5])
        place = places.by_pk[found[names]]
        now = f"{place.township} {place.label}".strip()
        more = f"等 {len(indexes)} 行" if len(indexes) > 5 else ""
        table.notices.append(f"第 {rows} 行{more}的“{places.by_former_name[names]}”按曾用名对应，现在是“{now}”。")


def _folded(name: str) -> str:
    return name.replace(" ", "").translate(str.maketrans("（）", "()"))
