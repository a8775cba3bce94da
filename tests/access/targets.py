"""How the address of each page is built for a body: one line a URL name with arguments, a new page needs one.

`row` names the row (of tests/access/rows.py) that the address points at; it decides whether the page must be
there (200) or not (404) for a subject. `kwargs` builds the address. `data` is what a valid POST would send, as
far as the matrix needs it to get past the form's outline. `expect` overrides the status where the page has a
rule of its own; it takes (grid, subject, place, method) and gives a set of statuses or None.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.access.conftest import MISSING_PK, MISSING_UUID


@dataclass(frozen=True)
class Target:
    row: str
    kwargs: Callable | None = None
    data: Callable | None = None
    expect: Callable | None = None
    # The permission that seeing the row takes, where it is not the model's own.
    seen_by: str = ""

    def row_at(self, place):
        return place.organisation if self.row == "organisation" else place.rows[self.row]

    def kwargs_for(self, place, names) -> dict:
        if self.kwargs is not None:
            return self.kwargs(place)
        row = self.row_at(place)
        return {name: row.uid if name == "uid" else row.pk for name in names}


def missing(kwargs: dict) -> dict:
    """The same address for a row that does not exist."""
    changed = {}
    for name, value in kwargs.items():
        if isinstance(value, int):
            value = MISSING_PK
        elif type(value).__name__ == "UUID":
            value = MISSING_UUID
        changed[name] = value
    return changed


def version_of(name):
    return lambda place: {"version": getattr(place, name).version}


TARGETS = {
    # accounts
    "account-detail": Target("user"),
    "account-edit": Target("user", data=version_of("user")),
    "account-reset-password": Target("user"),
    "account-state": Target("user"),
    "assignment-add": Target("user"),
    "assignment-edit": Target("assignment", data=version_of("assignment")),
    "key-disable": Target("apikey"),
    # audit
    "audit-detail": Target("auditentry"),
    "reveal": Target(
        "disabledperson",
        kwargs=lambda place: {
            "label": "ledgers.disabledperson",
            "uid": place.disabledperson.uid,
            "field": "id_number",
        },
        data=lambda place: {"reason": "核对本人身份证原件"},
    ),
    # jobs
    "job-detail": Target("job"),
    "job-progress": Target("job"),
    "job-cancel": Target("job"),
    "job-retry": Target("job"),
    # persons
    "person-detail": Target("disabledperson"),
    "person-edit": Target("disabledperson", data=version_of("disabledperson")),
    "person-end": Target("disabledperson", data=version_of("disabledperson")),
    "person-history": Target("disabledperson"),
    # REST
    "api-organisation-detail": Target("organisation"),
    "api-run-detail": Target("run"),
}

# Pages that name LOGGED_IN because the verb depends on what is asked for: the verb each address stands for.
VERB_OF = {"reveal": "persons.reveal"}
