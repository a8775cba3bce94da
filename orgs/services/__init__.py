"""The office's verbs about organisations, posts and what bodies own."""

from orgs.services.divisions import LoadResult, load_divisions

__all__ = [
    "LoadResult",
    "load_divisions",
]
