"""Invented people. Their ID numbers carry the region 629999, which was never issued: nobody's number is here."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

REGION = "629999"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"

SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN_MALE = "国华建军志强永红明德文海俊杰伟民生福贵成林万有世平天宝学东振刚"
GIVEN_FEMALE = "秀英玉兰桂芳淑珍丽霞春梅凤琴小燕雪莲红艳彩云金花美玲月娥爱萍"


@dataclass(frozen=True)
class Invented:
    """An invented person: name, sex ("1" male, "2" female), birth date, ID number with a valid check digit."""

    name: str
    sex: str
    born_on: date
    id_number: str


def check_digit(first_17: str) -> str:
    """The 18th character of an ID number (GB 11643)."""
    return CHECK[sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True)) % 11]


class Population:
    """Draws people from a seed; no ID number comes twice.

    `sequences` are the last three digits before the check digit: two populations with apart ones share nobody.
    """

    def __init__(self, seed: int, sequences: tuple[int, int] = (0, 899)):
        self.sequences = sequences
        self.random = random.Random(seed)  # noqa: S311 - invented people, repeatable
        self._taken: set[str] = set()

    def name(self, sex: str) -> str:
        letters = GIVEN_MALE if sex == "1" else GIVEN_FEMALE
        given = "".join(self.random.choice(letters) for _ in range(self.random.choice((1, 2, 2, 2))))
        return self.random.choice(SURNAMES) + given

    def draw(self, oldest: int = 88, youngest: int = 3, today: date | None = None) -> Invented:
        """Somebody between the two ages (years) on `today`."""
        today = today or date.today()  # noqa: DTZ011 - a birth date, not a moment
        sex = self.random.choice("12")
        while True:
            born_on = today - timedelta(days=self.random.randint(youngest * 366, oldest * 365))
            low, high = self.sequences
            sequence = self.random.randint(low // 2, high // 2) * 2 + (1 if sex == "1" else 0)
            body = f"{REGION}{born_on:%Y%m%d}{sequence:03d}"
            id_number = body + check_digit(body)
            if id_number not in self._taken:
                self._taken.add(id_number)
                return Invented(self.name(sex), sex, born_on, id_number)
