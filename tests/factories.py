"""Records for tests, made the way the product makes them: through core.record.write."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from core.access.models import AppAccess, Profile, Role, User
from core.access.people import place
from core.actor import Actor
from core.field.field import Field
from core.field.models import Choice, CustomField
from core.module.registry import module
from core.record import write
from core.stamps import bump

PASSWORD = "correct horse battery"
APPS = ("crm", "social", "campaigns", "helpdesk")
_number = count(1)


def make_role(name: str, parent: Role | None = None) -> Role:
    role = Role.objects.create(name=name, parent=parent)
    place(role)
    return role


def make_user(name: str, *, profile: str | Profile | None = "Standard", role: Role | None = None, apps: Any = APPS, **values: Any) -> User:
    """One of us, with a profile by name, a place in the role tree, and apps. `admin_of` names the apps they administer."""
    admin_of = values.pop("admin_of", ())
    if isinstance(profile, str):
        profile = Profile.objects.get(name=profile)
    values = {"family_name": name.capitalize(), "time_zone": "Asia/Tokyo", "language": "en", **values}
    user = User.objects.create_user(f"{name}@example.com", PASSWORD, profile=profile, role=role, **values)
    AppAccess.objects.bulk_create([AppAccess(user=user, app=app, is_admin=app in admin_of) for app in apps])
    bump("users")
    return user


def make(module: str, owner: User | None = None, actor: Actor | None = None, **values: Any) -> Any:
    """One record of any module; its owner acts unless an actor is named."""
    if owner is not None:
        values.setdefault("owner", owner)
    return write.create(module, actor=actor or (Actor(owner) if owner else Actor.system()), **values)


def make_lead(owner: User | None = None, **values: Any) -> Any:
    return make("crm.lead", owner, **{"family_name": f"Lead{next(_number)}", "company": "Acme", **values})


def make_account(owner: User | None = None, **values: Any) -> Any:
    return make("crm.account", owner, **{"name": f"Account {next(_number)}", **values})


def make_contact(owner: User | None = None, **values: Any) -> Any:
    return make("crm.contact", owner, **{"family_name": f"Contact{next(_number)}", **values})


def make_deal(owner: User | None = None, **values: Any) -> Any:
    values.setdefault("account", values.get("account") or make_account(owner).pk)
    return make("crm.deal", owner, **{"name": f"Deal {next(_number)}", **values})


def make_activity(owner: User | None = None, **values: Any) -> Any:
    return make("crm.activity", owner, **{"subject": f"Call {next(_number)}", **values})


def add_field(kind: str, module: str = "crm.lead", key: str = "", choices: str = "", **values: Any) -> CustomField:
    """A custom field as the console would have made it; `choices` are values separated by blanks. A link points at accounts
    unless a `target` is named; a formula names its text and the kind of its `result`."""
    key = key or f"c_{kind}"
    if kind == "link":
        values.setdefault("target", "crm.account")
    values = {"label_en": f"My {kind.replace('_', ' ')}", "label_ja": "", **values}
    row = CustomField.objects.create(module=module, key=key, kind=kind, **values)
    Choice.objects.bulk_create(
        [
            Choice(module=module, field=key, value=value, label_en=value.capitalize(), position=position)
            for position, value in enumerate(choices.split())
        ]
    )
    bump("fields")
    return row


def make_ticket(owner: User | None = None, **values: Any) -> Any:
    return make("helpdesk.ticket", owner, **{"subject": f"Ticket {next(_number)}", **values})


def post_values(reader: User, **values: Any) -> dict[str, Any]:
    """What a post needs, its channel, its author and a new id at the network included."""
    from core import clock
    from core.remote.models import Connection, TokenChain
    from social.models import Brand, Channel, Profile

    now = clock.now()
    chain = TokenChain.objects.filter(outside_id="1").first()
    chain = chain or TokenChain.objects.create(network="x", client_id="test", outside_id="1", issued_at=now, refreshed_at=now)
    connection = Connection.objects.filter(chain=chain).first() or Connection.objects.create(
        network="x", chain=chain, kind="brand", owner=reader
    )
    brand, _ = Brand.objects.get_or_create(name="Enishi")
    channel, _ = Channel.objects.get_or_create(
        network="x", outside_id="1", defaults={"brand": brand, "connection": connection, "handle": "us"}
    )
    author, _ = Profile.objects.get_or_create(
        network="x", outside_id="2", defaults={"handle": "them", "handle_key": "them", "name": "Them", "seen_at": now}
    )
    made = {
        "network": "x",
        "outside_id": str(next(_number)),
        "channel": channel.pk,
        "profile": author.pk,
        "said_at": now,
        "kind": "mention",
    }
    return {**made, "text": "Hello", "author_name": "Them", "author_handle": "them", **values}


def make_post(owner: User, **values: Any) -> Any:
    """A post as reading a network would have stored it."""
    return make("social.post", owner, **post_values(owner, **values))


def message_values(reader: User, **values: Any) -> dict[str, Any]:
    """What a private message to a channel needs, its conversation included."""
    from social.models import Channel, Conversation

    said = post_values(reader)
    channel = Channel.objects.get(pk=said["channel"])
    talk, _ = Conversation.objects.get_or_create(
        network="x", account=channel.outside_id, owner=None, profile_id=said["profile"], defaults={"channel": channel}
    )
    kept = {name: said[name] for name in ("network", "outside_id", "channel", "profile", "said_at", "text", "author_name", "author_handle")}
    return {**kept, "conversation": talk.pk, **values}


def make_message(owner: User, **values: Any) -> Any:
    """A private message as reading a channel would have stored it."""
    return make("social.message", owner, **message_values(owner, **values))


def picture(size: tuple[int, int] = (80, 60), format: str = "PNG", name: str = "face.png", **values: Any) -> Any:
    """An uploaded picture, drawn here; `values` go to the encoder (exif=…)."""
    import io

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", size, (180, 40, 90)).save(out, format, **values)
    return SimpleUploadedFile(name, out.getvalue())


# Modules whose records need more than what is required of each field.
MAKERS: dict[str, Callable[..., Any]] = {
    "crm.lead": make_lead,
    "crm.contact": make_contact,
    "crm.deal": make_deal,
    "social.post": make_post,
    "social.message": make_message,
}


def make_any(key: str, owner: User, **values: Any) -> Any:
    """One record of any module: by its own maker, or with what is required filled in, the records it links to included."""
    if key in MAKERS:
        return MAKERS[key](owner, **values)
    for name, one in module(key).fields.items():
        if one.required and one.editable and not one.parts and one.default is None and name not in values:
            values[name] = _something(one, owner)
    return make(key, owner, **values)


def _something(one: Field, owner: User) -> Any:
    kind = one.kind.key
    if kind == "link":
        return make_any(one.target, owner).pk
    if kind == "picklist":
        return next(iter(one.options))
    fixed = {"number": 1, "percent": 1, "money": 1, "date": "2026-05-20", "datetime": "2026-05-20T12:00:00+09:00", "yes_no": True}
    return owner.pk if kind == "user" else fixed.get(kind, f"{one.key} {next(_number)}")
