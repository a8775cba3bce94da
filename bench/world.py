"""A seeded world of the size of a province: bodies, and 1.87 million persons with sealed numbers.

Written set-based with COPY / executemany, secondary indexes rebuilt afterwards; the facts that assessments read
are in bench/facts.py. Invented people carry region 629999, which was never issued.
"""

import random
import uuid
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import timezone

from federation.demo.people import GIVEN_FEMALE, GIVEN_MALE, SURNAMES, check_digit
from federation.shared.pinyin import pinyin_of
from federation.shared.sealed import blind_index, row_aad, seal
from ledgers import name_index
from ledgers.models import DisabledPerson
from ledgers.models.derived import OLD_ALREADY
from orgs.bulk import insert_rows
from orgs.models import BodyKind, Level, Organisation, PlaceKind

# Cities, counties a city, townships and villages of the whole; Gansu has 19,121 bodies.
PROVINCE = {"cities": 14, "counties": 86, "townships": 1302, "villages": 17_718, "persons": 1_870_000}
CITY = {"cities": 1, "counties": 3, "townships": 94, "villages": 1074, "persons": 136_400}
COUNTY = {"cities": 1, "counties": 1, "townships": 28, "villages": 322, "persons": 40_900}
WORLDS = {"province": PROVINCE, "city": CITY, "county": COUNTY}
TODAY = date(2026, 11, 21)
# Raise it when the world changes: a kept one is then refused.
VERSION = 4
STEP = Organisation.steplen
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def build(world: str, context):
    """Fill a migrated database; a world that is none of ours stays empty, for its bench to fill."""
    if world not in WORLDS:
        return
    counts = WORLDS[world]
    if context.scale != 1.0 and world != "county":
        counts = {name: max(1, round(count * context.scale)) for name, count in counts.items()}
    with transaction.atomic():
        bodies = organisations(counts)
    context.say(f"{len(bodies)} bodies")
    from bench.facts import write_facts  # it builds on this module

    context.say(f"{write_facts(bodies, context)} facts")
    context.say(f"{persons(bodies, counts['persons'], context)} persons")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _step(number: int) -> str:
    text = ""
    for _ in range(STEP):
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text


class _Tree:
    """Bodies in the order of their paths, children dealt evenly to the parents of the level above."""

    names = (
        "id", "path", "depth", "numchild", "name", "short_name", "level", "body_kind", "place_kind", "code",
        "established_on",
    )  # fmt: skip

    def __init__(self):
        self.rows = []

    def add(self, parent, level, kind, place, name, code) -> dict:
        parent_path = parent["path"] if parent else ""
        if parent:
            parent["numchild"] += 1
        body = {
            "id": len(self.rows) + 1,
            "path": parent_path + _step(parent["numchild"] if parent else 1),
            "depth": len(parent_path) // STEP + 1,
            "numchild": 0,
            "name": name + ("残疾人协会" if kind == BodyKind.VILLAGE_ASSOCIATION else "残疾人联合会"),
            "short_name": name,
            "level": int(level),
            "body_kind": str(kind),
            "place_kind": str(place),
            "code": code,
            "established_on": date(2000, 1, 1),
        }
        self.rows.append(body)
        return body

    def deal(self, parents, count, level, kind, place, word, digits) -> list[dict]:
        """`count` children, child i under parent i modulo their number."""
        made = []
        for number in range(count):
            parent = parents[number % len(parents)]
            prefix = parent["code"][: len(parent["code"].rstrip("0")) or 2]
            prefix = prefix.ljust({2: 2, 3: 4, 4: 6, 5: 9}[int(level)] if int(level) in (2, 3, 4, 5) else 2, "0")
            own = f"{parent['numchild'] + 1:0{digits}d}"
            code = (prefix + own)[:12].ljust(12, "0")
            made.append(self.add(parent, level, kind, place, f"{word}{number + 1:05d}", code))
        return made


