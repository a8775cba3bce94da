"""The register of every stored field: class, purpose, legal basis, how long it is kept, how it is masked.

Read from `fields.toml` of each app (see that of federation/shared for its words); `faults` names every field of
our models without an entry, and every entry without a field.
"""

import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.db import models

from federation.shared import retention
from federation.shared.sealed import MASKS, BlindIndexField, SealedField

PUBLIC, INTERNAL, PERSONAL, SENSITIVE = "公开", "内部", "个人信息", "敏感个人信息"
# Key in the files → (class, what kind of it).
CLASSES = {
    "public": (PUBLIC, ""),
    "internal": (INTERNAL, ""),
    "personal": (PERSONAL, ""),
    "number": (SENSITIVE, "证件号码"),
    "finance": (SENSITIVE, "金融账户"),
    "phone": (SENSITIVE, "电话"),
    "address": (SENSITIVE, "住址"),
    "health": (SENSITIVE, "残疾和健康"),
    "hardship": (SENSITIVE, "困难救助身份"),
}
# What must be sealed, or say why not.
SEALED_KINDS = ("number", "finance", "phone")
# What is not shown whole without a reason.
MASKED_KINDS = (*SEALED_KINDS, "address")
# What holds text of no list, by class, and how it is masked (see shared.masking); the other classes are shown whole.
_FREE_TEXT = {"address": "address", "health": "health", "personal": "numbers", "hardship": "numbers"}
# `papers` names texts whose digits number a paper (a decree, a certificate of training), not a person.
_WORDS = {"purpose", "basis", "keep", "purposes", "masks", "unsealed", "papers", *CLASSES}


class RegisterBroken(ValueError):
    """A file says something that does not exist; the message names the file and the word."""


@dataclass(frozen=True)
class Entry:
    """One field as the register shows it."""

    model: type[models.Model]
    field: models.Field
    key: str
    purpose: str
    basis: str
    keeping: str
    mask: str

    @property
    def classification(self) -> str:
        return CLASSES[self.key][0]

    @property
    def kind(self) -> str:
        return CLASSES[self.key][1]


def our_models() -> list[type[models.Model]]:
    """Every model of the product, those between two others included; not those of the libraries."""
    packages = _our_packages()
    ours = {config.label for config in apps.get_app_configs() if config.name.partition(".")[0] in packages}
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in ours]


@functools.cache
def _our_packages() -> frozenset[str]:
    """The packages that lie beside the project package."""
    root = Path(__file__).resolve().parents[2]
    return frozenset(path.parent.name for path in root.glob("*/__init__.py"))


@functools.cache
def _said() -> tuple[dict, dict, dict]:
    """(common, {model label: entry}, {period: words}) of all files."""
    common, said, periods = {}, {}, {}
    for config in apps.get_app_configs():
        path = Path(config.path, "fields.toml")
        if not path.exists():
            continue
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        common |= given.get("common", {})
        periods |= given.get("periods", {})
        for label, entry in given.get("models", {}).items():
            unknown = set(entry) - _WORDS
            if unknown or label in said or not label.startswith(f"{config.label}."):
                raise RegisterBroken(f"{path.parent.name}/fields.toml 的 {label} 写错：{'、'.join(sorted(unknown))}")
            said[label] = entry
    return common, said, periods


def _classes_of(entry: dict) -> dict[str, str]:
    """{field name: class key}"""
    return {name: key for key in CLASSES for name in entry.get(key, [])}


def entries() -> Iterator[Entry]:
    """The whole register, in the order of models and fields. Fields without an entry are left out; see `faults`."""
    common, said, _periods = _said()
    for model in our_models():
        own = said.get(model._meta.label_lower, {})
        classes, shared = _classes_of(own), _classes_of(common)
        for field in model._meta.concrete_fields:
            source = own if field.name in classes else common
            key = classes.get(field.name) or shared.get(field.name)
            if key is None:
                continue
            yield Entry(
                model=model,
                field=field,
                key=key,
                purpose=own.get("purposes", {}).get(field.name) or source["purpose"],
                basis=source["basis"],
                keeping=_keeping(source["keep"]),
                mask=mask_of(field, own),
            )


