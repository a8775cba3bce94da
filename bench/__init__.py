"""Figures of the product against a floor and a default, measured in one run. `python -m bench --help`."""
