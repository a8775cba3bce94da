"""Names by rule: what a division's name makes of the body there, and the kind of place it is.

会师镇 → 会师镇残疾人联合会; 桃花山社区居民委员会 → 桃花山社区残疾人协会; 和平村民委员会 → 和平村残疾人协会.
The national list writes village committees in dozens of ways, some misspelled; what no rule knows is kept as written.
"""

import re

from orgs.models import BodyKind, Level, PlaceKind

# Rows of the list that only carry codes: no government, and so no federation, stands behind them.
PLACEHOLDERS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})

FEDERATION_SUFFIX = "残疾人联合会"
ASSOCIATION_SUFFIX = "残疾人协会"

_TAIL = "(?:委员会+|委会+|委会员|委员|委)"
# Whose committee it is decides what the place is called: 村民委员会 a village, 居民委员会 a community.
_VILLAGE_COMMITTEE = re.compile(f"(?:村牧|牧民|牧|村民|村){_TAIL}$")
_RESIDENTS_COMMITTEE = re.compile(f"(?:居民管理|居民|居|家属|家){_TAIL}$")
_OTHER_COMMITTEE = re.compile("(?:管理|人民)?(?:委员会|委会)$")
_GOVERNMENT = re.compile("(?:人民政府|办事处)$")
_BRACKETED = re.compile("(?:[（(][^（）()]*[）)])+$")

_TOWNSHIP_KINDS = (
    ("街道", PlaceKind.STREET),
    ("区公所", PlaceKind.DISTRICT_OFFICE),
    ("镇", PlaceKind.TOWN),
    ("乡", PlaceKind.TOWNSHIP),
    ("苏木", PlaceKind.TOWNSHIP),
)
_UPPER_KINDS = {Level.PROVINCE: PlaceKind.PROVINCE, Level.CITY: PlaceKind.CITY, Level.COUNTY: PlaceKind.COUNTY}


def body_kind_of(level: int) -> str:
    return BodyKind.VILLAGE_ASSOCIATION if level == Level.VILLAGE else BodyKind.FEDERATION


def body_name(level: int, division_name: str) -> str:
    """The full name of the body that covers the division."""
    suffix = ASSOCIATION_SUFFIX if level == Level.VILLAGE else FEDERATION_SUFFIX
    return place_name(level, division_name) + suffix


def place_name(level: int, division_name: str) -> str:
    """The place as people say it, without its committee or office: what lists show."""
    if level == Level.VILLAGE:
        return _village_place(division_name)
    if level == Level.TOWNSHIP:
        return _township_place(division_name)
    return division_name


def _village_place(name: str) -> str:
    # A note in brackets distinguishes places of one name, so it goes to the end and is not lost.
    note = _BRACKETED.search(name)
    stem = name[: note.start()] if note else name
    place, before = _without_committee(stem), stem
    # Some are written twice over: 石村村委会委会.
    while place and place != before:
        place, before = _without_committee(place), place
    return place + note[0] if note and place else place or name


def _without_committee(stem: str) -> str:
    shorter = _VILLAGE_COMMITTEE.sub("", stem)
    if shorter != stem:
        return _ending_in(shorter, "村", ("村", "社区", "嘎查", "苏木")) if shorter else ""
    shorter = _RESIDENTS_COMMITTEE.sub("", stem)
    if shorter != stem:
        return _ending_in(shorter, "社区", ("社区", "小区", "生活区")) if shorter else ""
    return _OTHER_COMMITTEE.sub("", stem)


def _ending_in(stem: str, word: str, known: tuple[str, ...]) -> str:
    return stem if stem.endswith(known) else stem + word


def _township_place(name: str) -> str:
    shorter = _GOVERNMENT.sub("", name)
    # 开发区办事处 is the office's own name, not a street's.
    return shorter if shorter.endswith(("街道", "镇", "乡", "苏木")) else name


def place_kind_of(level: int, division_name: str, code: str = "") -> str:
    """The kind of place by its name; for villages whose name does not tell, by the last digits of the code."""
    if level in _UPPER_KINDS:
        return _UPPER_KINDS[level]
    name = _BRACKETED.sub("", division_name)
    if level == Level.VILLAGE:
        return _village_kind(name, code)
    place = _township_place(name)
    for ending, kind in _TOWNSHIP_KINDS:
        if place.endswith(ending):
            return kind
    return PlaceKind.OTHER


def _village_kind(name: str, code: str) -> str:
    if "虚拟" in name:
        return PlaceKind.VIRTUAL
    # Whose committee it is tells more than the place: 路集社区村民委员会 is a village's.
    for word in (name, _village_place(name)):
        if _VILLAGE_COMMITTEE.search(word) or word.endswith(("村", "嘎查")):
            return PlaceKind.VILLAGE
        if _RESIDENTS_COMMITTEE.search(word) or word.endswith("社区"):
            return PlaceKind.COMMUNITY
    # The statistics bureau numbers communities 001 to 199, villages 200 to 399, and what resembles them from 400
    # and from 500.
    tail = code[-3:]
    if "001" <= tail <= "199" or "400" <= tail <= "499":
        return PlaceKind.COMMUNITY
    if "200" <= tail <= "399" or "500" <= tail <= "599":
        return PlaceKind.VILLAGE
    return PlaceKind.OTHER


def association_name(federation_name: str, category_label: str) -> str:
    """会宁县残疾人联合会, 盲人协会 → 会宁县盲人协会."""
    return federation_name.removesuffix(FEDERATION_SUFFIX) + category_label


# Longest first: what a settlement's name may carry behind its proper name.
_TAILS = re.compile(
    "(?:残疾人联合会|残疾人协会|残联|残协|社区居民委员会|社区居委会|村民委员会|居民委员会|村委会|居委会|社区|街道办事处|街道|嘎查|村|镇|乡)$"
)


def proper_name(name: str) -> str:
    """会师镇残疾人联合会 → 会师; 桃花山社区居委会 → 桃花山. Twice, for 东山村村民委员会."""
    short = _TAILS.sub("", name.replace(" ", ""))
    return _TAILS.sub("", short) or short or name
