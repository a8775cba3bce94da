"""One act, one entry: a table of acts through the product's own doors, and words for every action in the code."""

import ast
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.apps import apps

from federation.actions import ACTIONS, VERBS
from federation.shared import audit
from federation.shared.audit_words import action_words
from federation.shared.keys import KeyFile
from tests.audit.acts import ACTS, beside
from tests.audit.stage import TOLD_NOBODY, Stage

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    settings.FEDERATION_ERASURE_LIST = tmp_path / "erasures.txt"


@pytest.fixture
def _keys_of_ones_own(settings, tmp_path):
    """A new key must not reach the file that the other tests open their numbers with."""
    copied = tmp_path / "keys.json"
    copied.write_bytes(settings.KEYS.path.read_bytes())
    settings.KEYS = KeyFile.load_or_create(copied)


def test_every_action_of_the_table_has_an_act():
    assert set(ACTIONS) - set(ACTS) == set()


@pytest.mark.usefixtures("_keys_of_ones_own")
@pytest.mark.parametrize(
    "action",
    # A backup copies the database as others see it, and so not from within a transaction.
    [pytest.param(each, marks=pytest.mark.django_db(transaction=each == "shared.backup.made")) for each in ACTS],
)
def test_an_act_leaves_exactly_one_entry_with_all_it_should_say(action, world, client, person, worker):
    stage = Stage(world, client, person, worker)
    ACTS[action](stage)
    fresh = list(stage.fresh())
    (entry,) = (each for each in fresh if each.action == action)
    assert {each.action for each in fresh} - {action} <= beside(action)
    assert entry.actor_kind in (audit.USER, audit.SYSTEM, audit.ANONYMOUS) and entry.entry_hash and entry.seal
    assert action_words(action) != action
    for each in fresh:
        text = unquote(each.canonical())
        assert [told for told in TOLD_NOBODY if told in text] == []


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
