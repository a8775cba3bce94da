"""What is paper, on the page of a person: photo, scans, print, own copy; on that of a body: its forms."""

from django.urls import reverse

from federation.shared.export_kinds import TAKE_PERSONAL
from federation.shared.panels import Panel, register_panel
from ledgers.models import Attachment, DisabledPerson
from orgs.models import Level


def material_of(person, user) -> dict | None:
    rows = list(Attachment.objects.visible_to(user).filter(person=person).only("kind", "version", "person_id"))
    may_edit = DisabledPerson.objects.visible_to(user, "persons.edit").filter(pk=person.pk).exists()
    if not rows and not may_edit:
        return None
    return {
        "person": person,
        "photo": next((each for each in rows if each.is_photo), None),
        "scans": sum(not each.is_photo for each in rows),
        "url": reverse("person-attachments", args=[person.uid]),
        "may_edit": may_edit,
    }


def paper_of(person, user) -> dict:
    may_copy = DisabledPerson.objects.visible_to(user, "persons.reveal").filter(pk=person.pk).exists()
    return {
        "print_url": reverse("person-print", args=[person.uid]),
        "copy_url": reverse("person-copy", args=[person.uid]) if may_copy else "",
    }


def forms_of_body(organisation, user) -> dict | None:
    """From the township down: a pile of paper somebody can carry."""
    if organisation.level < Level.TOWNSHIP or not user.has_scope(TAKE_PERSONAL):
        return None
    return {"url": reverse("village-print", args=[organisation.pk]), "blank_url": reverse("person-print-blank")}


register_panel(
    Panel(
        place="person",
        name="paper",
        heading="打印",
        template="ledgers/paper_panel.html",
        permission="persons.view",
        context=paper_of,
        order=21,
    )
)
register_panel(
    Panel(
        place="organisation",
        name="paper",
        heading="打印登记表",
        template="ledgers/paper_body_panel.html",
        permission="persons.view",
        context=forms_of_body,
        order=42,
    )
)


register_panel(
    Panel(
        place="person",
        name="material",
        heading="照片和材料",
        template="ledgers/attachments_panel.html",
        permission="persons.view",
        context=material_of,
        order=20,
    )
)
