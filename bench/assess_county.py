"""One county: 28 townships, 322 villages, 40,900 persons."""

from bench.assess import figures
from orgs.models import Level


def run(context):
    yield from figures(context, "assess_county", Level.COUNTY)
