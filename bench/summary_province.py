"""表一 of a province of 1.87 million people."""

from bench.summary import figures
from orgs.models import Level


def run(context):
    # SQLite is what one office runs on: its line says what a province would cost there, without a goal.
    seconds = 2 if context.engine == "postgresql" else None
    return figures(context, "summary_province", Level.PROVINCE, seconds, times=3)
