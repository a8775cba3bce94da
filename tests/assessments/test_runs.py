"""A run from the command to its rows."""

import io
import json

import pytest
from django.core.management import call_command

from tests.assessments.facts import AS_OF


def assess(standard, area="620422000000", year=2026, as_of=AS_OF):
    out = io.StringIO()
    call_command("assess", standard=standard, area=area, year=year, as_of=as_of, json=True, stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("standard,count", [("nine_haves_2012", 4), ("township_2012", 4), ("village_2012", 12)])
def test_the_command_computes_every_live_body_of_the_county(county, standard, count):
    answer = assess(standard)
    assert answer["bodies"] == count == len(answer["results"])
    assert answer["state"] == "computed"
