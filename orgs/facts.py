"""The kinds of facts a body owns: what each is called, which fields people fill in, and how it ends."""

from dataclasses import dataclass

from orgs.models import (
    ArchiveVolume,
    Budget,
    FormerName,
    Plaque,
    Premises,
    Regulation,
    ResponsibilityLetter,
    YearlyTarget,
)


@dataclass(frozen=True)
class FactKind:
    """`fields` in the order of the form; `shown` the columns of the body's page; `ends` the field that withdraws it."""

    slug: str
    model: type
    heading: str
    fields: tuple[str, ...]
    shown: tuple[str, ...]
    ends: str = ""
    ending_word: str = ""
    file: str = ""

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name)


FACT_KINDS = (
    FactKind("plaque", Plaque, "牌子", ("wording", "hung_on", "removed_on", "photo"),
             ("wording", "hung_on", "removed_on"), ends="removed_on", ending_word="摘牌", file="photo"),
    FactKind("premises", Premises, "办公和活动场所",
             ("use", "address", "area", "holding", "shared_with", "since", "until"),
             ("use", "address", "area", "holding", "since", "until"), ends="until", ending_word="停用"),
    FactKind("regulation", Regulation, "规章制度", ("kind", "title", "issued_on", "withdrawn_on", "text"),
             ("kind", "title", "issued_on", "withdrawn_on"), ends="withdrawn_on", ending_word="废止"),
    FactKind("budget", Budget, "经费", ("year", "source", "allocated_amount", "spent_amount"),
             ("year", "source", "allocated_amount", "spent_amount")),
    FactKind("archive", ArchiveVolume, "工作档案", ("year", "ledger_kind", "item_count", "location"),
             ("year", "ledger_kind", "item_count", "location")),
    FactKind("target", YearlyTarget, "目标任务", ("year", "text", "recorded_on"), ("year", "text", "recorded_on")),
    FactKind("letter", ResponsibilityLetter, "责任书", ("year", "upper_party", "signed_on", "scan"),
             ("year", "upper_party", "signed_on"), file="scan"),
    FactKind("former", FormerName, "曾用名", ("name", "used_until", "remark"), ("name", "used_until", "remark")),
)  # fmt: skip
BY_SLUG = {kind.slug: kind for kind in FACT_KINDS}
BY_MODEL = {kind.model: kind for kind in FACT_KINDS}