def organisations(counts: dict) -> list[dict]:
    """Insert province, cities, counties, townships and villages; gives their rows in insertion order."""
    tree, federation = _Tree(), BodyKind.FEDERATION
    top = tree.add(None, Level.PROVINCE, federation, PlaceKind.PROVINCE, "甲省", "620000000000")
    cities = tree.deal([top], counts["cities"], Level.CITY, federation, PlaceKind.CITY, "市", 2)
    counties = tree.deal(cities, counts["counties"], Level.COUNTY, federation, PlaceKind.COUNTY, "县", 2)
    towns = tree.deal(counties, counts["townships"], Level.TOWNSHIP, federation, PlaceKind.TOWN, "镇", 3)
    tree.deal(towns, counts["villages"], Level.VILLAGE, BodyKind.VILLAGE_ASSOCIATION, PlaceKind.VILLAGE, "村", 3)
    insert_rows(Organisation, tree.names, (tuple(row[name] for name in tree.names) for row in tree.rows))
    return tree.rows


PERSON_COLUMNS = (
    "id", "uid", "organisation_id", "org_path", "name", "name_pinyin", "name_initials", "sex", "ethnicity", "born_on",
    "id_number", "id_number_index", "certificate_number", "certificate_number_index", "category", "category_parts",
    "grade", "register_type", "current_address", "guardian_name", "education", "employment", "registered_on",
    "moved_away_on", "deceased_on", "missing_mandatory", "failed_checks", "updated_at", "marital_status",
    "political_status", "dibao", "housing", "pension", "medical", "care", "grid", "is_elderly_disabled_household",
    "is_extreme_poverty_support", "has_living_subsidy", "has_care_subsidy", "is_home_adapted",
    "needs_home_adaptation", "next_review_on", "last_visited_on", "eldest_born_on",
)  # fmt: skip
_CATEGORIES = "11222344444444455667"
_GRADES = "1122233334"
_EDUCATION = ("none", "primary", "primary", "junior", "junior", "senior", "college")
_MARITAL = ("married", "married", "single", "widowed", "divorced")
_DIBAO = ("none", "none", "rural", "urban", "")
_HOUSING = ("own", "own", "own", "own", "rented", "borrowed", "own", "dangerous", "own", "none")
_EMPLOYMENT = ("farming", "farming", "farming", "flexible", "unemployed", "unemployed", "public_welfare", "at_school")


def names_pool(chance: random.Random, size: int) -> list[tuple[str, str, str, str]]:
    """(name, sex, pinyin, initials), surnames and given names as uneven as real ones."""
    pool = []
    weights = [1 / (1 + place / 3) for place in range(len(SURNAMES))]
    surnames = chance.choices(SURNAMES, weights, k=size)
    # Beside the usual letters a tail of rare ones, so that a search may also find few.
    rare = [chr(0x4E00 + 37 * place) for place in range(400)]
    for number, surname in enumerate(surnames):
        sex = "12"[number % 2]
        letters = GIVEN_MALE if sex == "1" else GIVEN_FEMALE
        given = chance.choice(letters)
        if chance.random() < 0.8:
            given += chance.choice(rare) if chance.random() < 0.25 else chance.choice(letters)
        pool.append((surname + given, sex, *pinyin_of(surname + given)))
    return pool


def binary(value: bytes):
    """Bytes as a set-based write of this database takes them."""
    return f"\\x{value.hex()}" if connection.vendor == "postgresql" else value


def uid_value(chance: random.Random):
    """A seeded uid as the database takes it from a set-based write."""
    return _uid(uuid.UUID(int=chance.getrandbits(128), version=4))


def _uid(value: uuid.UUID):
    return str(value) if connection.vendor == "postgresql" else value.hex


