"""P-PI-04: every stored field says what class it is of, what for, on what ground, how long and how it is masked."""

import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from federation.shared import field_register
from federation.shared.field_register import SENSITIVE, entries, faults, our_models
from federation.shared.sealed import SealedField
from ledgers.models import DisabledPerson


def test_every_field_of_every_model_is_in_the_register_and_the_register_names_nothing_else():
    assert faults() == []


def test_the_register_covers_every_model_of_the_product():
    registered = {entry.model for entry in entries()}
    assert registered == set(our_models())
    ours = {model._meta.label for model in our_models()}
    assert {"ledgers.DisabledPerson", "shared.AuditEntry", "orgs.Worker", "accounts.User_groups"} <= ours
    assert not any(label.startswith(("auth.", "axes.", "sessions.")) for label in ours)


def test_every_entry_says_purpose_ground_and_period():
    for entry in entries():
        assert entry.purpose and entry.basis and entry.keeping, entry


def test_every_sealed_field_is_personal_and_every_number_of_a_person_is_sensitive():
    by_name = {entry.field.name: entry for entry in entries() if entry.model is DisabledPerson}
    for name in ("id_number", "certificate_number", "phone", "guardian_phone", "current_address", "category"):
        assert by_name[name].classification == SENSITIVE, name
        assert by_name[name].mask or by_name[name].kind == "残疾和健康", name
    sealed = [entry for entry in entries() if isinstance(entry.field, SealedField)]
    assert len(sealed) >= 10
    assert {entry.classification for entry in sealed} <= {"个人信息", SENSITIVE}


@pytest.fixture
def changed(monkeypatch):
    """The register with one entry changed: `changed(label, key, value)`."""

    def change(label, **more):
        common, said, periods = field_register._said()
        entry = {**said.get(label, {}), **more}
        monkeypatch.setattr(field_register, "_said", lambda: (common, {**said, label: entry}, periods))

    return change


def _without(label, key, name):
    return [each for each in field_register._said()[1][label][key] if each != name]


def test_a_field_without_an_entry_is_named(changed):
    changed("ledgers.disabledperson", number=_without("ledgers.disabledperson", "number", "id_number"))
    assert any("ledgers.disabledperson.id_number：没有登记" in fault for fault in faults())


def test_an_entry_without_a_field_is_named(changed):
    changed("ledgers.household", internal=["colour"])
    assert "ledgers.household.colour：登记了，但没有这个字段。" in faults()


def test_a_number_that_is_not_sealed_is_named(changed):
    personal = _without("orgs.tenure", "personal", "document_number")
    changed("orgs.tenure", personal=personal, number=["document_number"])
    assert any("orgs.tenure.document_number" in fault and "应加密保存" in fault for fault in faults())


def test_an_address_without_a_mask_and_an_unknown_period_are_named(changed):
    changed("ledgers.household", masks={}, keep="for ever")
    assert any("ledgers.household.address" in fault and "遮盖" in fault for fault in faults())
    assert any("for ever" in fault for fault in faults())


def test_a_model_that_is_gone_and_a_field_named_twice_are_named(changed):
    changed("ledgers.gone", purpose="x", basis="x", keep="record", internal=["id"])
    assert "ledgers.gone：登记了，但没有这个表。" in faults()
    changed("orgs.plaque", internal=["wording"])
    assert "orgs.plaque.wording：登记了两次。" in faults()


def test_every_app_with_tables_has_its_file():
    with_tables = {model._meta.app_label for model in our_models()}
    for config in apps.get_app_configs():
        if config.label in with_tables:
            path = Path(config.path, "fields.toml")
            assert path.exists(), config.label
            assert set(tomllib.loads(path.read_text(encoding="utf-8"))) <= {"common", "periods", "models"}
            assert any(issubclass(model, models.Model) for model in config.get_models())
