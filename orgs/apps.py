from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "orgs"
    verbose_name = "机构"

    def ready(self):
        from orgs import panels  # noqa: F401 - registers those of the page of a body
