from django.apps import AppConfig


class LedgersConfig(AppConfig):
    name = "ledgers"
    verbose_name = "台账"

    def ready(self):
        from federation.shared.offline import BlankForm, register_blank_form
        from ledgers import exports, panels, paper_panels  # noqa: F401 - register the list to take out, panels of pages
        from ledgers.views import person_panels  # noqa: F401 - registers those of the page of a person

        register_blank_form(
            BlankForm(page="person-add", blank="person-blank", label="新登记一名残疾人", permission="persons.edit")
        )
