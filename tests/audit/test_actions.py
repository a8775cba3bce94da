"""One act, one entry: a table of acts through the product's own doors, and words for every action in the code."""

import ast
import datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import reverse

from accounts import services as accounts
from accounts.models import Assignment
from federation.actions import ACTIONS, VERBS
from federation.roles import Role
from federation.shared import audit
from federation.shared.audit_words import action_words
from federation.shared.history import create_versioned, save_versioned
from federation.shared.models import AuditEntry
from orgs.models import Plaque, Premises, Regulation
from tests.conftest import PASSWORD

ROOT = Path(__file__).resolve().parents[2]


class Stage:
    """What an act needs: the cast, a browser, a person, a worker."""

    def __init__(self, world, client, person, worker):
        self.world, self.client, self.person, self.worker = world, client, person, worker

    def log_in(self, name, password=PASSWORD):
        return self.client.post(reverse("login"), {"username": name, "password": password})

    def be(self, name):
        self.client.force_login(getattr(self.world, name), backend="django.contrib.auth.backends.ModelBackend")

    def reveal(self, name, row, field):
        self.be(name)
        url = reverse("reveal", args=[row._meta.label_lower, row.uid, field])
        return self.client.post(url, {"reason": "核对补贴发放账号"})

    def save(self, row, by, **values):
        fresh = type(row).objects.get(pk=row.pk)
        for name, value in values.items():
            setattr(fresh, name, value)
        return save_versioned(fresh, by=by)


def log_out(stage):
    stage.be("member")
    stage.client.post(reverse("logout"))


def lock_out(stage):
    for _ in range(5):
        stage.log_in("member", "wrong")


ACTS = {
    "accounts.login.succeeded": lambda s: s.log_in("member"),
    "accounts.login.failed": lambda s: s.log_in("member", "wrong"),
    "accounts.login.locked_out": lock_out,
    "accounts.logout": log_out,
    "accounts.account.disabled": lambda s: accounts.set_active(
        account=s.world.member, active=False, by=s.world.administrator
    ),
    "accounts.password_reset": lambda s: accounts.reset_password(account=s.world.member, by=s.world.administrator),
    "accounts.key.issued": lambda s: accounts.issue_key(
        name="市残联", organisation=s.world.county, resources=["runs"], expires_on=datetime.date(2030, 1, 1),
        by=s.world.administrator,
    ),
    "accounts.assignment.created": lambda s: create_versioned(
        Assignment(user=s.world.stranger, role=Role.VILLAGE_MEMBER, organisation=s.world.village),
        by=s.world.administrator,
    ),
    "accounts.user.changed": lambda s: s.save(s.world.member, s.world.administrator, display_name="周新名"),
    "shared.number.revealed": lambda s: s.reveal("member", s.person, "id_number"),
    "shared.number.reveal_refused": lambda s: s.reveal("viewer", s.person, "id_number"),
    "ledgers.disabledperson.changed": lambda s: s.save(s.person, s.world.member, grade="1"),
    "orgs.worker.changed": lambda s: s.save(s.worker, s.world.clerk, phone="13900000009"),
    "orgs.organisation.changed": lambda s: s.save(s.world.village, s.world.clerk, short_name="新东山村"),
    "orgs.plaque.created": lambda s: create_versioned(
        Plaque(organisation=s.world.village, hung_on=datetime.date(2020, 1, 1)), by=s.world.member
    ),
    "orgs.premises.created": lambda s: create_versioned(
        Premises(organisation=s.world.village, since=datetime.date(2020, 1, 1)), by=s.world.member
    ),
    "orgs.regulation.created": lambda s: create_versioned(
        Regulation(organisation=s.world.village, issued_on=datetime.date(2020, 1, 1)), by=s.world.member
    ),
}  # fmt: skip


@pytest.mark.parametrize("action", ACTS)
def test_an_act_leaves_exactly_one_entry_with_all_it_should_say(action, world, client, person, worker):
    earlier = set(AuditEntry.objects.values_list("pk", flat=True))
    ACTS[action](Stage(world, client, person, worker))
    fresh = AuditEntry.objects.exclude(pk__in=earlier)
    (entry,) = fresh.filter(action=action)
    # Being logged in for the act, and the failures that lead to a lock-out, are acts of their own.
    beside = {"accounts.login.succeeded", "accounts.login.failed"}
    assert set(fresh.exclude(pk=entry.pk).values_list("action", flat=True)) <= beside
    assert entry.actor_kind in (audit.USER, audit.SYSTEM) and entry.entry_hash and entry.seal
    assert action_words(action) != action
    for value in ("甲某", "乙某", "周新名", "629999199001011238", "13900000001", "13900000009", PASSWORD):
        assert value not in entry.canonical()


def literal_actions():
    """Every action name written in the product's code, with the file it stands in."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).parts
        if parts[0] in ("tests", "bench", "var") or parts[0].startswith("."):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            for text in _action_texts(node):
                found.setdefault(text, str(path.relative_to(ROOT)))
    return found


def _action_texts(node):
    if not isinstance(node, ast.Call):
        return []
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    arguments = node.args[:1] if name == "record" else []
    if name in ("save_versioned", "create_versioned", "record_created"):
        arguments = [keyword.value for keyword in node.keywords if keyword.arg == "action"]
    return [argument.value for argument in arguments if isinstance(argument, ast.Constant)]


def test_every_action_in_the_code_has_words(db):
    found = literal_actions()
    assert len(found) > 10
    assert {action: path for action, path in found.items() if action not in ACTIONS} == {}


def test_every_versioned_model_has_a_chinese_name_for_its_actions():
    for model in apps.get_models():
        if any(field.name == "version" for field in model._meta.concrete_fields):
            for verb in VERBS:
                words = action_words(f"{model._meta.label_lower}.{verb}")
                assert words.startswith(VERBS[verb]) and not words.isascii()
