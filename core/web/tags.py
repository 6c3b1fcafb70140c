"""Template tags every template has: icons, people, money, rights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.access.gate import can as gate_can
from core.field.faces import face_of, initials
from core.field.look import Look, user_names
from core.field.people import address_lines
from core.html import built, escape
from core.organisation.settings import honorific, organisation

register = template.Library()


@cache
def _drawings() -> ZipFile:
    """The icon set, opened once: to read its list of two thousand names takes 8 ms, and the library does so for each icon.
    In memory, since processes that share an open file share the place they read at."""
    return ZipFile(BytesIO(files("lucide").joinpath("lucide.zip").read_bytes()))


@lru_cache(maxsize=400)
def _svg(name: str) -> str:
    # Our own icon set, no user text in it.
    drawn = ElementTree.fromstring(_drawings().read(f"{name}.svg").decode())  # noqa: S314
    for node in drawn.iter():
        node.tag = node.tag.removeprefix("{http://www.w3.org/2000/svg}")
    drawn.attrib |= {"class": "icon", "aria-hidden": "true"}
    return "".join(line.strip() + " " for line in ElementTree.tostring(drawn, encoding="unicode").splitlines()).strip()


@register.simple_tag
def act_address(action: Any, record: Any) -> str:
    """Where an action on a record is asked for."""
    return str(action.address(record))


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the set by name, drawn inline."""
    return built(_svg(name))


icon.unchanging = True  # type: ignore[attr-defined] # core.web.folding: one with a literal name is drawn once


@register.simple_tag
def can(what: str, user: Any, record: Any = None) -> bool:
    """`{% can "crm.deal:edit" user deal as allowed %}`: to hide a button, not to protect anything."""
    module, right = what.split(":")
    return gate_can(user, module, right, record)


@register.simple_tag(takes_context=True)
def personal_pages(context: Any) -> list[dict[str, Any]]:
    """The bar beside each page of personal settings."""
    from core.web.personal import pages_of

    here = context["request"].path
    made = [(reverse(name), label) for name, label in pages_of(context["request"].user)]
    return [{"url": url, "label": label, "on": here == url or (url != made[0][0] and here.startswith(url))} for url, label in made]


@register.simple_tag(takes_context=True)
def us(context: Any, who: Any, size: str = "") -> SafeString:
    """One of us, by user or by id (which asks the database nothing): a small round mark and the name."""
    pk = getattr(who, "pk", who)
    if not pk:
        return SafeString("")
    look = context.get("look") or Look(language=getattr(context.get("user"), "language", "en"))
    family, given = user_names().get(pk, ("", ""))
    mark = format_html('<span class="avatar {}" data-hue="{}" aria-hidden="true">{}</span>', size, pk % 9 + 1, initials(family, given))
    return format_html('<span class="person">{}<span>{}</span></span>', mark, look.person(pk))


@register.simple_tag(takes_context=True)
def avatar(context: Any, user: Any, size: str = "") -> SafeString:
    return format_html(
        '<span class="avatar {}" data-hue="{}" aria-hidden="true">{}</span>',
        size,
        user.pk % 9 + 1,
        initials(user.family_name, user.given_name),
    )


@register.simple_tag(takes_context=True)
def face(context: Any, record: Any, size: str = "") -> SafeString:
    """The mark of a record: a person's photo if the page's look was told to find it, else initials in one of ten colours."""
    return face_of(record, context.get("look"), size)


@register.simple_tag
def honoured(record: Any) -> SafeString:
    """A record's title; a customer's name with what politeness adds in Japanese, by the organisation's setting (PLT-6)."""
    title, ending = record.title, ""
    if hasattr(record, "family_name") and (record.family_name or record.given_name):
        ending = honorific()
    if not ending:
        return built(escape(title))
    return format_html('{}<span class="honorific">{}</span>', title, ending)


@register.simple_tag
def address(parts: Any) -> SafeString:
    lines = "".join(f"<span>{escape(line)}</span>" for line in address_lines(tuple(parts)))
    return built(f"<address>{lines}</address>")


@register.simple_tag(takes_context=True)
def money(context: Any, amount: Any, currency: str = "") -> SafeString:
    return format_html('<span class="money">{}</span>', context["look"].money(amount, currency))


@register.simple_tag(takes_context=True)
def moment(context: Any, value: Any) -> SafeString:
    """A moment as `2 h ago`, with the exact time for those who point at it."""
    look = context.get("look") or Look(language=getattr(context.get("user"), "language", "en"))
    return (
        format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), look.moment(value), look.ago(value))
        if value
        else SafeString("")
    )


@register.simple_tag(takes_context=True)
def day(context: Any, value: Any) -> str:
    """A date; the day of a moment is the one it has where the reader is."""
    look = context.get("look") or Look(language=getattr(context.get("user"), "language", "en"))
    return look.day(value.astimezone(look.zone) if isinstance(value, datetime) else value)


