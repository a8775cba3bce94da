from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class SharedConfig(AppConfig):
    name = "federation.shared"
    label = "shared"
    verbose_name = "公共部分"

    def ready(self):
        # Receivers are allowed here alone: log-ins are events of Django and axes, an emptied database of migrate.
        # `startup` registers its system checks when it is imported.
        from federation.shared import audit_signals, startup  # noqa: F401

        post_migrate.connect(audit_signals.begin_log, sender=self)
        audit_signals.connect()
        # Every app's tasks.py registers its job kinds; the pages need them as well as the workers.
        autodiscover_modules("tasks")
