"""The index behind the search by any part of a name, one and two characters included.

Neither database finds two Chinese characters by itself: pg_trgm needs three, and SQLite's trigram tokenizer
silently answers nothing. A name that *begins* with what is looked for is a range of the plain index of names.
For the rest of the name both databases index *grams*: every character after the first, and every pair of
neighbours among them. Keeping the two apart matters: a frequent surname would hide how rare its character is
elsewhere. The database keeps the index in step, so that COPY, upserts and `executemany` need no hook:

* PostgreSQL: a GIN index over an immutable function of the name.
* SQLite: triggers note changed rows in a queue, and every some thousand rows the queue is moved into a
  full-text table in one statement; a search reads both. (Filled row by row, FTS5 flushes at every row: 17 µs
  a row instead of 5.) The queue keeps the name the full-text table knows, which FTS5 needs to forget a row.

A migration that rebuilds the table of persons on SQLite drops its triggers and must call `create` again;
tests/ledgers/test_search.py fails where that was forgotten.
"""

PERSONS = "ledgers_disabledperson"
GRAMS = "ledgers_person_grams"
QUEUE = "ledgers_person_grams_queue"
_BATCH = 2000

_POSTGRESQL = [
    r"""
    CREATE FUNCTION ledgers_name_grams(name text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
      SELECT string_to_array(substr(name, 2), NULL)
        || string_to_array(regexp_replace(substr(name, 2), '(..)', E'\\1\x1f', 'g'), E'\x1f')
        || string_to_array(regexp_replace(substr(name, 3), '(..)', E'\\1\x1f', 'g'), E'\x1f')
    $$""",
    f"CREATE INDEX person_name_grams ON {PERSONS} USING gin (ledgers_name_grams(name))",
    # A county is one bucket of the usual hundred: too coarse to tell whether its rows are few or many.
    f"ALTER TABLE {PERSONS} ALTER COLUMN org_path SET STATISTICS 1000",
]


def _sqlite_grams(name: str) -> str:
    """SQL giving the grams of the column `name` as words; hexadecimal, so that every character is a word."""

    def pair(at):
        return f"hex(substr({name},{at},1))||' '||hex(substr({name},{at},2))"

    usual = "||' '||".join(pair(at) for at in range(2, 5))
    places = ",".join(str(at) for at in range(5, 51))
    rest = f"SELECT ' '||group_concat({pair('value')},' ') FROM json_each('[{places}]') WHERE value<=length({name})"  # noqa: S608
    return f"{usual}||CASE WHEN length({name})>4 THEN ({rest}) ELSE '' END"


def _queue(event: str, row: str, known: str) -> str:
    # NOT EXISTS instead of OR IGNORE: inside a trigger the outer statement's conflict rule would win.
    return f"""CREATE TRIGGER {event} BEGIN
        INSERT INTO {QUEUE} (id, known) SELECT {row}.id, {known}
        WHERE NOT EXISTS (SELECT 1 FROM {QUEUE} WHERE id = {row}.id); END"""  # noqa: S608


_SQLITE = [
    f"CREATE VIRTUAL TABLE {GRAMS} USING fts5(grams, content='', detail='none', columnsize=0, tokenize='ascii')",
    f"CREATE TABLE {QUEUE} (id integer PRIMARY KEY, known text)",
    _queue(f"person_grams_insert AFTER INSERT ON {PERSONS}", "new", "NULL"),
    _queue(f"person_grams_update AFTER UPDATE OF name ON {PERSONS} WHEN old.name IS NOT new.name", "new", "old.name"),
    _queue(f"person_grams_delete AFTER DELETE ON {PERSONS}", "old", "old.name"),
    f"""CREATE TRIGGER person_grams_flush AFTER INSERT ON {QUEUE} WHEN new.id % {_BATCH} = 0 BEGIN
        INSERT INTO {GRAMS} ({GRAMS}, rowid, grams)
            SELECT 'delete', id, {_sqlite_grams("known")} FROM {QUEUE} WHERE known IS NOT NULL;
        INSERT INTO {GRAMS} (rowid, grams)
            SELECT p.id, {_sqlite_grams("p.name")} FROM {QUEUE} q JOIN {PERSONS} p ON p.id = q.id;
        DELETE FROM {QUEUE}; END""",  # noqa: S608
]
TRIGGERS = ("person_grams_insert", "person_grams_update", "person_grams_delete", "person_grams_flush")


def create(connection):
    """Build the index of `connection`'s database anew and fill it from the rows there are."""
    drop(connection)
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)
        if connection.vendor == "sqlite":
            cursor.execute(
                f"INSERT INTO {GRAMS} (rowid, grams) SELECT p.id, {_sqlite_grams('p.name')} FROM {PERSONS} p"  # noqa: S608
            )


def drop(connection):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION IF EXISTS ledgers_name_grams(text) CASCADE")
            return
        for trigger in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for table in (QUEUE, GRAMS):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")


def flush(connection):
    """Bring the index up to date now, so that the queue holds no name that is on file no more."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # No row has the id 0; inserted, it sets off the trigger that empties the queue.
            cursor.execute(f"INSERT INTO {QUEUE} (id, known) VALUES (0, NULL)")  # noqa: S608


def _word(text: str) -> str:
    return text.encode().hex().upper()


def full_text_query(text: str) -> str:
    """What the full-text table is asked for rows that may hold `text` after the first character."""
    if len(text) == 1:
        return f'"{_word(text)}"'
    return " AND ".join(f'"{_word(text[at : at + 2])}"' for at in range(len(text) - 1))
