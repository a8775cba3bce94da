"""Some 2,000 invented disabled persons of the demonstration county, a few forms incomplete or wrong on purpose."""

from datetime import date, timedelta
from decimal import Decimal

from federation.demo.people import Population
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import Dibao, Education, EmploymentForm, Housing, MaritalStatus, RegisterType
from orgs.models import Organisation, PlaceKind, Tenure

CAUSES = ("先天", "疾病", "外伤", "工伤", "遗传", "不详")
RELATIONS = ("配偶", "父亲", "母亲", "子女", "兄弟姐妹")


def people_of(villages: list[Organisation], count: int, population: Population, today: date, by) -> list:
    """`count` unsaved forms spread over the villages, with the committee member in charge where there is one."""
    random = population.random
    in_charge = {
        tenure.organisation_id: tenure.worker_id
        for tenure in Tenure.objects.in_post_on(today).of_post("committee_member")
    }
    return [_person(random.choice(villages), population, today, by, in_charge) for _ in range(count)]


def _person(village, population, today, by, in_charge):
    random = population.random
    invented = population.draw(today=today)
    category = random.choices("1234567", weights=(14, 22, 2, 42, 8, 8, 4))[0]
    grade = random.choices("1234", weights=(15, 25, 30, 30))[0]
    age = today.year - invented.born_on.year
    certified = random.random() < 0.95
    registered = today - timedelta(days=random.randint(20, 3000))
    registered = max(registered, invented.born_on + timedelta(days=30))
    person = DisabledPerson(
        organisation=village,
        name=invented.name,
        sex=invented.sex,
        ethnicity="汉族" if random.random() < 0.96 else "回族",
        born_on=invented.born_on,
        category=category,
        category_parts=random.choice(("14", "23", "45")) if category == "7" else "",
        grade=grade,
        cause=random.choice(CAUSES),
        certificate_issued_on=registered if certified else None,
        register_type=RegisterType.NON_AGRICULTURAL
        if village.place_kind == PlaceKind.COMMUNITY
        else RegisterType.AGRICULTURAL,
        registered_address=f"{village.label}{random.randint(1, 12)} 组",
        current_address=f"{village.label}{random.randint(1, 12)} 组" if random.random() < 0.95 else "",
        household_size=random.randint(1, 6),
        household_disabled=1,
        guardian_name=population.name("1") if random.random() < 0.94 else "",
        guardian_relation=random.choice(RELATIONS),
        marital_status=MaritalStatus.SINGLE if age < 22 else random.choice(MaritalStatus.values),
        education=random.choice(Education.values),
        yearly_income=Decimal(random.randint(2000, 18000)),
        dibao=random.choices(Dibao.values, weights=(5, 1, 4))[0],
        housing=random.choices(Housing.values, weights=(85, 3, 3, 6, 3))[0],
        has_living_subsidy=random.random() < 0.4,
        has_care_subsidy=grade in "12",
        employment=EmploymentForm.AT_SCHOOL if age < 16 else random.choice(EmploymentForm.values),
        member_in_charge_id=in_charge.get(village.pk),
        last_visited_on=today - timedelta(days=random.randint(1, 500)) if random.random() < 0.8 else None,
        registered_on=registered,
        created_by=by,
    )
    person.id_number = invented.id_number
    person.phone = f"179{random.randint(0, 99999999):08d}"
    if certified:
        # One in fifty carries the grade of an older certificate: the data check finds it.
        stated = grade if random.random() < 0.98 else str(int(grade) % 4 + 1)
        person.certificate_number = f"{invented.id_number}{category}{stated}"
    _end(person, random, today)
    return person


def _end(person, random, today):
    fate = random.random()
    if fate > 0.03:
        return
    day = today - timedelta(days=random.randint(1, 400))
    day = max(day, person.registered_on)
    if fate < 0.015:
        person.deceased_on = day
    else:
        person.moved_away_on = day
