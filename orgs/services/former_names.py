"""What a body was called before, kept when it is renamed or absorbed: rosters of other offices name it so for years."""

from django.utils import timezone

from federation.shared.history import create_versioned
from orgs.models import FormerName, Organisation
from orgs.naming import proper_name


def remember_names(*, organisation: Organisation, names, until=None, remark: str, by) -> list[FormerName]:
    """Keep `names` as former names of `organisation`, those it does not carry today and has not on file yet."""
    today = {organisation.name, organisation.short_name}
    known = today | set(FormerName.objects.filter(organisation=organisation).values_list("name", flat=True))
    fresh = [name for name in dict.fromkeys(names) if name and name not in known]
    until = until or timezone.localdate()
    return [
        create_versioned(
            FormerName(organisation=organisation, name=name[:100], used_until=until, remark=remark[:100]), by=by
        )
        for name in fresh
    ]


def names_to_keep(name: str, short_name: str) -> list[str]:
    """The place's name; the full one beside it only where it does not follow from the place."""
    place = short_name or name
    return [place] if proper_name(name) == proper_name(place) else [place, name]
