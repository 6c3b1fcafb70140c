"""The help desk in the shell."""

from django.utils.translation import gettext_lazy as _

from core.web.menu import add_app

add_app(
    "helpdesk",
    _("Help desk"),
    "ticket",
    "helpdesk-home",
    (("helpdesk-home", _("Triage"), "inbox"), ("helpdesk.ticket", "", "")),
    create=("helpdesk.ticket",),
)
