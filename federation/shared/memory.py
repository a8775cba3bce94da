"""What a serving process loads at its start stays to its end."""

import gc

from django.urls import get_resolver


def keep_what_is_loaded():
    """Load the addresses with their views and forms, and keep all of it out of what the collector of circles looks
    through while pages are asked for."""
    get_resolver().url_patterns  # noqa: B018 - read for what it imports
    gc.collect()
    gc.freeze()
