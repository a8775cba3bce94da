from django.apps import AppConfig


class CommitteesConfig(AppConfig):
    name = "committees"
    verbose_name = "专职委员"

    def ready(self):
        # Registers those of the start page and of 我的.
        from committees import own_panels, own_trainings, panels, warnings  # noqa: F401
