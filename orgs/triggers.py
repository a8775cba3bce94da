"""The database itself refuses a second paid post at once without a permit that names the person and the body.

Put in force by a migration (federation.shared.guards); one that rebuilds the table of tenures, as SQLite does for most
changes of a column, must call `GUARD.create` again.
"""

from federation.shared.guards import POSTGRESQL_REFUSES, SQLITE_REFUSES, Guard
from orgs.models import PAID_POSTS

TENURE, PERMIT, WORKER = "orgs_tenure", "orgs_secondpostpermit", "orgs_worker"
REFUSAL = "此人在这段时间已有一个受聘岗位；系统管理员写明原因准许后才能登记第二个"
_COLUMNS = "worker_id, organisation_id, post, started_on, ended_on, permit_id"
_EVENTS = {"tenure_one_paid_post_insert": "INSERT", "tenure_one_paid_post_update": f"UPDATE OF {_COLUMNS}"}
_PAID = ", ".join(f"'{post}'" for post in PAID_POSTS)
# A day after every other, in the order of dates and of their texts alike.
_OTHER = (
    f"EXISTS (SELECT 1 FROM {TENURE} other WHERE other.worker_id = NEW.worker_id AND other.id <> NEW.id "  # noqa: S608
    f"AND other.post IN ({_PAID}) AND other.permit_id IS NULL "
    "AND other.started_on <= COALESCE(NEW.ended_on, '9999-12-31') "
    "AND NEW.started_on <= COALESCE(other.ended_on, '9999-12-31'))"
)
_FITS = (
    f"EXISTS (SELECT 1 FROM {PERMIT} permit WHERE permit.id = NEW.permit_id "  # noqa: S608
    "AND permit.worker_id = NEW.worker_id AND permit.organisation_id = NEW.organisation_id)"
)
_REFUSES = (
    f"NEW.post IN ({_PAID}) AND ((NEW.permit_id IS NULL AND {_OTHER}) OR (NEW.permit_id IS NOT NULL AND NOT {_FITS}))"
)

GUARD = Guard(
    sqlite={
        # After the row is there: the key of a new one is not known before.
        name: f"CREATE TRIGGER {name} AFTER {event} ON {TENURE} WHEN {_REFUSES} {SQLITE_REFUSES.format(REFUSAL)}"
        for name, event in _EVENTS.items()
    },
    postgresql={
        name: (
            TENURE, f"BEFORE {event} ON {{table}} FOR EACH ROW WHEN (NEW.post IN ({_PAID}))", "orgs_one_paid_post",
        )
        for name, event in _EVENTS.items()
    },
    # The person's row puts two who engage the same person in line; then what the other stored is seen.
    functions=f"""
        CREATE OR REPLACE FUNCTION orgs_one_paid_post() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM 1 FROM {WORKER} WHERE id = NEW.worker_id FOR NO KEY UPDATE;
          IF {_REFUSES} THEN
            {POSTGRESQL_REFUSES.format(REFUSAL)};
          END IF;
          RETURN NEW;
        END $$
    """,  # noqa: S608
)  # fmt: skip
