"""The CRM in the shell."""

from django.utils.translation import gettext_lazy as _

from core.web.menu import add_app, add_setting
from core.web.personal import add_setting as add_personal

add_app(
    "crm",
    _("CRM"),
    "handshake",
    "crm-home",
    (
        ("crm-home", _("Home"), "house"),
        ("crm-day", _("My day"), "sun"),
        ("crm-calendar", _("Calendar"), "calendar-days"),
        ("crm.lead", "", ""),
        ("crm.contact", "", ""),
        ("crm.account", "", ""),
        ("crm.deal", "", ""),
        ("crm.activity", "", ""),
        ("crm-reports", _("Reports"), "chart-column"),
    ),
    create=("crm.lead", "crm.account", "crm.contact", "crm.deal", "crm.activity"),
)
add_setting("crm.lead", "crm-mapping", _("Conversion"))
add_personal("crm-feed", _("Calendar in other programs"), app="crm")
