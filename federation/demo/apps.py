from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "federation.demo"
    label = "demo"
    verbose_name = "演示数据"
