"""Who asks and what lies where: an independent account of who may see what."""

from dataclasses import dataclass, field

from django.test import Client

from accounts.models import User
from federation.roles import API_RESOURCES, permissions_of
from ledgers.models import DisabledPerson, Household
from orgs.models import Level, Organisation, Worker
from tests.access.canaries import Aviary
from tests.access.rows import Place
from tests.conftest import World

# What a machine key may read texts of, and by which resource; nobody's texts are among them.
MACHINES_READ = {
    "orgs.organisation": "organisations",
    "assessments.run": "runs",
    "assessments.bodyresult": "results",
    "assessments.arearesult": "compliance",
}


# Seen by who made them; a file that leaves also by its second person.
OWN_ROWS = {"ledgers.persondraft", "shared.exportfile"}


@dataclass
class Subject:
    """Somebody who asks: an account of the cast, a machine key, or nobody."""

    name: str
    user: User | None = None
    secret: str = ""
    anchor: str = ""
    # What counts today: empty where the account is disabled, its time is over or its body is gone.
    assignments: list = field(default_factory=list)
    is_disabled: bool = False

    @property
    def is_machine(self) -> bool:
        return bool(self.secret)

    @property
    def is_logged_in(self) -> bool:
        return self.user is not None and not self.is_disabled


@dataclass
class Grid:
    world: World
    aviary: Aviary
    places: dict = field(default_factory=dict)
    above: dict = field(default_factory=dict)
    subjects: dict = field(default_factory=dict)
    key_of: dict = field(default_factory=dict)
    # {(subject, model): rows outside the subject's scope}, as they stand before and after every request.
    outside: dict = field(default_factory=dict)
    # Bodies that a village left yesterday, and those that a person left; the person at its new body.
    left_by_village: set = field(default_factory=set)
    left_by_person: set = field(default_factory=set)
    moved_person: Place | None = None

    # --- the oracle: parents followed one by one, no paths, no querysets -----------------------------

    def lies_below(self, body: int, anchor: int) -> bool:
        return body == anchor or anchor in self.above[body]

    def holds(self, subject: Subject, permission: str) -> bool:
        return any(permission in self._permissions(each) for each in subject.assignments)

    def _permissions(self, assignment) -> frozenset:
        role, _body = assignment
        return frozenset(f"api.{name}" for name in API_RESOURCES) if role == "machine" else permissions_of(role)

    def covers(self, subject: Subject, permission: str, body: int, row=None) -> bool:
        """Whether the subject holds `permission` at the body (and, for people, for this very person)."""
        for assignment in subject.assignments:
            if permission not in self._permissions(assignment):
                continue
            anchor, category = assignment[1], ""
            association = self.places[self.key_of[anchor]].organisation
            if permission.startswith("persons.") and association.federation_id:
                anchor, category = association.federation_id, association.association_category
            if not self.lies_below(body, anchor):
                continue
            if category and isinstance(row, DisabledPerson) and row.category != category:
                continue
            if category and isinstance(row, Household):
                # It tells of everybody who lives in it, of whatever category.
                continue
            return True
        return False

    def may(self, subject: Subject, permission: str, row) -> bool:
        """Whether `permission` reaches this row, by what the row is."""
        if isinstance(row, Organisation):
            return self.covers(subject, permission, row.pk)
        if isinstance(row, User):
            bodies = [each.organisation_id for each in row.assignments.all()]
            return bool(bodies) and all(self.covers(subject, permission, body) for body in bodies)
        if isinstance(row, Worker):
            bodies = [each.organisation_id for each in row.tenures.all()]
            return any(self.covers(subject, permission, body) for body in bodies)
        if row._meta.label_lower == "shared.job":
            own = subject.user is not None and row.requested_by_id == subject.user.pk
            return (own and self.holds(subject, permission)) or self.covers(subject, "jobs.manage", row.organisation_id)
        if row._meta.label_lower == "assessments.standard":
            return self.holds(subject, permission)
        if row._meta.label_lower == "assessments.run" and self._is_published_to(subject, permission, row):
            return True
        if row._meta.label_lower == "committees.trainingsession" and self._is_invited(subject, permission, row):
            return True
        if row._meta.label_lower == "assessments.appraisal" and self._is_appraised_in(subject, permission, row):
            return True
        if row._meta.label_lower == "ledgers.transfer":
            sides = (row.organisation_id, row.to_organisation_id)
            return any(self.covers(subject, permission, side, row.person) for side in sides)
        if row._meta.label_lower == "ledgers.distinctpair":
            return all(self.covers(subject, permission, each.organisation_id, each) for each in (row.lower, row.higher))
        if row._meta.label_lower == "ledgers.savedfilter":
            own = subject.user is not None and row.user_id == subject.user.pk
            return own and self.holds(subject, permission)
        if row._meta.label_lower in OWN_ROWS:
            own = subject.user is not None and row.created_by_id == subject.user.pk
            answers = row._meta.label_lower == "shared.exportfile" and self._may_answer(subject, row)
            return (own and self.covers(subject, permission, row.organisation_id)) or (answers and not own)
        return self.covers(subject, permission, row.organisation_id, row)

    def _may_answer(self, subject: Subject, export) -> bool:
        """Over what lies below, or for a colleague of the very body."""
        if self.covers(subject, "exports.approve_below", export.organisation_id):
            return True
        at = {body for role, body in subject.assignments if "exports.approve" in permissions_of(role)}
        asked_at = {each.organisation_id for each in export.created_by.assignments.all()}
        return any(self.lies_below(export.organisation_id, body) for body in at & asked_at)

    def _is_invited(self, subject: Subject, permission: str, session) -> bool:
        """Sessions of the bodies above are read by everybody below: they are invited to them."""
        reads = [body for role, body in subject.assignments if "trainings.view" in permissions_of(role)]
        lies_in = any(self.lies_below(body, session.organisation_id) for body in reads)
        return permission == "trainings.view" and lies_in

    def _is_published_to(self, subject: Subject, permission: str, run) -> bool:
        """Whether the run is published over an area in which the subject reads assessments."""
        reads = [body for role, body in subject.assignments if "assessments.view" in permissions_of(role)]
        lies_in = any(self.lies_below(body, run.organisation_id) for body in reads)
        return permission == "assessments.view" and run.state == "published" and lies_in

    def _is_appraised_in(self, subject: Subject, permission: str, appraisal) -> bool:
        """Whether the area appraised is one in which the subject reads appraisals."""
        reads = [body for role, body in subject.assignments if "appraisals.view" in permissions_of(role)]
        lies_in = any(self.lies_below(body, appraisal.organisation_id) for body in reads)
        return permission == "appraisals.view" and lies_in

    def may_read(self, subject: Subject, owner) -> bool:
        """Whether a canary of `owner` may appear in an answer to the subject: any permission that reads its row."""
        if subject.is_machine:
            allowed = MACHINES_READ.get(owner.model._meta.label_lower)
            return allowed is not None and self.covers(subject, f"api.{allowed}", owner.body)
        permission = getattr(owner.model, "view_permission", "organisations.view")
        if owner.model is User:
            # Names of colleagues stand beside what they did; those of strangers do not.
            return any(self.lies_below(owner.body, body) for _role, body in subject.assignments)
        is_result = owner.model._meta.label_lower == "assessments.bodyresult"
        if is_result and self._is_published_to(subject, permission, owner.row.run):
            # Its line of the league.
            return True
        return self.may(subject, permission, owner.row) if owner.row is not None else False

    def rows_outside(self, subject: Subject, model) -> dict[int, str]:
        """{pk: content} of the rows of `model` at bodies that lie below none of the subject's."""
        names = [each.attname for each in model._meta.concrete_fields]
        rows = model._base_manager.filter(organisation__in=self._bodies_outside(subject)).values_list("pk", *names)
        # A blob of PostgreSQL is shown by its address in memory.
        return {
            pk: repr([bytes(each) if isinstance(each, memoryview) else each for each in values]) for pk, *values in rows
        }

    def _bodies_outside(self, subject) -> list[int]:
        # An association officer's area is the federation's, which is what the scope of people says.
        homes = [self.places[self.key_of[body]].organisation for _role, body in subject.assignments]
        anchors = [body.federation_id or body.pk for body in homes]
        return [body for body in self.key_of if not any(self.lies_below(body, anchor) for anchor in anchors)]

    # --- relations ------------------------------------------------------------------------------------

    def relations(self, subject: Subject, row: str = "") -> dict[str, Place | None]:
        """{relation: place}; None stands for a row that does not exist. `row`: of which model one is asked for."""
        related = {"missing": None}
        if not subject.anchor:
            return related | {"own": self.places["village"], "foreign": self.places["other_village"]}
        own = self.places[subject.anchor].organisation
        related["own"] = self.places[subject.anchor]
        children = [place for place in self.places.values() if self.parent(place) == own.pk]
        if children:
            related["child"] = children[0]
            below = [place for place in self.places.values() if self.parent(place) == children[0].organisation.pk]
            if below:
                related["grandchild"] = below[0]
        parent = self.parent(related["own"])
        if parent:
            related["parent"] = self.places[self.key_of[parent]]
            siblings = [p for p in self.places.values() if self.parent(p) == parent and p.organisation.pk != own.pk]
            if siblings:
                related["sibling"] = siblings[0]
        foreign = "village" if subject.anchor.startswith("other_") else "other_village"
        related["foreign"] = self.places[foreign]
        cousin = self._cousin(related["own"])
        if cousin is not None:
            related["cousin"] = cousin
        if own.pk in self.left_by_village:
            related["moved away"] = self.places["moved_village"]
        if own.pk in self.left_by_person and row == "disabledperson":
            related["person moved away"] = self.moved_person
        return related

    def _cousin(self, own: Place) -> Place | None:
        """A body of the same level and kind in another county, for a county in another city."""
        body = own.organisation
        # From a village the county is two steps up; from a township the county, from a county the city, is one.
        steps = 2 if body.level == Level.VILLAGE else 1
        far = [
            place
            for place in self.places.values()
            if (place.organisation.level, place.organisation.body_kind) == (body.level, body.body_kind)
            and place.key not in ("other_village", "moved_village")
            and self._from_above(place, steps) != self._from_above(own, steps)
        ]
        return far[-1] if far else None

    def _from_above(self, place: Place, steps: int) -> int | None:
        above = self.above[place.organisation.pk]
        return above[-steps] if len(above) >= steps else None

    def parent(self, place) -> int | None:
        above = self.above[place.organisation.pk]
        return above[-1] if above else None

    def client(self, subject: Subject) -> Client:
        client = Client(raise_request_exception=False)
        if subject.is_machine:
            client.defaults["HTTP_AUTHORIZATION"] = f"Api-Key {subject.secret}"
        elif subject.user is not None:
            client.force_login(subject.user, backend="django.contrib.auth.backends.ModelBackend")
            client.get("/roles/")
        return client
