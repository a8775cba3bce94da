"""What the ledgers show on the page of an organisation and on the start page."""

import hashlib

from django.core.cache import cache
from django.db.models import Count, Q
from django.urls import reverse

from federation.shared.panels import Panel, register_panel
from ledgers.drafts import SOON, room_in_words, soon_gone
from ledgers.models import DisabledPerson, PersonDraft
from ledgers.models.dictionaries import DisabilityCategory, EntryState
from ledgers.querysets import current_by_category
from ledgers.views.approvals import waiting_by_village, waiting_for
from orgs.models import Level

# Counting a province reads 1.87 million index entries; its page may show the numbers of a few minutes ago.
KEPT_SECONDS = 600
# Of what was returned, the start page names so many; the list has them all.
NAMED = 10
VILLAGES_NAMED = 12


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


def quality_of(organisation, user) -> dict | None:
    """How complete the forms below `organisation` are: complete, with gaps, with faults; from the county down."""
    if organisation.level < Level.COUNTY:
        return None
    rows = DisabledPerson.objects.visible_to(user).under(organisation.path).still_registered()
    counts = rows.aggregate(
        total=Count("id"),
        complete=Count("id", filter=Q(missing_mandatory=0, failed_checks="")),
        missing=Count("id", filter=Q(missing_mandatory__gt=0)),
        failed=Count("id", filter=~Q(failed_checks="")),
    )
    if not counts["total"]:
        return None
    address = f"{reverse('person-list')}?area={organisation.pk}"
    words = (("complete", "填写完整且无问题"), ("missing", "有缺项"), ("failed", "数据有问题"))
    return {
        "total": counts["total"],
        "percent": f"{100 * counts['complete'] / counts['total']:.1f}%",
        "figures": [{"word": word, "count": counts[name], "url": f"{address}&quality={name}"} for name, word in words],
    }


def waiting_of(organisation, user) -> dict | None:
    """On the start page of who approves: what waits, by village."""
    villages = waiting_by_village(waiting_for(user))
    if not villages:
        return None
    return {
        "total": sum(each["count"] for each in villages),
        "villages": villages[:VILLAGES_NAMED],
        "url": reverse("approval-list"),
    }


def writing_of(organisation, user) -> dict | None:
    """On the start page of who fills in forms: what came back, what waits, what is only a draft."""
    rows = DisabledPerson.objects.visible_to(user, DisabledPerson.edit_permission)
    returned = list(rows.filter(state=EntryState.RETURNED).order_by("-decided_at")[: NAMED + 1])
    waiting = rows.filter(state=EntryState.SUBMITTED).count()
    own = PersonDraft.objects.visible_to(user)
    drafts = own.count()
    if not (returned or waiting or drafts):
        return None
    return {
        "returned": [
            {"url": reverse("person-edit", args=[row.uid]), "name": row.name, "reason": row.returned_reason}
            for row in returned[:NAMED]
        ],
        "more_url": f"{reverse('person-list')}?approval=returned" if len(returned) > NAMED else "",
        "waiting": waiting,
        "waiting_url": f"{reverse('person-list')}?approval=submitted",
        "drafts": drafts,
        "soon_gone": soon_gone(own).count() if drafts else 0,
        "soon": SOON,
        "room": room_in_words(drafts),
        "drafts_url": reverse("draft-list"),
    }


register_panel(
    Panel(
        place="organisation",
        name="quality",
        heading="登记表填写情况",
        template="ledgers/quality_panel.html",
        permission="persons.view",
        context=quality_of,
        order=41,
    )
)
register_panel(
    Panel(
        place="home",
        name="approvals",
        heading="待审核登记表",
        template="ledgers/home_approvals.html",
        permission="persons.approve",
        context=waiting_of,
        order=10,
    )
)
register_panel(
    Panel(
        place="home",
        name="writing",
        heading="我的登记表",
        template="ledgers/home_writing.html",
        permission="persons.edit",
        context=writing_of,
        order=11,
    )
)
