"""The personal form, blank and without its user: what a device keeps for use without network."""

from federation.shared.views import ScopedView
from ledgers.forms import PersonForm


class BlankPersonView(ScopedView):
    """Holds the villages one writes for, and nobody's data; sent to the page of a new entry."""

    permission = "persons.edit"
    title = "新登记：残疾人基本状况个人登记表"
    template_name = "ledgers/person_blank.html"

    def get(self, request):
        return self.page(form=PersonForm(user=request.user))
