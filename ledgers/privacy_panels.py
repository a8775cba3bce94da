"""What privacy shows on the page of a person, of an organisation and on the start page."""

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from federation.shared.panels import Panel, register_panel
from ledgers import consent
from ledgers.erasure import PERMISSION as ERASE
from ledgers.keeping import proposals_to_decide
from ledgers.models import DisabledPerson, ErasureProposal, PersonRequest
from ledgers.requests import kept_without_basis
from ledgers.views.privacy import request_url, state_tag
from orgs.models import Level, Organisation

# Of the bodies below with files without consent, the page names so many; the list has them all.
NAMED = 20
REQUESTS_NAMED = 10


def privacy_of(person, user) -> dict:
    """Consent in words, what a withdrawal means, and the requests of the person."""
    may_edit = DisabledPerson.objects.visible_to(user, person.edit_permission).filter(pk=person.pk).exists()
    requests = list(PersonRequest.objects.visible_to(user).filter(person=person).order_by("-id")[:REQUESTS_NAMED])
    for each in requests:
        each.url, each.tag = request_url(each), state_tag(each)
    return {
        "consent": consent.consent_in_words(person),
        "withdrawn": consent.is_withdrawn(person),
        "kept_for": _kept_for(person, user) if consent.is_withdrawn(person) else "",
        "after_withdrawal": consent.policy_now().after_withdrawal,
        "requests": requests,
        "add_url": reverse("person-request-add", args=[person.uid]) if may_edit else "",
        "sheet_url": reverse("person-consent-sheet", args=[person.uid]) if may_edit else "",
    }


def _kept_for(person, user) -> str:
    """On what the file is kept after the withdrawal, as its decision says; "" where that was never written down."""
    asked = {"kind": PersonRequest.Kind.WITHDRAWAL, "state": PersonRequest.State.GRANTED}
    last = PersonRequest.objects.visible_to(user).filter(person=person, **asked).order_by("-id").first()
    return last.answer if last else ""


def consents_of(organisation, user) -> dict | None:
    """How many files below lack a consent, by the bodies where people are registered; from the county down."""
    if organisation.level < Level.COUNTY:
        return None
    rows = DisabledPerson.objects.visible_to(user).under(organisation.path).still_registered()
    total = rows.count()
    if not total:
        return None
    lacking = rows.filter(consent.WITHOUT_CONSENT).order_by().values_list("organisation")
    counts = sorted(lacking.annotate(number=Count("id")), key=lambda each: -each[1])
    named = counts[:NAMED]
    bodies = Organisation.objects.visible_to(user).in_bulk([pk for pk, _count in named])
    address = f"{reverse('person-list')}?consent=without&area="
    return {
        "total": total,
        "without": sum(count for _pk, count in counts),
        "url": f"{address}{organisation.pk}",
        "villages": [
            {"name": bodies[pk].label, "count": count, "url": f"{address}{pk}"} for pk, count in named if pk in bodies
        ]
        if organisation.level < Level.VILLAGE
        else [],
    }


def work_of(organisation, user) -> dict | None:
    """On the start page: requests to answer, files due for erasure."""
    waiting = PersonRequest.objects.visible_to(user, "persons.approve").waiting()
    number = waiting.count()
    due = proposals_to_decide(ErasureProposal.objects.visible_to(user)).count() if user.has_scope(ERASE) else 0
    unsaid = kept_without_basis(PersonRequest.objects.visible_to(user, "persons.approve")).count()
    if not number and not due and not unsaid:
        return None
    return {
        "requests": number,
        "overdue": waiting.filter(due_on__lt=timezone.localdate()).count(),
        "requests_url": f"{reverse('person-request-list')}?waiting=1",
        "unsaid": unsaid,
        "unsaid_url": f"{reverse('person-list')}?consent=withdrawn",
        "due": due,
        "due_url": reverse("erasure-list"),
    }


register_panel(Panel(
    place="person", name="privacy", heading="个人信息同意和请求", template="ledgers/privacy_panel.html",
    permission="persons.view", context=privacy_of, order=60,
))  # fmt: skip
register_panel(Panel(
    place="organisation", name="consents", heading="个人信息同意", template="ledgers/privacy_body_panel.html",
    permission="persons.view", context=consents_of, order=42,
))  # fmt: skip
register_panel(Panel(
    place="home", name="privacy", heading="个人信息", template="ledgers/privacy_home.html",
    permission="persons.approve", context=work_of, order=30,
))  # fmt: skip
