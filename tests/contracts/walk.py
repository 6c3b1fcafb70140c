"""Walking the product: its routes, an address for each, and the state of the whole database as one hash."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, get_resolver, reverse
from django.urls.resolvers import URLResolver

from admin_console.models import AccountOffer
from automation.models import Rule
from core import clock
from core.access.models import Group, ModuleDefault, Profile, Share, SharingRule, User
from core.action.registry import _actions
from core.actor import Actor
from core.exchange.models import Delivery
from core.files.keeping import attach
from core.files.models import Attachment
from core.files.photos import set_photo
from core.mail.enclosing import enclose
from core.mail.models import Mailing, MailTemplate
from core.mail.outgoing import write_mail
from core.mail.stopping import sealed
from core.module.models import SavedView
from core.module.registry import module as find_module
from core.module.registry import modules
from core.money.models import Rate
from core.notify.models import Notification
from core.record import notes, write
from core.record.transfer_models import ExportFile, ImportRun
from core.remote.models import Connection, TokenChain
from core.remote.secrets import Secret
from core.signin.models import AuditEntry, PersonalFile, UserSession
from core.stamps import bump
from core.web.refused import DENIED
from core.work.jobs import enqueue
from core.work.models import PARKED, Job
from crm.models import Lead, ScoreRule
from crm.reports.models import Report
from social.models import Channel, Post
from social.people import by_address, tie
from tests import factories

_REACHABLE = {"all": [{"field": "phone", "op": "filled"}]}


def routes(patterns: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route by its name, or by its address where it has none."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, before + str(one.pattern))
        else:
            yield one.name or before + str(one.pattern), one


def digest() -> dict[str, str]:
    """A hash of all rows of every table, by table. That somebody was refused is noted (O1): those lines alone do not count."""
    made = {}
    for model in apps.get_models(include_auto_created=True):
        rows = getattr(model, "every", model._default_manager).order_by("pk")
        rows = (rows.exclude(act=DENIED) if model is AuditEntry else rows).values_list()
        made[model._meta.db_table] = hashlib.sha256(repr(list(rows)).encode()).hexdigest()
    return made


@dataclass
class World:
    """One record of ann's in each module, and one of each thing an address may name, by its mark in the policy."""

    records: dict[str, int]
    marks: dict[str, Any]


def build(ann: Any) -> World:
    """Everything private, so that nobody sees a record for any reason but owner and role."""
    ModuleDefault.objects.update(default="private")
    bump("access")
    account = factories.make_account(ann)
    records = {one.key: account.pk if one.key == "crm.account" else factories.make_any(one.key, ann).pk for one in modules()}
    own, parked = _job(ann), _job(None)
    Job.objects.filter(pk=parked.pk).update(state=PARKED)
    now = clock.now()
    upload = ImportRun.objects.create(user=ann, module="crm.lead", name="a.csv", file="none", size=1, digest="", rows=1, created_at=now)
    upload.job = own
    upload.save()
    marks = {
        "<ann>": ann.pk,
        "<admin>": User.objects.filter(level="account").values_list("pk", flat=True).first() or 0,
        "<view>": SavedView.objects.create(module="crm.lead", name="Private view", owner=ann).pk,
        "<report>": f"r{Report.objects.create(module='crm.lead', name='Private report', owner=ann).pk}",
        "<field>": factories.add_field("text").key,
        "<job>": parked.pk,
        "<own job>": own.pk,
        "<import>": upload.pk,
        "<export>": ExportFile.objects.create(user=ann, module="crm.lead", name="a.csv", format="csv", created_at=now, expires_at=now).pk,
        "<rule>": Rule.objects.create(name_en="Refund", module="social.post", keywords=["refund"], action="helpdesk.open_ticket").pk,
        "<rate>": Rate.objects.create(currency="EUR", home=settings.HOME_CURRENCY, rate=170, valid_from="2026-01-01").pk,
        "<score rule>": ScoreRule.objects.create(module="crm.lead", name_en="Reachable", criteria=_REACHABLE, points=5).pk,
        "<channel>": Channel.objects.get().pk,
        "<own account>": _own(records["crm.lead"], ann),
        "<ticket>": records["helpdesk.ticket"],
        "<lead>": records["crm.lead"],
        **_hung(records["crm.lead"], ann),
        **_said(records["crm.lead"], records["social.post"], ann),
        **_mails(records["crm.lead"], ann),
        "<zoe>": factories.make_user("zoe", apps=("crm",)).pk,
        "<role>": factories.make_role("Empty").pk,
        # A group of nobody, and a rule that shares with it: they open nothing.
        "<group>": (group := Group.objects.create(name="Nobody")).pk,
        "<sharing>": SharingRule.objects.create(module="crm.lead", target=f"group:{group.pk}").pk,
        "<chief>": factories.make_user("chief", level="account").pk,
        "<profile>": Profile.objects.create(name="Reads alone", rights={"crm.lead": ["view"]}).pk,
        # Her own record shared with herself: it opens nothing to anybody else.
        "<share>": Share.objects.create(module="crm.lead", record_id=records["crm.lead"], whom=f"user:{ann.pk}", by=ann, at=now).pk,
        "<notification>": Notification.objects.create(user=ann, kind="crm.reminder", module="crm.lead", record_id=1, at=now).pk,
    }
    marks |= _of_people(ann, marks["<chief>"], marks["<zoe>"])
    return World(records, marks)


