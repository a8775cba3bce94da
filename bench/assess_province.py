"""A province: 19,121 bodies, 1.87 million persons, facts in proportion."""

from bench.assess import figures
from orgs.models import Level


def run(context):
    yield from figures(context, "assess_province", Level.PROVINCE, least_default=8.0)
