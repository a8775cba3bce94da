"""What the roster of organisations says of bodies, written out: by the columns of the roster, read in one query a
table, so that what leaves can be read back in and changes nothing.

Where a body has several of what a row has room for once, the row names the newest budget, volume, target and letter,
and who holds a post the longest.
"""

from orgs.models import (
    ArchiveVolume,
    Budget,
    FormerName,
    LedgerKind,
    Plaque,
    Premises,
    Regulation,
    RegulationKind,
    ResponsibilityLetter,
    Tenure,
    YearlyTarget,
)
from orgs.places import WrittenPlaces

_REGULATIONS = dict(RegulationKind.choices)
_LEDGERS = {value: word.partition(" ")[0] for value, word in LedgerKind.choices}
OWN = ("address", "phone", "established_on", "is_independent", "colocated_with", "party_body", "party_body_on")


class WrittenFacts:
    """Pk of a body → {column of the roster: value}, of `bodies` (a queryset or a list of them)."""

    def __init__(self, bodies, posts):
        self._posts = posts
        pks = [body.pk for body in bodies] if isinstance(bodies, list) else bodies.order_by().values("pk")
        self._places = WrittenPlaces(pks)
        self._former = self._listed(FormerName.objects.filter(organisation__in=pks).order_by("pk"))
        self._plaques = self._last(Plaque.objects.filter(organisation__in=pks, removed_on=None))
        self._premises = self._last(Premises.objects.filter(organisation__in=pks, until=None))
        in_force = Regulation.objects.filter(organisation__in=pks, withdrawn_on=None)
        self._regulations = self._listed(in_force.order_by("issued_on", "pk"))
        self._budgets = self._last(Budget.objects.filter(organisation__in=pks, allocated_amount__isnull=False), "year")
        self._volumes = self._listed(ArchiveVolume.objects.filter(organisation__in=pks).order_by("pk"))
        self._targets = self._last(YearlyTarget.objects.filter(organisation__in=pks), "year")
        self._letters = self._last(ResponsibilityLetter.objects.filter(organisation__in=pks), "year")
        holders = Tenure.objects.filter(organisation__in=pks, ended_on=None, post__in=posts).select_related("worker")
        self._holders = {}
        for tenure in holders.order_by("started_on", "pk"):
            self._holders.setdefault((tenure.organisation_id, tenure.post), tenure)

    @staticmethod
    def _last(rows, *order) -> dict:
        """The row that counts: of the newest year, and the last one recorded."""
        return {row.organisation_id: row for row in rows.order_by(*order, "pk")}

    @staticmethod
    def _listed(rows) -> dict:
        found = {}
        for row in rows:
            found.setdefault(row.organisation_id, []).append(row)
        return found

    def of(self, body) -> dict:
        place = self._places[body.pk]
        values = {"township": place.township, "village": place.village, "division_code": place.code}
        values |= {name: getattr(body, name) for name in OWN}
        values["former_names"] = "、".join(dict.fromkeys(row.name for row in self._former.get(body.pk, ())))
        values |= self._plaque(body.pk) | self._place(body.pk) | self._rules(body.pk) | self._money(body.pk)
        values |= self._archive(body.pk) | self._promises(body.pk)
        for post in self._posts:
            values |= self._holder(body.pk, post)
        return values

    def _plaque(self, pk: int) -> dict:
        row = self._plaques.get(pk)
        return {"plaque_on": row.hung_on, "plaque_wording": row.wording} if row else {}

    def _place(self, pk: int) -> dict:
        row = self._premises.get(pk)
        if row is None:
            return {}
        names = ("use", "address", "area", "holding", "since")
        return {f"premises_{name}": getattr(row, name) for name in names}

    def _rules(self, pk: int) -> dict:
        rows = self._regulations.get(pk)
        if not rows:
            return {}
        kinds = {row.kind for row in rows}
        named = "、".join(word for kind, word in _REGULATIONS.items() if kind in kinds)
        return {"regulations": named, "regulations_on": rows[0].issued_on}

    def _money(self, pk: int) -> dict:
        row = self._budgets.get(pk)
        if row is None:
            return {}
        return {
            "budget_year": str(row.year),
            "budget_source": row.source,
            "allocated": row.allocated_amount,
            "spent": row.spent_amount,
        }

    def _archive(self, pk: int) -> dict:
        rows = self._volumes.get(pk)
        if not rows:
            return {}
        year = max(row.year for row in rows)
        counts = {row.ledger_kind: row.item_count for row in rows if row.year == year}
        named = [f"{word}{counts[kind]}" for kind, word in _LEDGERS.items() if kind in counts]
        return {"archive_year": str(year), "archives": "、".join(named)}

    def _promises(self, pk: int) -> dict:
        target, letter = self._targets.get(pk), self._letters.get(pk)
        said = {"target_year": str(target.year), "target": target.text} if target else {}
        return said | ({"letter_year": str(letter.year), "letter_on": letter.signed_on} if letter else {})

    def _holder(self, pk: int, post: str) -> dict:
        tenure = self._holders.get((pk, post))
        if tenure is None:
            return {}
        return {
            f"{post}_name": tenure.worker.name,
            f"{post}_id": tenure.worker.id_number,
            f"{post}_since": tenure.started_on,
            f"{post}_other_job": tenure.other_job,
        }
