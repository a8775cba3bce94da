from importlib import import_module

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
        # What its results say to the renewal of an engagement.
        import_module("assessments.renewal")
