"""The CRM in the shell."""

from django.utils.translation import gettext_lazy as _

from core.web.menu import add_app, add_setting

add_app(
    "crm",
    _("CRM"),
    "handshake",
    "crm-home",
    (
        ("crm-home", _("Home"), "house"),
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