def _said(lead: int, post: int, ann: Any) -> dict[str, Any]:
    """The author of ann's post is her lead, and she has something below it on its way."""
    said = Post.objects.get(pk=post)
    type(said.profile).objects.filter(pk=said.profile_id).update(asked_at=clock.now())  # asked today: these tests call nobody
    tie(said.profile, "crm.lead", lead)
    waiting = Delivery.objects.create(
        network=said.network,
        connection=said.channel.connection,
        action="reply",
        key="walk",
        text="Hello",
        asked_by=ann,
        module="social.post",
        record_id=post,
        created_at=clock.now(),
    )
    return {"<post>": post, "<social profile>": said.profile_id, "<delivery>": waiting.pk}


def _of_people(ann: Any, chief: int, zoe: int) -> dict[str, Any]:
    """A deleted lead of ann's, where she is signed in, her second factor; what one admin offered another, and asked for."""
    now, act = clock.now(), uuid.uuid4()
    gone = factories.make_lead(ann, family_name="Binned")
    write.delete_many(find_module("crm.lead"), [gone.pk], actor=Actor(ann), act=act)
    seat = UserSession.objects.create(user=ann, key="elsewhere", started_at=now, seen_at=now)
    factor = Authenticator.objects.create(user=ann, type=Authenticator.Type.TOTP, data={"secret": Secret.of("SEED").sealed, "counter": 0})
    offer = AccountOffer.objects.create(by_id=chief, to_id=zoe, made_at=now, ends_at=now + timedelta(days=1))
    default_storage.save("personal/walk.zip", ContentFile(b"PK"))
    file = PersonalFile.objects.create(
        user_id=chief,
        module="crm.lead",
        record_id=gone.pk,
        path="personal/walk.zip",
        size=2,
        created_at=now,
        expires_at=now + timedelta(days=1),
    )
    return {"<act>": str(act), "<session>": seat.pk, "<factor>": factor.pk, "<offer>": offer.pk, "<personal file>": file.pk}


def body_of(send: dict[str, Any], world: World) -> dict[str, Any]:
    """A body of the policy with what its marks stand for."""
    return {name: world.marks.get(value, value) if isinstance(value, str) else value for name, value in send.items()}


def _hung(lead_id: int, ann: Any) -> dict[str, int]:
    """A note, a file and a photo of ann's on her lead."""
    actor, lead = Actor(ann), find_module("crm.lead").model._default_manager.get(pk=lead_id)
    note, _remark = notes.write("crm.lead", lead, "Private note", actor=actor)
    row, _remark = attach("crm.lead", lead, SimpleUploadedFile("a.txt", b"private"), actor=actor)
    photo = set_photo("crm.lead", lead, factories.picture(), actor=actor)
    return {"<note>": note.pk, "<file>": row.pk, "<photo>": photo.pk}


def _own(lead: int, ann: Any) -> int:
    """An account of ann's own, and a profile her lead is linked to."""
    profile = by_address("x", "her_lead")
    profile.asked_at = clock.now()  # asked today already: these tests call nobody
    profile.save()
    tie(profile, "crm.lead", lead)
    first = {"issued_at": clock.now(), "refreshed_at": clock.now(), "state": "needs_signin"}
    chain = TokenChain.objects.create(network="x", client_id="walk", outside_id="ann", **first)
    return Connection.objects.create(network="x", chain=chain, kind="personal", owner=ann, handle="ann").pk


def _mails(lead_id: int, ann: Any) -> dict[str, Any]:
    """A mail, a template and a mass mail that was not sent, of ann's, each with a file."""
    file, lead = Attachment.objects.latest("pk").file, Lead.objects.get(pk=lead_id)
    mail = write_mail(lead, actor=Actor(ann), to="x@example.com", subject="S", body="B", key="walk", files=[(file, "a.txt")])
    template = MailTemplate.objects.create(name="Private template", subject="A", body="B", owner=ann)
    many = Mailing.objects.create(user=ann, module="crm.lead", ids=[lead_id], subject="A", body="B", created_at=clock.now())
    enclose([(file, "a.txt")], template=template)
    enclose([(file, "a.txt")], mailing=many)
    made = {"<mail>": mail, "<template>": template, "<mailing>": many}
    files = {f"{mark[:-1]} file>": one.enclosures.get().pk for mark, one in made.items()}
    return {mark: one.pk for mark, one in made.items()} | files | {"<stop>": sealed(mail)}


def _job(user: Any) -> Job:
    return enqueue("console.strip_field", args={"module": "crm.lead", "key": "c0"}, label="Strip", user=user)


def addresses(name: str, at: dict[str, Any], world: World) -> list[tuple[str, str]]:
    """The addresses of a route with their app: one, or one for each module."""
    plain = {key: world.marks.get(value, value) for key, value in at.items()}
    if name in {"healthz", "readyz"}:
        return [("", f"/{name}")]
    if at.get("path") != "<module>":
        return [("", reverse(name, kwargs=plain))]
    found = []
    for one in modules():
        if (name == "edit-view" and one.key != "crm.lead") or (name == "board" and not one.board):
            continue
        if name in {"new", "import"} and not one.by_hand:
            continue
        if name in {"duplicates", "merge", "twins", "unmerge"} and one.identity is None:
            continue
        for key in _action_keys(one.key) if "<action>" in at.values() else [""]:
            here = {"app": one.app, "path": one.path, "key": key or at.get("key", "")}
            if at.get("pk") == "<record>":
                here["pk"] = str(world.records[one.key])
            found.append((one.app, reverse(name, kwargs={**plain, **{k: v for k, v in here.items() if k in plain}})))
    return found


def _action_keys(module: str) -> list[str]:
    return [key for key, one in _actions.items() if module in one.on.split()] or ["no.such"]
