from django.apps import AppConfig


class Social(AppConfig):
    name = "social"
