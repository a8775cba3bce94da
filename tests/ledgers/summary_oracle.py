"""表一 a second time: plain Python over exported rows, written from the form and not from the product's definition."""

from collections import Counter

EXPORTED = (
    "organisation_id", "sex", "category", "grade", "born_on", "register_type", "education", "employment", "dibao",
    "pension", "medical", "has_living_subsidy", "has_care_subsidy", "registered_on", "moved_away_on", "deceased_on",
    "cancelled_on",
)  # fmt: skip
KNOWN = {
    "sex": "1 2",
    "category": "1 2 3 4 5 6 7",
    "grade": "1 2 3 4",
    "register_type": "1 2",
    "education": "none primary junior senior college university",
    "employment": "proportional concentrated public_welfare self_employed flexible sheltered farming unemployed "
    "at_school retired",
    "dibao": "none urban rural",
    "pension": "none employee resident",
    "medical": "none employee resident",
}


def is_registered(row, day) -> bool:
    ends = [row[name] for name in ("moved_away_on", "deceased_on", "cancelled_on") if row[name] is not None]
    return row["registered_on"] <= day and all(end > day for end in ends)


def age_on(born, day) -> int:
    """Birthdays passed, one year after the other; who was born on 29 February has one on 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def band(row, day) -> str:
    born = row["born_on"]
    if born is None or born > day:
        return "unfilled"
    age = age_on(born, day)
    if age <= 6:
        return "0-6"
    if age <= 14:
        return "7-14"
    if age <= 17:
        return "15-17"
    if age <= 54:
        return "working"
    if age >= 60:
        return "above"
    return {"1": "working", "2": "above"}.get(row["sex"], "unfilled")


def cells_of(row, day) -> list[str]:
    """The codes of every cell in which the person stands."""
    columns = {
        name: row[name] if row[name] and row[name] in words.split() else "unfilled" for name, words in KNOWN.items()
    }
    columns["age"] = band(row, day)
    columns["living_subsidy"] = "yes" if row["has_living_subsidy"] else "no"
    columns["care_subsidy"] = "yes" if row["has_care_subsidy"] else "no"
    crossed = f"category.{columns['category']}.grade.{columns['grade']}"
    return ["total", crossed, *(f"{name}.{value}" for name, value in columns.items())]


def figures(rows, day) -> Counter:
    return Counter(code for row in rows if is_registered(row, day) for code in cells_of(row, day))


def place_and_end(home, gone, moves, day):
    """(body that had the person on the day, since when it had written the person off or None).

    `moves` are (day of the move, body that was left, when it had written the person off), accepted ones in order.
    """
    later = [(left, written_off) for moved_on, left, written_off in moves if moved_on > day]
    place, written_off = later[0] if later else (home, None)
    ends = [end for end in (written_off, gone) if end is not None]
    return place, min(ends, default=None)
