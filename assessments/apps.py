from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "考核"

    def ready(self):
        # Every app's metrics.py registers its numbers; standards refer to them by name.
        autodiscover_modules("metrics")
        # Its part on the organisation's page.
        autodiscover_modules("panels")
