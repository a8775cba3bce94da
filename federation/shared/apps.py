from django.apps import AppConfig


class SharedConfig(AppConfig):
    name = "federation.shared"
    label = "shared"
    verbose_name = "公共部分"
