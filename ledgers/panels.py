"""What the ledgers show on the page of an organisation."""

import hashlib

from django.core.cache import cache
from django.urls import reverse

from federation.shared.panels import Panel, register_panel
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import DisabilityCategory
from ledgers.querysets import current_by_category
from orgs.models import Level

# Counting a province reads 1.87 million index entries; its page may show the numbers of a few minutes ago.
KEPT_SECONDS = 600


def _counts(organisation, user) -> dict[str, int]:
    """{category: number}; exact from the county down, kept for some minutes above it."""
    rows = DisabledPerson.objects.visible_to(user).under(organisation.path)
    if organisation.level >= Level.COUNTY:
        return current_by_category(rows)
    # What is counted depends on the reader's scopes, so they are part of the name it is kept under.
    scopes = sorted((scope.path, scope.category) for scope in user.scopes(DisabledPerson.view_permission))
    kept_as = f"persons:{organisation.path}:{hashlib.sha256(repr(scopes).encode()).hexdigest()}"
    return cache.get_or_set(kept_as, lambda: current_by_category(rows), KEPT_SECONDS)


def people_of(organisation, user) -> dict | None:
    """Registered people below `organisation` that `user` sees, by category."""
    counts = _counts(organisation, user)
    if not counts and not user.has_scope(DisabledPerson.edit_permission):
        return None
    address = f"{reverse('person-list')}?area={organisation.pk}"
    categories = [
        {"word": word, "count": counts.get(value, 0), "url": f"{address}&category={value}"}
        for value, word in DisabilityCategory.choices
    ]
    return {"total": sum(counts.values()), "url": address, "categories": categories}


register_panel(
    Panel(
        place="organisation",
        name="persons",
        heading="残疾人登记",
        template="ledgers/panel.html",
        permission="persons.view",
        context=people_of,
        order=40,
    )
)
