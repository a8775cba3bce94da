from orgs.models.deputies import Deputyship
from orgs.models.divisions import Division, Level
from orgs.models.facts import (
    ArchiveVolume,
    Budget,
    LedgerKind,
    Plaque,
    Premises,
    Regulation,
    RegulationKind,
    ResponsibilityLetter,
    YearlyTarget,
)
from orgs.models.former_names import FormerName
from orgs.models.organisations import AssociationCategory, BodyKind, Organisation, PartyBody, PlaceKind
from orgs.models.people import PAID_POSTS, Identity, Post, Sex, Tenure, Worker
from orgs.models.second_posts import SecondPostPermit

__all__ = [
    "PAID_POSTS",
    "ArchiveVolume",
    "AssociationCategory",
    "BodyKind",
    "Budget",
    "Deputyship",
    "Division",
    "FormerName",
    "Identity",
    "LedgerKind",
    "Level",
    "Organisation",
    "PartyBody",
    "PlaceKind",
    "Plaque",
    "Post",
    "Premises",
    "Regulation",
    "RegulationKind",
    "ResponsibilityLetter",
    "SecondPostPermit",
    "Sex",
    "Tenure",
    "Worker",
    "YearlyTarget",
]
