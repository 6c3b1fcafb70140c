from django.apps import AppConfig


class Crm(AppConfig):
    name = "crm"
