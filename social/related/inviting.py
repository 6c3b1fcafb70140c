"""Asking somebody to connect, with one's own account, from a record's page; where the level does not have it, why, and the way (SOC-22)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from core.exchange.models import Delivery
from core.exchange.outbox import post
from core.field.look import Look
from core.remote.abilities import Can
from core.remote.models import ACTIVE, Connection
from core.remote.network import Network, network
from core.web.doors import door
from core.web.once import once

from .. import own
from ..models import Profile
from . import pages

ACTION = "invitation"


class InviteForm(forms.Form):
    """The words that go with an invitation; none are needed."""

    text = forms.CharField(label=lazy("Message"), required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, data: Any, net: Network) -> None:
        super().__init__(data)
        self.fields["text"].max_length = room = net.room(ACTION)  # type: ignore[attr-defined]
        self.fields["text"].widget.attrs["maxlength"] = room
        self.fields["text"].help_text = _("Up to %(room)d characters. It goes out as you, and only you can send it.") % {"room": room}
        self.room = room

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        if len(text) > self.room:
            raise forms.ValidationError(_("This is %(over)d characters too long.") % {"over": len(text) - self.room})
        return text


def known_at(net: Network) -> bool:
    """Whether people are invited there at all, at whichever level: elsewhere nothing of it shows."""
    offer = net.offers.get(Can.INVITE)
    return offer is not None and (net.can(Can.INVITE, alone=True) or bool(offer.reasons))


def sent_for(record: Any, profiles: Sequence[Profile]) -> dict[str, Delivery]:
    """The last invitation from a record's page, by network; a query only where people are invited."""
    keys = [one.network for one in profiles if known_at(network(one.network))]
    if not keys:
        return {}
    rows = Delivery.objects.filter(module=record._meta.label_lower, record_id=record.pk, action=ACTION, network__in=keys)
    return {row.network: row for row in rows.order_by("pk")}


def account(user: Any, net: Network) -> Connection | None:
    """The account that somebody invites with: their own alone."""
    found = [one for one in own.accounts(user, net.key) if one.open and one.chain.state == ACTIVE] if own.may(user) else []
    return found[0] if found else None


@door()
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest, app: str, path: str, pk: int, key: str) -> HttpResponse:
    """Write an invitation into the outbox; or read why it cannot be done from here, and where it can."""
    module, record, net = pages._asked(request, app, path, pk, key, change=False)
    profile, user = pages._linked(module, record, net), request.user
    who: Any = account(user, net)
    scopes = who.chain.scopes or None if who is not None else None
    why_not = net.why_not(Can.INVITE, alone=True, scopes=scopes)
    if not why_not and not profile.met:
        why_not = _("This profile was linked by its address. Find the person with the search, and they can be invited from here.")
    form = InviteForm(request.POST if request.method == "POST" else None, net)
    if request.method == "POST" and who is not None and not why_not and form.is_valid():
        with once(request, f"{ACTION}:{profile.pk}") as before:
            if not before.result:
                post(
                    connection=who,
                    action=ACTION,
                    key=f"{ACTION}:{profile.pk}:{uuid.uuid4().hex}",
                    text=form.cleaned_data["text"],
                    target={"person": profile.outside_id},
                    asked_by=user,  # type: ignore[arg-type]
                    module=module.key,
                    record_id=record.pk,
                )
                before.result = "sent"
        messages.success(request, _("The invitation is on its way."))
        return HttpResponseRedirect(f"{module.url(record.pk)}#social-profiles")
    shown = {
        "module": module,
        "record": record,
        "net": net,
        "profile": profile,
        "form": form,
        "who": who,
        "why_not": why_not,
        "way": net.link("profile", vanity=profile.handle, username=profile.handle, username_or_id=profile.handle),
        "may_sign_in": own.may(user),
        "here": request.get_full_path(),
        "look": Look.of(user),  # type: ignore[arg-type]
    }
    return render(request, "social/invite.html", shown, status=422 if form.is_bound else 200)
