"""Rows for every body of the cast: one of each model, every text a canary, made from the models themselves.

A new model needs an entry only where its fields have rules of their own (`SPECIAL`).
"""

import uuid
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.apps import apps
from django.core.files.base import ContentFile
from django.db import models
from django.utils import timezone

from accounts.models import ApiKey, Assignment, User
from federation.roles import API_RESOURCES, ROLE_PLACES, Role
from federation.shared import audit
from federation.shared.fields import OrgPathField
from federation.shared.jobs import JobKind, register
from federation.shared.models import Job
from federation.shared.scope import VersionedModel
from federation.shared.sealed import BlindIndexField, SealedField
from ledgers.models import DisabledPerson, DistinctPair, SavedFilter
from orgs.models import Organisation, Post, Tenure, Worker

# A kind of job that does nothing, for rows of jobs.
KIND = register(JobKind(name="access.none", label="什么也不做", plan=lambda job: [], work=lambda ctx: None))

OUR_APPS = ("shared", "orgs", "accounts", "committees", "ledgers", "assessments", "campaigns")
DAY = date(2026, 1, 5)


def our_models():
    return [model for model in apps.get_models() if model._meta.app_label in OUR_APPS]


def owned_models():
    """Models of which each body has rows of its own."""
    return [
        model
        for model in our_models()
        if any(isinstance(each, OrgPathField) for each in model._meta.concrete_fields) or issubclass(model, Worker)
    ]


@dataclass
class Owner:
    """The row a canary stands for: its model, its body, and (for people) what narrows scope beside the tree."""

    model: type
    body: int
    row: object = None


@dataclass
class Place:
    """A body and one row of each model that belongs to it."""

    key: str
    organisation: Organisation
    rows: dict = field(default_factory=dict)

    def __getattr__(self, name):
        try:
            return self.__dict__["rows"][name]
        except KeyError:
            raise AttributeError(f"no row of model {name!r} at {self.__dict__.get('key')}") from None


def _role_at(organisation) -> str:
    fitting = [role for role, places in ROLE_PLACES.items() if (organisation.body_kind, organisation.level) in places]
    return fitting[0] if fitting else Role.UPPER_VIEWER


def _account(place, aviary):
    number = aviary.adopt(Owner(User, place.organisation.pk))
    account = User.objects.create(
        username=f"account-{place.key}", display_name=aviary.text(number, "号"), phone_extension=aviary.text(number)
    )
    account.set_unusable_password()
    aviary.owners[number].row = account
    place.rows["user"] = account
    place.rows["assignment"] = Assignment.objects.create(
        user=account, role=_role_at(place.organisation), organisation=place.organisation, since=DAY
    )


def _key(place, aviary):
    number = aviary.adopt(Owner(ApiKey, place.organisation.pk))
    key, secret = ApiKey.issue(
        name=aviary.text(number, "钥"),
        organisation=place.organisation,
        resources=list(API_RESOURCES),
        expires_on=date(2030, 1, 1),
    )
    # Its use is written once in some minutes; here not at all.
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    aviary.owners[number].row = key
    place.rows["apikey"] = key
    place.rows["secret"] = secret


def _codes(standard) -> list[str]:
    return [item["code"] for item in standard.definition["items"]]


def _special() -> dict:
    """Values that a model's rules want, by label: a callable of the place."""
    return {
        "shared.job": lambda place: {
            "kind": KIND.name,
            "requested_by": place.user,
            "state": Job.State.DONE,
        },
        "shared.rosterimport": lambda place: {"kind": "persons", "state": "checked", "created_by": place.user},
        "shared.exportfile": lambda place: {"kind": "persons", "created_by": place.user, "state": "ready"},
        "committees.subsidystandard": lambda place: {"monthly_amount": 1, "county_share": 1},
        "committees.subsidypayment": lambda place: {"amount": 1},
        "committees.subsidyperiod": lambda place: {"from_year": 2026},
        "committees.trainingsession": lambda place: {"hours": 6, "state": "held"},
        # Nobody has been there yet: results and certificates are empty.
        "committees.trainingattendance": lambda place: {"certificate_number": ""},
        "committees.subsidyline": lambda place: {
            "role": "village_member",
            "gross_amount": 1,
            "amount": 1,
            "county_share": 1,
            "parts": [],
        },
        "ledgers.persondraft": lambda place: {"created_by": place.user},
        # The file was changed since: what a payload holds is not read.
        "ledgers.personmerge": lambda place: {"kept_version": 9},
        "ledgers.attachment": lambda place: {"kind": "identity"},
        "ledgers.personrequest": lambda place: {"person": place.disabledperson},
        "orgs.tenure": lambda place: {"post": Post.COMMITTEE_MEMBER},
        "orgs.budget": lambda place: {"year": 2026},
        "ledgers.disabledperson": lambda place: {"category": "4", "registered_on": DAY, "current_address": None},
        # That of the first county is published: whoever lies in the county reads its league.
        "assessments.run": lambda place: {
            "state": "published" if place.key == "county" else "reviewed",
            "year": 2026,
            "as_of": DAY,
            "standard": place.standard,
            "definition": place.standard.definition,
            "computed_at": timezone.now(),
        },
        "assessments.bodyresult": lambda place: {
            "items": {code: {"p": "1.00", "s": "no", "r": "缺 1 项", "e": 0} for code in _codes(place.standard)},
            "updated_at": timezone.now(),
            "met": 1,
            "position": 1,
        },
        "assessments.arearesult": lambda place: {"items": {code: [1, "1.00"] for code in _codes(place.standard)}},
        "assessments.manualscore": lambda place: {"item_code": _codes(place.standard)[0]},
        "assessments.appraisal": lambda place: _of_members() | {"state": "computed", "as_of": DAY},
        "assessments.memberresult": lambda place: {
            "items": {f"M{number}": {"p": "0.00", "s": "none"} for number in range(1, 7)},
            "unsourced": 6,
        },
        "assessments.memberpoints": lambda place: {"item_code": "M6"},
        "assessments.nominationopinion": lambda place: {"agrees": True},
    }


