"""The console in the shell."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.access.gate import rights
from core.access.levels import may
from core.access.people import are_several
from core.web.menu import add_app, given_apps, offers, show_when, stands_in

from . import licences

add_app(
    "admin_console",
    _("Admin console"),
    "shield",
    "console-users",
    (
        ("console", _("Overview"), "gauge"),
        ("", pgettext_lazy("console", "People"), ""),
        ("console-users", _("Users"), "users"),
        ("console-apps", _("Apps"), "layout-grid"),
        ("console-account", _("Admins"), "shield-check"),
        ("", pgettext_lazy("console", "Rights"), ""),
        ("console-profiles", _("Profiles"), "id-card"),
        ("console-roles", _("Roles"), "network"),
        ("console-sharing", _("Sharing"), "share-2"),
        ("console-why", _("Who can see what"), "shield-question-mark"),
        ("", pgettext_lazy("console", "Company"), ""),
        ("console-organisation", _("Organisation"), "building"),
        ("console-subscription", _("Subscription"), "receipt"),
        ("console-rates", _("Currencies"), "coins"),
        ("", pgettext_lazy("console", "Records"), ""),
        ("console-modules", _("Fields"), "list-plus"),
        ("console-pipelines", _("Pipelines"), "kanban"),
        ("", pgettext_lazy("console", "Protection"), ""),
        ("console-security", _("Security"), "lock-keyhole"),
        ("console-signins", _("Sign-in log"), "log-in"),
        ("console-tokens", _("Tokens"), "key-round"),
        ("console-audit", _("Audit log"), "history"),
        ("console-customers", _("Personal data"), "user-search"),
        ("", pgettext_lazy("console", "Running"), ""),
        ("console-system", _("System"), "activity"),
        ("mail-tray", _("Mail tray"), "mail"),
    ),
)

# Profiles and roles matter once there are two people (ADM-10); the subscription shows to whom it may be seen.
for _name in ("console-profiles", "console-roles", "console-sharing", "console-why"):
    show_when(_name, lambda user: are_several())
for _name in ("mail-tray", "mail-stopped"):
    stands_in(_name, "admin_console")
show_when("console-subscription", lambda user: may(user, "see_subscription"))


@offers
def _access(user: Any) -> dict[str, Any] | None:
    """Whoever looks after the suite and lacks apps of it gets them all on a click (ADM-7)."""
    if not user.level:
        return None
    plan, held = licences.plan_of(licences.subscription()), rights(user).apps
    if not any(plan.includes(app) and app not in held for app in given_apps()):
        return None
    words = _("You look after all apps and do not have all of them yourself.")
    return {"url": "console-all-apps", "icon": "key-round", "words": words, "label": _("Access")}
