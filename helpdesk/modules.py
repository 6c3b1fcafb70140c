"""Tickets as a module."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.module.module import Module, Section, View
from core.module.registry import register
from crm.modules import ALWAYS

from .models import Ticket

_ALIVE = {"field": "status", "op": "is_not", "value": "closed"}


@register
class Tickets(Module):
    model = Ticket
    icon = "ticket"
    columns = "subject number status priority department contact owner channel last_said_at"
    layout = (
        Section(_("Ticket"), "subject status priority department channel owner tags"),
        Section(_("Customer"), "contact account lead"),
        Section(_("Description"), "description"),
    )
    facts = "status priority department"
    search = "number subject"
    order = "-last_said_at"
    views = (
        View("open", _("Open"), {"all": [_ALIVE]}, "-last_said_at"),
        View("mine", _("Mine"), {"all": [_ALIVE, {"field": "owner", "op": "me"}]}, "-last_said_at"),
        View("unassigned", _("Unassigned"), {"all": [_ALIVE, {"field": "owner", "op": "empty"}]}, "-last_said_at"),
        View("all", _("All"), {}, "-last_said_at"),
        *(one for one in ALWAYS if one.key in {"unread", "created", "changed"}),
    )
