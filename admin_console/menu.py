"""The console in the shell."""

from django.utils.translation import gettext_lazy as _

from core.web.menu import add_app

add_app(
    "admin_console",
    _("Admin console"),
    "shield",
    "console",
    (
        ("console", _("Overview"), "gauge"),
        ("console-users", _("Users"), "users"),
        ("console-organisation", _("Organisation"), "building"),
        ("console-modules", _("Fields"), "list-plus"),
        ("console-pipelines", _("Pipelines"), "kanban"),
        ("console-rates", _("Currencies"), "coins"),
        ("console-system", _("System"), "activity"),
        ("mail-tray", _("Mail tray"), "mail"),
        ("console-audit", _("Audit log"), "history"),
    ),
)
