from django.apps import AppConfig


class AdminConsole(AppConfig):
    name = "admin_console"