def _keeping(keep: str) -> str:
    """The period in words: one of [periods], or lines of the retention table."""
    _common, _models, periods = _said()
    if keep in periods:
        return periods[keep]
    lines = {kept.name: kept for kept in retention.all_kept()}
    return "；".join(f"{lines[name].what} {lines[name].period_words}" for name in keep.split(", ") if name in lines)


def free_text_rule_of(field: models.Field) -> str:
    """By which rule a text of `field` is masked: address, health, numbers, or "" for none."""
    common, said, _periods = _said()
    own = said.get(field.model._meta.label_lower, {})
    if field.name in own.get("papers", []):
        return ""
    key = _classes_of(own).get(field.name) or _classes_of(common).get(field.name)
    # What is not in the register is nobody's to show.
    return _FREE_TEXT.get(key, "") if key else "health"


def mask_of(field: models.Field, entry: dict) -> str:
    """How the field is shown to who has given no reason."""
    if isinstance(field, SealedField):
        head, tail = MASKS[field.kind]
        return "加密，不显示" if head == tail == 0 else f"加密，只显示前 {head} 位和后 {tail} 位"
    if isinstance(field, BlindIndexField):
        return "不可逆摘要，不显示"
    return entry.get("masks", {}).get(field.name, "")


# --- what is wrong with it --------------------------------------------------------------------------


def faults() -> list[str]:
    """Each a sentence: fields without an entry, entries without a field, words and periods that are not known."""
    common, said, periods = _said()
    ours = {model._meta.label_lower: model for model in our_models()}
    found = [f"{label}：登记了，但没有这个表。" for label in sorted(set(said) - set(ours))]
    known = set(periods) | {kept.name for kept in retention.all_kept()}
    shared = set(_classes_of(common))
    for label, model in ours.items():
        found += _faults_of(label, model, said.get(label, {}), shared, known)
    return found


def _faults_of(label: str, model, entry: dict, shared: set[str], known: set[str]) -> Iterator[str]:
    classes = _classes_of(entry)
    fields = {field.name: field for field in model._meta.concrete_fields}
    for name in sorted(set(fields) - set(classes) - shared):
        yield f"{label}.{name}：没有登记。请在 {label.partition('.')[0]} 的 fields.toml 中补上。"
    named = [name for key in CLASSES for name in entry.get(key, [])]
    named += [name for word in ("purposes", "masks", "unsealed", "papers") for name in entry.get(word, [])]
    for name in sorted(set(named) - set(fields)):
        yield f"{label}.{name}：登记了，但没有这个字段。"
    for name in sorted({name for key in CLASSES for name in entry.get(key, []) if _times(entry, name) > 1}):
        yield f"{label}.{name}：登记了两次。"
    if classes:
        for word in ("purpose", "basis", "keep"):
            if not entry.get(word):
                yield f"{label}：没有写 {word}。"
        for name in entry.get("keep", "").split(", "):
            if name and name not in known:
                yield f"{label}：保存期限 {name} 不在保存期限表中。"
    for name, key in classes.items():
        if name in fields:
            yield from _faults_of_field(label, fields[name], key, entry)


def _times(entry: dict, name: str) -> int:
    return sum(entry.get(key, []).count(name) for key in CLASSES)


def _faults_of_field(label: str, field: models.Field, key: str, entry: dict) -> Iterator[str]:
    is_sealed = isinstance(field, (SealedField, BlindIndexField))
    if key in SEALED_KINDS and not is_sealed and field.name not in entry.get("unsealed", {}):
        yield f"{label}.{field.name}：是{CLASSES[key][1]}，应加密保存，或在 unsealed 中写明为什么不加密。"
    if key in MASKED_KINDS and not mask_of(field, entry):
        yield f"{label}.{field.name}：是{CLASSES[key][1]}，没有写怎样遮盖。"
    if is_sealed and key in ("public", "internal"):
        yield f"{label}.{field.name}：加密保存，不会是{CLASSES[key][0]}。"
