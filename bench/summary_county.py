"""表一 of a county of 40,900 people."""

from bench.summary import figures
from orgs.models import Level


def run(context):
    return figures(context, "summary_county", Level.COUNTY, 0.1, times=9)
