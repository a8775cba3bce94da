from django.apps import AppConfig


class LedgersConfig(AppConfig):
    name = "ledgers"
    verbose_name = "台账"

    def ready(self):
        from federation.shared.jobs.gate import before_release
        from federation.shared.offline import BlankForm, register_blank_form
        from ledgers import (  # noqa: F401 - register the list to take out, panels of pages
            exports,
            handing_over,
            keeping,
            panels,
            paper_panels,
            privacy_panels,
        )
        from ledgers.erasure import erase_again
        from ledgers.views import person_panels  # noqa: F401 - registers those of the page of a person

        register_blank_form(
            BlankForm(page="person-add", blank="person-blank", label="新登记一名残疾人", permission="persons.edit")
        )
        keeping.register_all()
        before_release("ledgers.erase_again", erase_again)
