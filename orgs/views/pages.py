"""What the pages around one body share: breadcrumbs, and refusals of a service shown on the form."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse

from federation.shared.views import add_refusal, get_in_scope
from orgs.areas import ancestors_of
from orgs.models import Organisation


def organisation_url(organisation) -> str:
    return reverse("organisation-detail", args=[organisation.pk])


def crumbs_of(organisation, user) -> list[dict]:
    """The list, the bodies above (linked where the user may open them), and the body itself."""
    crumbs = [{"url": reverse("organisation-list"), "label": "机构"}]
    for body in ancestors_of(organisation, user):
        if body.is_visible:
            crumbs.append({"url": organisation_url(body), "label": body.label})
    crumbs.append({"url": organisation_url(organisation), "label": organisation.label})
    return crumbs


class ShowsRefusals:
    """Of form views: what a service refuses comes back on the form, with what was typed."""

    refusals: tuple[type[Exception], ...] = (ValidationError,)

    def post(self, request, **kwargs):
        try:
            return super().post(request, **kwargs)
        except self.refusals as refusal:
            form = self.get_form(self.form_instance())
            form.is_valid()
            add_refusal(form, refusal)
            return self.show(form)
        except IntegrityError:
            # Two people saved the same thing at the same moment: the second is told what the form would say now.
            form = self.get_form(self.form_instance())
            if form.is_valid():
                raise
            return self.show(form)

    def form_instance(self):
        """The row as the form began with it: what a refused save put into the first one is left behind."""
        return self.get_object() if hasattr(self, "get_object") else self.initial_instance()


class OfOneBody:
    """Of views below a body's address: the body, which the user must see and be allowed to write for."""

    def organisation(self):
        if not hasattr(self, "_organisation"):
            self._organisation = get_in_scope(
                Organisation.objects, self.request.user, self.permission, Organisation.view_permission,
                pk=self.kwargs["pk"],
            )  # fmt: skip
        return self._organisation
