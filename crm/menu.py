"""The CRM in the shell."""

from django.utils.translation import gettext_lazy as _

from core.organisation.settings import reads
from core.web.menu import add_app, add_list_link, add_setting
from core.web.personal import add_setting as add_personal

from .scoring import SCORED

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
reads("crm", "address", "portal_url", "hours")  # below mails to many, and in the calendar
add_setting("crm.lead", "crm-mapping", _("Conversion"))
add_personal("crm-feed", _("Calendar in other programs"), app="crm")
for _module in SCORED:
    add_setting(_module, "crm-scores", _("Scores"))
    add_list_link(_module, "crm-score-new", _("Give points to these"), "gauge")
