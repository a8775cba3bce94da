"""Invented persons: region 629999 was never issued, so no number here belongs to anybody."""

from datetime import date

import pytest

from federation.shared.normalise import id_check_digit
from ledgers.models import DisabledPerson


def id_of(born: str = "19680403", order: int = 1, sex: str = "1") -> str:
    """A valid number of the invented region; `order` 0–499 makes it unique for a day and sex."""
    first17 = f"629999{born}{order * 2 + (1 if sex == '1' else 0):03d}"
    return first17 + id_check_digit(first17)


def person_fields(**more) -> dict:
    """A complete form that passes every check."""
    number = more.pop("id_number", None) or id_of()
    fields = {
        "name": "王国华",
        "sex": "1",
        "ethnicity": "汉族",
        "born_on": date(1968, 4, 3),
        "id_number": number,
        "phone": "13800001234",
        "certificate_number": f"{number}42",
        "category": "4",
        "grade": "2",
        "register_type": "1",
        "current_address": "会师镇东山村",
        "guardian_name": "王小明",
        "education": "primary",
        "employment": "farming",
        "registered_on": date(2020, 5, 1),
    }
    return {**fields, **more}


@pytest.fixture
def make_person(world):
    """`make_person(organisation=…, name=…)`: a stored person; numbers are unique by themselves."""
    made = []

    def make(organisation=None, **more):
        made.append(None)
        number = more.pop("id_number", None) or id_of(order=len(made) % 500, born=f"19{60 + len(made) // 500:02d}0403")
        if number[:6] == "629999" and "born_on" not in more:
            more["born_on"] = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        certificate = more.pop("certificate_number", f"{number}{more.get('category', '4')}{more.get('grade', '2')}")
        fields = person_fields(id_number=number, certificate_number=certificate, **more)
        return DisabledPerson.objects.create(organisation=organisation or world.village, **fields)

    return make
