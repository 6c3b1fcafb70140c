from django.apps import AppConfig


class Automation(AppConfig):
    name = "automation"
