from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class SharedConfig(AppConfig):
    name = "federation.shared"
    label = "shared"
    verbose_name = "公共部分"

    def ready(self):
        # Every app's tasks.py registers its job kinds; the pages need them as well as the workers.
        autodiscover_modules("tasks")
