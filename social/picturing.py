"""A person's photo from the picture of their profile on a network: one click; a worker fetches and checks it (CRM-17, SOC-16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.gate import queryset
from core.access.models import User
from core.action.registry import Forbidden, Refused, action
from core.actor import Actor
from core.files.photos import has_photo, set_photo
from core.module.registry import module
from core.panels import may_change
from core.remote import http
from core.remote.errors import RemoteError, Transient
from core.remote.network import network
from core.work.jobs import GiveUp, Run, enqueue, job
from core.work.models import FAILED, OPEN, PARKED, Job

from .models import Profile
from .people import profiles_of

KIND = "social.photo"
MOST_BYTES = 5_000_000
# How long a record's page says why a picture could not be taken.
SAID = timedelta(days=1)


class TakeForm(forms.Form):
    """Of which profile."""

    profile = forms.IntegerField(label=lazy("social profile"), min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, record: Any, user: User) -> None:
        super().__init__(data)


@action(
    "social.take_photo",
    on="crm.lead crm.contact",
    label=lazy("Take the picture as photo"),
    needs="crm.contact:view",
    feature="social_personal",
    hides=True,
    form=TakeForm,
    icon="image",
    menu=False,
)
def take_photo(record: Any, *, actor: Actor, profile: int) -> None:
    """Have a worker make the picture of a linked profile the record's photo."""
    key = record._meta.label_lower
    if actor.user is None or not may_change(actor.user, module(key), record):
        raise Forbidden("social.take_photo")
    found = next((one for one in profiles_of(key, [record.pk]) if one.pk == profile), None)
    if found is None or not found.picture_url or network(found.network).keeps:
        raise Refused(_("This profile has no picture, or is no longer linked to this record."))
    label = _("Photo of %(title)s") % {"title": record.title}
    args = {"module": key, "record": record.pk, "profile": found.pk}
    enqueue(KIND, key=f"{key}:{record.pk}", args=args, user=actor.user, label=label)


@job(KIND, label=lazy("Picture of a profile"), shown=True)
def fetch(run: Run) -> None:
    """Fetch the picture and make it the photo, if whoever asked may still do so."""
    one = module(run.args["module"])
    user = User.objects.select_related("profile", "role").filter(pk=run.job.user_id).first()
    profile = Profile.objects.filter(pk=run.args["profile"]).first()
    record = queryset(user, one).filter(pk=run.args["record"]).first() if user is not None else None
    if user is None or profile is None or record is None or not profile.picture_url or not may_change(user, one, record):
        raise GiveUp(_("The record or the profile is gone, or may no longer be changed by you."))
    run.hold()
    body = _picture(larger(profile))
    try:
        with run.step():
            set_photo(one.key, record, ContentFile(body), actor=Actor(user))
    except Refused as error:
        raise GiveUp(str(error)) from error


def larger(profile: Profile) -> str:
    """The address of the largest square the network has of this picture."""
    return network(profile.network).profiles.large(profile.picture_url)


def _picture(address: str) -> bytes:
    """The bytes behind an address. Raises Transient, to be tried again, and GiveUp."""
    try:
        answer = http.fetch("GET", address, follow=2, max_bytes=MOST_BYTES)
    except Transient:
        raise
    except RemoteError as error:
        raise GiveUp(_("The address of this picture cannot be fetched.")) from error
    if answer.status >= 500:
        raise Transient(str(answer.status))
    if not answer.ok:
        raise GiveUp(_("The network no longer has this picture. A newer one comes with this person's next post."))
    return answer.body


def offered(user: User, record: Any, profiles: list[Profile]) -> dict[str, Any]:
    """For a record's page: where the button leads, and what became of the last click."""
    key = record._meta.label_lower
    one = module(key)
    # A picture that may be kept for a day only becomes nobody's photo.
    lasting = any(profile.picture_url and not network(profile.network).keeps for profile in profiles)
    if not has_photo(one) or not lasting or not may_change(user, one, record):
        return {}
    last = Job.objects.filter(kind=KIND, key=f"{key}:{record.pk}").order_by("-pk").first()
    made: dict[str, Any] = {"url": one.url(record.pk, "do/social.take_photo"), "busy": last is not None and last.state in OPEN}
    if last is not None and last.state in {FAILED, PARKED} and last.finished_at and last.finished_at > clock.now() - SAID:
        made["why"] = last.last_error if last.state == FAILED else _("The network does not answer.")
    return made
