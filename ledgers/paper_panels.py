"""What is paper, on the page of a person: photo and number of scans."""

from django.urls import reverse

from federation.shared.panels import Panel, register_panel
from ledgers.models import Attachment, DisabledPerson


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
