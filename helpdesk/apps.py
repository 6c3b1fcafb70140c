from django.apps import AppConfig


class HelpDesk(AppConfig):
    name = "helpdesk"
