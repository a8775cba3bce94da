from django.apps import AppConfig


class LedgersConfig(AppConfig):
    name = "ledgers"
    verbose_name = "台账"

    def ready(self):
        from ledgers import panels  # noqa: F401 - registers the panel of the organisation page