def _of_members() -> dict:
    standard = apps.get_model("assessments", "Standard").objects.get(code="member_2012")
    return {"standard": standard, "definition": standard.definition}


def _saved_filter(place, aviary):
    """Belongs to an account, not to a body: nobody of the cast sees it."""
    owner = Owner(SavedFilter, place.organisation.pk)
    number = aviary.adopt(owner)
    owner.row = SavedFilter.objects.create(user=place.user, name=aviary.text(number, "条件"), conditions="category=4")
    place.rows["savedfilter"] = owner.row


def _distinct_pair(place, aviary):
    """Two people of the body of whom it was said that they are two."""
    owner = Owner(DistinctPair, place.organisation.pk)
    number = aviary.adopt(owner)
    twin = make(DisabledPerson, place, aviary)
    owner.row = DistinctPair.objects.create(lower=place.disabledperson, higher=twin, reason=aviary.text(number, "因"))
    place.rows |= {"twin": twin, "distinctpair": owner.row}


def _audit_entry(place):
    """An entry about the body; the log has a door of its own, and what it keeps of texts is their hash."""
    place.rows["auditentry"] = audit.record("access.tested", actor=place.user, target=place.organisation)


def _publish(place):
    """The appraisal of the first county is published, when its rows are there; the others are computed."""
    if place.key == "county":
        place.appraisal.state, place.appraisal.published_at = "published", timezone.now()
        place.appraisal.save()


def fill(place: Place, aviary, standard=None):
    """One row of each model at the body. Models refer to the rows made before them at the same place."""
    place.rows |= {"standard": standard, "organisation": place.organisation}
    _account(place, aviary)
    _key(place, aviary)
    _saved_filter(place, aviary)
    waiting = [model for model in owned_models() if model not in (User, Assignment, ApiKey)]
    waiting.sort(key=lambda model: (model is not Worker, model is not Job, model is not Tenure))
    for _ in range(len(waiting) + 1):
        for model in list(waiting):
            if _ready(model, place):
                place.rows[model._meta.model_name] = make(model, place, aviary)
                waiting.remove(model)
    # A second post, of the kind that has no appointment behind it.
    place.rows["chair"] = make(Tenure, place, aviary, post=Post.DIRECTOR)
    _distinct_pair(place, aviary)
    _audit_entry(place)
    _publish(place)
    assert not waiting, f"no row could be made of {waiting}"


def _needed(model):
    return [
        each
        for each in model._meta.concrete_fields
        if isinstance(each, models.ForeignKey) and not each.null and each.related_model is not Organisation
    ]


def _ready(model, place) -> bool:
    return all(each.related_model._meta.model_name in place.rows for each in _needed(model))


def make(model, place, aviary, **given):
    owner = Owner(model, place.organisation.pk)
    number = aviary.adopt(owner)
    special = _special().get(model._meta.label_lower)
    values = {**(special(place) if special else {}), **given}
    for each in model._meta.concrete_fields:
        if each.name in values or each.primary_key or each.generated:
            continue
        value = _value(each, place, aviary, number)
        if value is not None:
            values[each.name] = value
    row = model(**{name: value for name, value in values.items() if value is not None})
    if isinstance(row, VersionedModel):
        row.version = 1
    row.save()
    owner.row = row
    return row


def _value(each, place, aviary, number):
    if isinstance(each, (OrgPathField, BlindIndexField)) or getattr(each, "auto_now", False):
        return None
    if isinstance(each, SealedField):
        return aviary.sealed(number, each.kind)
    if isinstance(each, models.ForeignKey):
        if each.related_model is Organisation:
            return place.organisation
        return place.rows.get(each.related_model._meta.model_name) if not each.null or each.name == "worker" else None
    if each.choices:
        return None if each.has_default() or each.blank else each.choices[0][0]
    if isinstance(each, models.FileField):
        return ContentFile(aviary.text(number, "文件").encode(), name=f"{number}.png")
    if isinstance(each, (models.CharField, models.TextField)):
        # Derived columns write themselves; words too short for a canary stay empty.
        if not each.editable and each.blank and not each.has_default():
            return None
        return aviary.text(number, each.name[:3])[: each.max_length or None]
    if each.has_default() or each.null:
        return None
    return _plain(each)


def _plain(each):
    if isinstance(each, models.DateTimeField):
        return timezone.now()
    if isinstance(each, models.DateField):
        return DAY
    if isinstance(each, models.DecimalField):
        return Decimal(1)
    if isinstance(each, models.IntegerField):
        return 2026 if each.name == "year" else 1
    if isinstance(each, models.JSONField):
        return {}
    if isinstance(each, models.UUIDField):
        return uuid.uuid4()
    raise TypeError(f"tests/access/rows.py cannot make a value for {each}")
