"""The bodies an account roster may name: those whose accounts its importer keeps, found by code or name."""

from dataclasses import dataclass

from orgs.models import Organisation

NONE = "在您管理的范围内没有找到“{typed}”。请填写机构全称、简称或 12 位区划代码。"
SEVERAL = "“{typed}”有 {count} 个：{names}。请改填 12 位区划代码，或在“乡镇”列写明乡镇。"
TOLD = 3


@dataclass(frozen=True)
class AccountPlace:
    """What an import needs of a body."""

    pk: int
    path: str
    label: str
    name: str
    code: str
    body_kind: str
    level: int
    above: str


class AccountPlaces:
    """Live bodies below the import's own that `user` keeps accounts for; asked anew every time."""

    def __init__(self, roster_import, user):
        self.user = user
        rows = Organisation.objects.visible_to(user, "accounts.manage").under(roster_import.organisation.path)
        rows = rows.filter(abolished_on=None).order_by("path")
        fields = ("pk", "path", "short_name", "name", "code", "body_kind", "level")
        labels: dict[str, str] = {}
        self.by_pk: dict[int, AccountPlace] = {}
        self._named: dict[str, list[AccountPlace]] = {}
        for pk, path, short_name, name, code, body_kind, level in rows.values_list(*fields):
            labels[path] = short_name or name
            above = labels.get(path[: -Organisation.steplen], "")
            place = AccountPlace(pk, path, short_name or name, name, code, body_kind, level, above)
            self.by_pk[pk] = place
            for word in {name, short_name, code} - {""}:
                self._named.setdefault(word, []).append(place)

    def choices(self) -> list[tuple[str, str, str]]:
        return [(place.above, place.label, place.code) for place in self.by_pk.values()]

    def find(self, typed: str, township: str) -> AccountPlace | str:
        """The body, or the sentence why there is none."""
        found = self._named.get(typed, [])
        if township:
            found = [place for place in found if township in (place.above, place.label)]
        if len(found) == 1:
            return found[0]
        if not found:
            return NONE.format(typed=typed)
        names = "、".join(f"{place.above} {place.label} {place.code}".strip() for place in found[:TOLD])
        return SEVERAL.format(typed=typed, count=len(found), names=names)
