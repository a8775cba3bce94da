"""The layers of the tree: imports by import-linter, foreign keys written as text by looking at them."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import models

from tests.access.rows import our_models

# Each may point at its own layer or at one further to the right.
LAYERS = ["campaigns", "assessments", "committees ledgers", "accounts", "orgs", "shared"]


def layer_of(label: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if label in names.split())


def upward_keys(candidates):
    """ "orgs.worker.user -> accounts" for every key to a higher layer, but for keys to the user by setting."""
    found = []
    for model in candidates:
        here = layer_of(model._meta.app_label)
        for field in model._meta.concrete_fields:
            target = field.related_model
            if not isinstance(field, models.ForeignKey) or target._meta.app_label not in " ".join(LAYERS).split():
                continue
            by_setting = target._meta.label == settings.AUTH_USER_MODEL
            body = target._meta.label == "orgs.Organisation"
            if layer_of(target._meta.app_label) < here and not by_setting and not (body and here == layer_of("shared")):
                found.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
    return found


def test_no_foreign_key_points_upwards():
    """But for the two that everybody needs: the user by AUTH_USER_MODEL, and the body that owns a row."""
    assert upward_keys(our_models()) == []


def test_an_upward_key_would_be_found():
    from orgs.models import Organisation

    class Planted(models.Model):
        run = models.ForeignKey("assessments.Run", on_delete=models.CASCADE, related_name="+")

        def __str__(self):
            return "planted"

        class Meta:
            app_label = "orgs"
            managed = False

    try:
        assert upward_keys([Organisation, Planted]) == ["orgs.Planted.run -> assessments.Run"]
    finally:
        from django.apps import apps

        del apps.all_models["orgs"]["planted"]
        apps.clear_cache()


@pytest.mark.timeout(120)
def test_imports_keep_the_layers():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
