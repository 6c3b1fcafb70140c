"""What we said and did at the networks from here, on the timeline of the person it was about (SOC-13, SOC-14)."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import can
from core.event.timeline import Asked, Item, source
from core.exchange.models import FAILED, HELD, SENT, UNKNOWN, Delivery
from core.exchange.verbs import PRIVATE
from core.module.registry import module
from core.record.models import Tie

from ..people import HOLDERS, PROFILE, TIE
from ..speaking import heard
from .talk import allowed

KIND = "spoken"
_ICONS = {"like": "heart", "unlike": "heart-off", "repost": "repeat-2", "unrepost": "undo-2", "post": "at-sign"}
_TONES = {SENT: "ok", FAILED: "bad", HELD: "bad", UNKNOWN: "bad"}


@source(KIND, lazy("What we said"), on=HOLDERS)
def spoken(asked: Asked) -> list[Item]:
    """Answers, likes and reposts below what these people said, and posts about them: who, as whom, and how it stands. Only below
    posts that the reader may see."""
    if not asked.wants(KIND) or not allowed(asked.user) or asked.look.children.get(("social.profile", "")) == []:
        return []
    having = asked.having("profiles")
    if not having:
        return []
    whose, about = Q(), Q()
    for one, ids in having:
        whose |= Q(other_module=one.key, other_id__in=ids)
        about |= Q(module=one.key, record_id__in=ids)
    tied = Tie.objects.filter(whose, kind=TIE, module=PROFILE).values("record_id")
    posts = heard(asked.user).filter(profile__in=tied).order_by().values("pk")
    rows = Delivery.objects.filter(Q(module="social.post", record_id__in=posts) | about).select_related("connection")
    # What was said to one person alone is for whoever said it (and stands among the messages for whoever may read those).
    rows = rows.exclude(~Q(asked_by=asked.user), action__in=PRIVATE)
    found = asked.newest(rows, "created_at", KIND)
    return [_item(asked, row) for row in found]


def _item(asked: Asked, row: Delivery) -> Item:
    below = row.module == "social.post"
    opens = below and can(asked.user, "social.post", "view")
    handle = f"@{row.connection.handle}" if row.connection.handle else row.connection.name
    return Item(
        row.created_at,
        _ICONS.get(row.action, "reply"),
        asked.look.person(row.asked_by_id) or _("Enishi"),
        _("at the network, as %(account)s: %(verb)s") % {"account": handle, "verb": row.verb},
        body=row.text,
        url=module("social.post").url(row.record_id) if opens and row.record_id else "",
        title=_("What it was about") if opens else "",
        badge=(_TONES.get(row.state, "info"), str(row.get_state_display())),
        source=KIND,
        pk=row.pk,
        subject=None if below else asked.about(row.module, row.record_id or 0),
    )
