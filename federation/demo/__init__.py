"""The demonstration county. Not for an installation that holds real data."""

# Printed at the start; everything it opens is invented and on the own machine.
PASSWORD = "Huining-demo-2026"  # noqa: S105
