"""The invented facts of the demonstration county: posts with vacancies, plaques, regulations … with gaps."""

from datetime import date, timedelta
from decimal import Decimal

from committees.models import Appointment
from federation.demo.people import Population
from federation.shared.normalise import with_check_digit
from federation.shared.pinyin import pinyin_of
from orgs.models import (
    ArchiveVolume,
    BodyKind,
    Budget,
    Identity,
    LedgerKind,
    Level,
    Organisation,
    PlaceKind,
    Plaque,
    Post,
    Premises,
    Regulation,
    ResponsibilityLetter,
    Tenure,
    Worker,
    YearlyTarget,
)
from orgs.requirements import requirements_for

BATCH = 500
OTHER_JOBS = ("社会事务中心主任", "民政助理员", "村委会主任", "居委会主任")
RELATIONS = ("父子", "母子", "夫妻", "兄弟", "姐妹")


class FactsWriter:
    """Writes the facts of all bodies of one county, table by table, from one seeded population."""

    def __init__(self, county: Organisation, population: Population, today: date, by):
        self.county = county
        self.people = population
        self.random = population.random
        self.today = today
        self.by = by
        self.bodies = list(Organisation.objects.under(county.path).live_on(today).order_by("path"))

    def write(self):
        self.plaques()
        self.premises()
        self.regulations()
        self.budgets()
        self.archives()
        self.targets_and_letters()
        self.posts()

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def days_ago(self, least: int, most: int) -> date:
        return self.today - timedelta(days=self.random.randint(least, most))

    def grassroots(self):
        return [body for body in self.bodies if body.level >= Level.TOWNSHIP]

    def plaques(self):
        rows = [
            Plaque(organisation=body, hung_on=self.days_ago(400, 5000), wording=body.name, created_by=self.by)
            for body in self.grassroots()
            if self.chance(0.94)
        ]
        Plaque.objects.bulk_create(rows, batch_size=BATCH)

    def premises(self):
        rows = [
            Premises(
                organisation=body,
                use=Premises.Use.OFFICE if body.level == Level.TOWNSHIP else Premises.Use.BOTH,
                address=f"{body.label}便民服务中心",
                area=Decimal(self.random.randint(12, 80)),
                holding=self.random.choice(Premises.Holding.values),
                since=self.days_ago(200, 4000),
                until=self.days_ago(10, 150) if self.chance(0.04) else None,
                created_by=self.by,
            )
            for body in self.grassroots()
            if self.chance(0.92)
        ]
        Premises.objects.bulk_create(rows, batch_size=BATCH)

    def regulations(self):
        rows = []
        for body in self.grassroots():
            # Some bodies have never written any down: gaps come in clumps, as they do in life.
            diligence = self.random.choice((1.0, 1.0, 0.97, 0.9, 0.6))
            rows += [
                Regulation(organisation=body, kind=kind, issued_on=self.days_ago(100, 3000), created_by=self.by)
                for kind in requirements_for(body.body_kind, body.level, self.today.year).regulations
                if self.chance(diligence)
            ]
        Regulation.objects.bulk_create(rows, batch_size=BATCH)

    def budgets(self):
        rows = []
        for body in self.bodies:
            if body.body_kind != BodyKind.FEDERATION:
                continue
            for year in (self.today.year - 1, self.today.year):
                if not self.chance(0.9):
                    continue
                allocated = Decimal(self.random.randint(5, 40) * 1000)
                spent = (allocated * self.random.randint(40, 100) / 100).quantize(Decimal("0.01"))
                rows.append(
                    Budget(
                        organisation=body,
                        year=year,
                        source=Budget.Source.FISCAL if self.chance(0.85) else Budget.Source.SELF_RAISED,
                        allocated_amount=allocated,
                        spent_amount=spent,
                        created_by=self.by,
                    )
                )
        Budget.objects.bulk_create(rows, batch_size=BATCH)

    def archives(self):
        rows = []
        for body in self.grassroots():
            diligence = self.random.choice((1.0, 0.95, 0.9, 0.75, 0.5))
            for year in (self.today.year - 1, self.today.year):
                rows += [
                    ArchiveVolume(
                        organisation=body,
                        year=year,
                        ledger_kind=kind,
                        item_count=self.random.randint(1, 60),
                        location="档案柜",
                        created_by=self.by,
                    )
                    for kind in LedgerKind.values
                    if self.chance(diligence)
                ]
        ArchiveVolume.objects.bulk_create(rows, batch_size=BATCH)

    def targets_and_letters(self):
        by_path = {body.path: body for body in self.bodies}
        targets, letters = [], []
        for body in self.grassroots():
            upper = by_path.get(body.path[: -Organisation.steplen], self.county)
            if self.chance(0.9):
                letters.append(
                    ResponsibilityLetter(
                        organisation=body,
                        year=self.today.year,
                        upper_party=upper,
                        signed_on=date(self.today.year, self.random.randint(1, 4), self.random.randint(1, 28)),
                        created_by=self.by,
                    )
                )
            if body.level == Level.TOWNSHIP and self.chance(0.8):
                targets.append(
                    YearlyTarget(
                        organisation=body,
                        year=self.today.year,
                        text="村级残协全部达到六有；专职委员全部培训一次",
                        recorded_on=date(self.today.year, 2, self.random.randint(1, 28)),
                        created_by=self.by,
                    )
                )
        ResponsibilityLetter.objects.bulk_create(letters, batch_size=BATCH)
        YearlyTarget.objects.bulk_create(targets, batch_size=BATCH)

    def posts(self):
        """Required posts filled nine times in ten; a vacancy is sometimes preceded by somebody who left."""
        workers, tenures = [], []
        for body in self.bodies:
            for post in requirements_for(body.body_kind, body.level, self.today.year).posts:
                filled = self.chance(0.93)
                if filled:
                    self._seat(body, post, self.days_ago(60, 2500), None, workers, tenures)
                if not filled and self.chance(0.7):
                    left = self.days_ago(5, 200)
                    self._seat(body, post, left - timedelta(days=700), left, workers, tenures)
        Worker.objects.bulk_create(workers, batch_size=BATCH)
        Tenure.objects.bulk_create(tenures, batch_size=BATCH)
        self._appointments(tenures)

    def _seat(self, body, post, since, until, workers, tenures):
        person = self.people.draw(oldest=62, youngest=22, today=self.today)
        full, initials = pinyin_of(person.name)
        is_member = post == Post.COMMITTEE_MEMBER
        identity = Identity.NEITHER
        if is_member and not self.chance(0.03):
            identity = Identity.DISABLED if self.chance(0.6) else Identity.RELATIVE
        worker = Worker(
            name=person.name,
            name_pinyin=full,
            name_initials=initials,
            sex=person.sex,
            born_on=person.born_on,
            ethnicity="汉族",
            education=self.random.choice(("初中", "高中（中专）", "大专")),
            identity=identity,
            created_by=self.by,
        )
        worker.id_number = person.id_number
        worker.phone = f"179{self.random.randint(0, 99999999):08d}"
        if identity == Identity.DISABLED:
            worker.certificate_number = f"{person.id_number}{self.random.choice('1244')}{self.random.choice('234')}"
        if identity == Identity.RELATIVE:
            worker.relative_name = self.people.name("1")
            worker.relation = self.random.choice(RELATIONS)
        if is_member:
            worker.payment_account = with_check_digit(f"6299{self.random.randint(0, 10**14 - 1):014d}")
        workers.append(worker)
        concurrent = post in (Post.DIRECTOR, Post.ASSOCIATION_CHAIR) and self.chance(0.5)
        tenures.append(
            Tenure(
                organisation=body,
                worker=worker,
                post=post,
                started_on=since,
                ended_on=until,
                is_concurrent=concurrent,
                other_job=self.random.choice(OTHER_JOBS) if concurrent else "",
                document_number=f"会残联发〔{since.year}〕{self.random.randint(1, 60)} 号" if self.chance(0.85) else "",
                created_by=self.by,
            )
        )

    def _appointments(self, tenures):
        rows = []
        for tenure in tenures:
            if tenure.post != Post.COMMITTEE_MEMBER:
                continue
            body = tenure.organisation
            if body.level == Level.TOWNSHIP:
                role = Appointment.Role.TOWNSHIP_MEMBER
            elif body.place_kind == PlaceKind.COMMUNITY:
                role = Appointment.Role.COMMUNITY_MEMBER
            else:
                role = Appointment.Role.VILLAGE_MEMBER
            paid_post = role != Appointment.Role.VILLAGE_MEMBER
            certified = self.chance(0.8)
            issued = max(tenure.started_on, self.days_ago(30, 1400))
            rows.append(
                Appointment(
                    organisation=body,
                    tenure=tenure,
                    role=role,
                    contract_from=tenure.started_on,
                    contract_to=self.today + timedelta(days=self.random.randint(-20, 700)),
                    employment=Appointment.Employment.PUBLIC_WELFARE
                    if paid_post
                    else Appointment.Employment.DIBAO_TOPPED_UP,
                    certificate_number=f"SG{issued.year}{self.random.randint(1, 9999):04d}" if certified else "",
                    certificate_issued_on=issued if certified else None,
                    certificate_expires_on=issued + timedelta(days=1095) if certified else None,
                    ending=Appointment.Ending.RESIGNED if tenure.ended_on else "",
                    created_by=self.by,
                )
            )
        Appointment.objects.bulk_create(rows, batch_size=BATCH)
