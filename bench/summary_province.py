"""表一 of a province of 1.87 million people."""

from bench.summary import figures
from orgs.models import Level


def run(context):
    return figures(context, "summary_province", Level.PROVINCE, 2, times=3)
