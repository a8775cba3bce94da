"""Filling in a form without network: the service worker, the outbox page, what the outbox asks of the server.

Nothing personal is ever cached: the worker keeps styles, scripts, the page of the outbox and *blank* forms, which
apps register here.
"""

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True)
class BlankForm:
    """`page` is where the form is filled in with a network, `blank` the same form empty and without its user.

    Both are names of URLs without arguments; `permission` is what the form takes.
    """

    page: str
    blank: str
    label: str
    permission: str

    @property
    def page_url(self) -> str:
        return reverse(self.page)

    @property
    def blank_url(self) -> str:
        return reverse(self.blank)


_FORMS: list[BlankForm] = []


def register_blank_form(form: BlankForm):
    if form not in _FORMS:
        _FORMS.append(form)


def blank_forms() -> list[BlankForm]:
    return list(_FORMS)


def forms_of(user) -> list[BlankForm]:
    """The forms that `user` may fill in; empty for most, who then get neither worker nor outbox."""
    return [form for form in _FORMS if user.has_scope(form.permission)]