def person_rows(bodies: list[dict], count: int, context):
    """`count` persons, village by village as rosters are loaded."""
    chance = random.Random(context.seed)
    villages = [body for body in bodies if body["level"] == int(Level.VILLAGE)]
    pool = names_pool(chance, min(400_000, max(2000, count // 4)))
    first_day, now = date(1935, 1, 1), timezone.now()
    label = DisabledPerson._meta.label_lower
    for number in range(count):
        village = villages[number * len(villages) // count]
        name, sex, pinyin, initials = pool[chance.randrange(len(pool))]
        # 31,800 birth days × 500 of a sex: no number comes twice.
        born = first_day + timedelta(days=number * 7919 % 31_800)
        order = number // 31_800 * 2 + (1 if sex == "1" else 0)
        first17 = f"629999{born:%Y%m%d}{order:03d}"
        id_number = first17 + check_digit(first17)
        dice = chance.random()
        category, grade = _CATEGORIES[int(dice * 20)], _GRADES[int(dice * 1000) % 10]
        uid = uuid.UUID(int=chance.getrandbits(128), version=4)
        certificate = f"{id_number}{category}{grade}" if dice < 0.92 else ""
        complete, valid = dice * 7919 % 1 < 0.93, dice * 6007 % 1 < 0.98
        yield (
            number + 1, _uid(uid), village["id"], village["path"], name, pinyin, initials, sex, "汉族", born,
            binary(seal(id_number, row_aad(label, "id_number", uid))), binary(blind_index("id_number", id_number)),
            binary(seal(certificate, row_aad(label, "certificate_number", uid))) if certificate else None,
            binary(blind_index("certificate", certificate)) if certificate else None,
            category, "14" if category == "7" else "", grade, "1", village["short_name"] if complete else "",
            name[0] + "明", _EDUCATION[number % 7], _EMPLOYMENT[number % 8],
            date(2012, 1, 1) + timedelta(days=number % 5000),
            date(2025, 6, 1) if dice * 5003 % 1 < 0.01 else None, date(2025, 7, 1) if dice * 4001 % 1 < 0.03 else None,
            0 if complete else 1, "" if valid else "household", now - timedelta(seconds=number * 104_729 % 90_000_000),
            *(described := _circumstances(number, dice)), OLD_ALREADY if described[_ELDERLY] else born,
        )  # fmt: skip


# Where in it stands whether somebody old lives along.
_ELDERLY = 8


def _circumstances(number: int, dice: float) -> tuple:
    """What the rarer filters of the list ask for, from 1 % to 90 % of the people, each spread on its own."""
    share = dice * 3001 % 1
    return (
        _MARITAL[int(dice * 9001) % 5], "party" if dice * 8009 % 1 < 0.04 else "masses", _DIBAO[int(dice * 7001) % 5],
        _HOUSING[int(dice * 6011) % 10], "none" if dice * 4507 % 1 < 0.05 else "resident",
        "none" if dice * 3511 % 1 < 0.02 else "resident", "institution" if dice * 2503 % 1 < 0.01 else "none",
        f"第{number % 7 + 1}网格", share < 0.08, 0.08 < share < 0.1, share > 0.6, share > 0.75, share > 0.93,
        0.1 < share < 0.14, TODAY + timedelta(days=number * 31 % 3650 - 200) if dice < 0.92 else None,
        TODAY - timedelta(days=number * 17 % 700) if share < 0.7 else None,
    )  # fmt: skip


def persons(bodies: list[dict], count: int, context) -> int:
    """Insert persons with the secondary indexes put aside."""
    with transaction.atomic():
        indexes = put_aside_indexes(DisabledPerson._meta.db_table)
        number = insert_rows(DisabledPerson, PERSON_COLUMNS, person_rows(bodies, count, context))
    context.say("persons written, indexes next")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET maintenance_work_mem = '512MB'")
        for statement in indexes:
            cursor.execute(statement)
    name_index.create(connection)
    return number


def put_aside_indexes(table: str) -> list[str]:
    """Drop the plain indexes of `table` (and its name index); gives the statements that make them again."""
    with connection.cursor() as cursor:
        name_index.drop(connection)
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN "
                "(SELECT conname FROM pg_constraint)",
                [table],
            )
        else:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL",
                [table],
            )
        found = cursor.fetchall()
        for name, _statement in found:
            cursor.execute(f'DROP INDEX "{name}"')
    return [statement for _name, statement in found]
