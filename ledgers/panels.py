"""What the ledgers show on the page of an organisation."""

from django.urls import reverse

from federation.shared.panels import Panel, register_panel
from ledgers.models import DisabledPerson
from ledgers.models.dictionaries import DisabilityCategory
from ledgers.querysets import current_by_category


def people_of(organisation, user) -> dict | None:
    """Registered people below `organisation` that `user` sees, by category."""
    rows = DisabledPerson.objects.visible_to(user).under(organisation.path)
    counts = current_by_category(rows)
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
