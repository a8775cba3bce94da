"""Where a login lands."""

from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from federation.shared.permissions import LOGGED_IN, requires


@requires(LOGGED_IN)
def home(request):
    """The page of the account's own organisation; without a role, the page that says what may be opened."""
    organisation = request.user.home_organisation
    if organisation is not None and request.user.has_scope("organisations.view"):
        try:
            return redirect(reverse("organisation-detail", args=[organisation.pk]))
        except NoReverseMatch:
            pass
    return redirect("more")
