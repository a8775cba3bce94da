"""Every address of the product, from the resolver."""

from dataclasses import dataclass

from django.urls import get_resolver
from django.urls.resolvers import URLPattern

from federation.shared.permissions import permission_of


@dataclass(frozen=True)
class Page:
    name: str
    view: object
    arguments: tuple[str, ...]

    @property
    def permission(self) -> str | None:
        return permission_of(self.view)

    @property
    def methods(self) -> tuple[str, ...] | None:
        """What the view answers, or None where a function decides by itself."""
        view_class = getattr(self.view, "view_class", None) or getattr(self.view, "cls", None)
        if view_class is None:
            return None
        return tuple(
            each for each in ("get", "post") if each in view_class.http_method_names and hasattr(view_class, each)
        )


def _arguments(pattern) -> tuple[str, ...]:
    return tuple(pattern.converters) or tuple(pattern.regex.groupindex)


def walk(patterns=None):
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield Page(pattern.name or "", pattern.callback, _arguments(pattern.pattern))
        else:
            yield from walk(pattern.url_patterns)


PAGES = list(walk())