@register.simple_tag(takes_context=True)
def t(context: Any, english: str, japanese: str) -> SafeString:
    """Sample text of the component gallery, in the reader's language. Pages use {% trans %}."""
    return built(japanese if context["request"].LANGUAGE_CODE == "ja" else english)


@register.filter
def at(module: Any, record: Any) -> str:
    """Where a record stands: `{{ module|at:record }}edit`. A record page names a dozen such addresses; `{% url %}` would
    look each up anew."""
    address: str = module.url(record.pk)
    return address


@register.filter
def index(mapping: Any, key: Any) -> Any:
    """`mapping[key]`, or nothing."""
    return mapping.get(key) if mapping else None


@register.simple_tag(takes_context=True)
def with_query(context: Any, **changes: Any) -> str:
    """This address with some parameters changed; an empty value removes one."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            query.pop(key, None)
        else:
            query[key] = value
    return f"?{query.urlencode()}" if query else "?"


@register.simple_tag(takes_context=True)
def span_query(context: Any, span: Any, on: Any, view: str = "") -> str:
    """This address at another day, or by another of day, week and month (core.web.span). Pages whose lists have a `view` of
    their own call that one otherwise, and say so in `spans`."""
    day = on.isoformat() if on else ""
    return with_query(context, **{context.get("spans") or "view": view or span.view, "on": day, "panel": ""})


@register.simple_tag(takes_context=True)
def calendar_entries(context: Any, entries: Sequence[Any]) -> SafeString:
    """Entries of a calendar (core.web.span.Entry), one after the other."""
    return built("".join(_entries(context, entries)))


@register.simple_tag(takes_context=True)
def calendar_lines(context: Any, entries: Sequence[Any]) -> SafeString:
    """The same as items of a list."""
    return built("".join([f"<li>{one}</li>" for one in _entries(context, entries)]))


def _entries(context: Any, entries: Sequence[Any]) -> list[str]:
    """Made here, since a month has hundreds. `others` in the context: whose it is is said, too."""
    overdue, others, made = escape(_("Overdue")), context.get("others"), []
    late = f' <small class="late">{overdue}</small>'
    for one in entries:
        mark = f"<time>{one.time}</time>" if one.time else _svg(one.icon) if one.icon else ""
        who = f" <small>{escape(one.who)}</small>" if others and one.who else ""
        detail = f' <small class="more-words">{escape(one.detail)}</small>' if one.detail else ""
        start = f'<a class="entry-link{" done" if one.done else ""}" data-hue="{int(one.hue)}" href="{escape(one.url)}">'
        made.append(f"{start}{mark}<span>{escape(one.title)}{late if one.late else ''}{who}{detail}</span></a>")
    return made


@register.simple_tag(takes_context=True)
def undo_offer(context: Any) -> Any:
    """What was just done and can be undone, said once: `{"act", "title"}` of a binned record, or `{"url", "said"}` of
    anything else whose undoing is a POST there."""
    session = getattr(context.get("request"), "session", None)
    return session.pop("undo", None) if session is not None else None


@register.simple_tag
def once_token() -> SafeString:
    """The hidden input that makes a form act once (core.web.once)."""
    from core.web.once import token

    return format_html('<input type="hidden" name="once" value="{}">', token())


@register.simple_tag
def switch(name: str, value: str, on: bool, label: str, may: bool = True, aside: bool = False, focused: bool = False) -> SafeString:
    """A switch that saves by itself: a button of the form around it, which sends `name` = `value:1` or `value:0` for the other
    state. Without script the page answers; with it the switch alone is drawn anew (`hx-post` to the same address), and with it
    those that changed along (`aside`). `focused` takes the keyboard back to it from the question that was answered."""
    off = SafeString("") if may else SafeString(" disabled")
    beside = SafeString(' hx-swap-oob="true"') if aside else SafeString("")
    back = SafeString(" autofocus") if focused else SafeString("")
    return format_html(
        '<button class="switch" role="switch" aria-checked="{}" id="{}" name="{}" value="{}:{}" aria-label="{}" '
        'hx-post="" hx-target="this" hx-swap="outerHTML" hx-sync="this:drop"{}{}{}></button>',
        "true" if on else "false", switch_id(name, value), name, value, "0" if on else "1", label, off, beside, back,
    )  # fmt: skip


def switch_id(name: str, value: str) -> str:
    """The id of a switch in its page."""
    return f"{name}-{value}".replace(":", "-").replace(".", "-")


@register.simple_tag
def house_logo() -> SafeString:
    """The organisation's logo where somebody has set one, else its name."""
    row = organisation()
    if not row.logo_stamp:
        return format_html('<p class="logo"><b>{}</b></p>', row.name) if row.name else SafeString("")
    return format_html('<p class="logo"><img src="{}" alt="{}"></p>', reverse("console-logo", args=[row.logo_stamp]), row.name)
