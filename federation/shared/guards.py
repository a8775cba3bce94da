"""Triggers by which the database itself refuses a change, whoever asks through it: one way to put them in force.

What is guarded, and when it is refused, stands in the app that owns the table (audit_triggers, ledgers.summaries.
triggers, committees.triggers, assessments.triggers). A migration calls `create`; a later one that rebuilds a guarded
table must call it again, as SQLite drops the triggers with the table. There is no switch: putting them out of force
takes the owner of the tables, which in production is not the role the application connects with.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

SQLITE_REFUSES = "BEGIN SELECT RAISE(ABORT, '{}'); END"
POSTGRESQL_REFUSES = "RAISE EXCEPTION '{}' USING ERRCODE = 'restrict_violation'"


@dataclass(frozen=True)
class Dialect:
    """What the two databases say differently in a condition over OLD and NEW; where nothing is a value like others."""

    differs: str
    json_text: str

    def differ(self, columns: Iterable[str]) -> str:
        """That one of the columns changes."""
        return " OR ".join(f"OLD.{name} {self.differs} NEW.{name}" for name in columns)

    def text(self, column: str, key: str) -> str:
        """The text under `key` of a JSON column."""
        return self.json_text.format(column=column, key=key)


SQLITE = Dialect("IS NOT", "json_extract({column}, '$.{key}')")
POSTGRESQL = Dialect("IS DISTINCT FROM", "{column} ->> '{key}'")


@dataclass(frozen=True)
class Guard:
    """`sqlite`: {trigger: its whole statement}. `postgresql`: {trigger: (table, when, function)}, `when` as it
    stands between the name and EXECUTE, with {table} for the table; `functions` is what creates the functions."""

    sqlite: dict[str, str]
    postgresql: dict[str, tuple[str, str, str]]
    functions: str = field(repr=False)

    @classmethod
    def of_rules(cls, rules: Callable[[Dialect], dict[str, tuple[str, str, str]]], refusal: str) -> "Guard":
        """From {trigger: (event, table, when it refuses)}, the condition being over OLD and NEW and other tables."""
        sqlite = {
            name: f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {refuses} {SQLITE_REFUSES.format(refusal)}"
            for name, (event, table, refuses) in rules(SQLITE).items()
        }
        # PostgreSQL's triggers need a function each: a trigger's own WHEN may not ask other tables.
        postgresql, functions = {}, []
        for name, (event, table, refuses) in rules(POSTGRESQL).items():
            fires, gives = f"BEFORE {event} ON {{table}} FOR EACH ROW", "OLD" if event == "DELETE" else "NEW"
            if event == "INSERT":
                # Rows come by the ten thousand: all of a statement are asked about at once.
                fires = f"AFTER {event} ON {{table}} REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT"
                refuses, gives = f"EXISTS (SELECT 1 FROM fresh WHERE {refuses.replace('NEW.', 'fresh.')})", "NULL"  # noqa: S608
            postgresql[name] = (table, fires, name)
            functions.append(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {refuses} THEN {POSTGRESQL_REFUSES.format(refusal)}; END IF; RETURN {gives}; END $$;"
            )
        return cls(sqlite, postgresql, "\n".join(functions))

    def create(self, connection):
        """Put the triggers in force on `connection`'s database."""
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                for statement in self.sqlite.values():
                    cursor.execute(statement)
                return
            cursor.execute(self.functions)
            for name, (table, when, function) in self.postgresql.items():
                cursor.execute(f"CREATE TRIGGER {name} {when.format(table=table)} EXECUTE FUNCTION {function}()")
                # ALWAYS: a session in replica mode does not slip past them.
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")

    def drop(self, connection):
        """Take the triggers away; only the owner of the tables can."""
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                for name in self.sqlite:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                return
            for name, (table, *_) in self.postgresql.items():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")

    def missing(self, connection) -> list[str]:
        """Names of the triggers that are not in force."""
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                wanted = self.sqlite
            else:
                cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'A'")
                wanted = self.postgresql
            present = {name for (name,) in cursor.fetchall()}
        return [name for name in wanted if name not in present]
