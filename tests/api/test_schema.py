"""Schemathesis drives every operation of the OpenAPI description in process, with every check it has.

SCHEMATHESIS_EXAMPLES sets how many examples an operation gets (default few, for every push).
"""

import os
from datetime import date

import pytest
import schemathesis
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from assessments.models import Standard
from assessments.services import compute_now, prepare_run

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "15"))

pytestmark = pytest.mark.django_db


@pytest.fixture
def _one_connection():
    """A server closes its connection after a request; here the test's transaction lives in it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def api_schema(world, _one_connection):
    call_command("load_standards", verbosity=0)
    standard = Standard.objects.get(code="nine_haves_2012")
    compute_now(prepare_run(standard=standard, area=world.county, year=2026, as_of=date(2026, 10, 31), by=world.clerk))
    return schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())


def key_is_mutated(case) -> bool:
    """Whether the example is wrong by its key: then it must go out as it was made."""
    headers = case.meta.components.get(ParameterLocation.HEADER)
    return headers is not None and headers.mode.is_negative


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_keeps_to_its_description(api_schema, world, mode):
    tried = 0
    for found in api_schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def run(case):
            nonlocal tried
            tried += 1
            cache.clear()
            # The one check left out: what a cursor or a moment may be (a page of ours, a sensible year) no
            # schema can say.
            headers = None if key_is_mutated(case) else {"Authorization": f"Api-Key {world.machine_key}"}
            case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

        try:
            run()
        except Unsatisfiable:
            # Nothing wrong can be sent to an operation without parameters.
            assert mode == GenerationMode.NEGATIVE
    assert tried >= EXAMPLES


def test_all_checks_but_one_are_on():
    assert len(CHECKS.get_all()) >= 8
