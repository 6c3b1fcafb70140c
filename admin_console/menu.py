"""The console in the shell."""

from django.utils.translation import gettext_lazy as _

from core.access.levels import may
from core.access.people import are_several
from core.web.menu import add_app, show_when

add_app(
    "admin_console",
    _("Admin console"),
    "shield",
    "console-users",
    (
        ("console-users", _("Users"), "users"),
        ("console-apps", _("Apps"), "layout-grid"),
        ("console-why", _("Who can see what"), "shield-question-mark"),
        ("console-organisation", _("Organisation"), "building"),
        ("console-subscription", _("Subscription"), "receipt"),
        ("console-account", _("Admins"), "shield-check"),
        ("console-profiles", _("Profiles"), "id-card"),
        ("console-modules", _("Fields"), "list-plus"),
        ("console-rates", _("Currencies"), "coins"),
        ("console", _("Overview"), "gauge"),
        ("console-system", _("System"), "activity"),
        ("mail-tray", _("Mail tray"), "mail"),
        ("console-audit", _("Audit log"), "history"),
    ),
)

# Profiles and roles matter once there are two people (ADM-10); the subscription shows to whom it may be seen.
show_when("console-profiles", lambda user: are_several())
show_when("console-subscription", lambda user: may(user, "see_subscription"))
