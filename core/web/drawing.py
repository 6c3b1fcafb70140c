"""Parts of record pages that repeat, made in Python: as template loops they were the largest cost of the page, as the cells of
lists were (core.module.listing). Every foreign value is escaped here or was where it was made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.event.timeline import Item
from core.field.look import Look
from core.html import built, escape, shown, with_breaks
from core.web.addresses import numbered
from core.web.tags import face, icon

register = template.Library()


@register.simple_tag(takes_context=True)
def fact_list(context: Any, members: Sequence[dict[str, Any]]) -> SafeString:
    """The fields of one section as terms and values; each with the link that edits it in place, for those who may."""
    draw, language = fact_values(context["module"], context["record"], bool(context["may"] and context["may"]["edit"])), get_language()
    made = []
    for one in members:
        sort = " ".join(name for name in ("wide", "titled") if one.get(name))
        wide, said = f' class="{sort}"' if sort else "", ' class="visually-hidden"' if one.get("titled") else ""
        label, key = escape(one["field"].named(language)), one["field"].key
        made.append(f'<div{wide}><dt{said}>{label}</dt><dd id="f-{key}">{draw(one)}</dd></div>\n    ')
    return built("".join(made))


def fact_values(module: Any, record: Any, may_edit: bool) -> Callable[..., str]:
    """Draws what stands beside a term: the value, why a formula has none, and the pencil. `focus` puts the keyboard on the pencil."""
    base, word, pencil, language = f"{module.url(record.pk)}field/", escape(_("Edit %(field)s")), icon("pencil"), get_language()
    none, asked = '<span class="none">—</span>', escape(_("Why?"))

    def draw(one: dict[str, Any], focus: bool = False) -> str:
        field, html = one["field"], with_breaks(one["html"])
        value = f'{none} <small class="muted">{shown(one["why"])}</small>' if one["why"] else html or none
        if page := module.explained.get(field.key):
            value += f' <a href="{module.url(record.pk, page)}" aria-label="{asked} {escape(field.named(language))}">{asked}</a>'
        if not (may_edit and one["edit"]):
            return value
        said = word % {"field": escape(field.named(language))}
        here = " autofocus" if focus else ""
        link = f'<a class="edit" href="{base}{field.key}" hx-boost="true" aria-label="{said}"{here}>{pencil}</a>'
        return f"{value}{link}"

    return draw


def token_input(context: Any) -> str:
    """The hidden input without which no form is taken."""
    return f'<input type="hidden" name="csrfmiddlewaretoken" value="{escape(context.get("csrf_token") or "")}">'


@register.simple_tag(takes_context=True)
def note_acts(context: Any, note: Any) -> SafeString:
    """What this reader may do with a note."""
    return built(_acts(context)(note))


def _acts(context: Any) -> Callable[[Any], str]:
    """Draws what a reader may do with a note: pin it, who may edit the record; change and remove it, who wrote it."""
    may, who = bool((context.get("may") or {}).get("edit")), getattr(context.get("user"), "pk", None)
    token = token_input(context)
    pin, unpin, edit, remove = escape(_("Pin on top")), escape(_("Unpin")), escape(_("Edit")), escape(_("Remove"))

    def button(name: str, note: Any, word: str) -> str:
        return f'<form method="post" action="{numbered(name, note.pk)}">{token}<button class="linkish">{word}</button></form>'

    def draw(note: Any) -> str:
        mine = note.author_id == who
        if not (may or mine):
            return ""
        pinned = button("note-pin", note, unpin if note.pinned_at else pin) if may else ""
        own = f'<a href="{numbered("note-edit", note.pk)}">{edit}</a>{button("note-remove", note, remove)}' if mine else ""
        return f'<div class="acts-line">{pinned}{own}</div>'

    return draw


@register.simple_tag(takes_context=True)
def happenings(context: Any, items: Sequence[Item]) -> SafeString:
    """The lines of a timeline, each day under its date, in the zone of the reader."""
    look = context.get("look") or Look(language=getattr(context.get("user"), "language", "en"))
    made, day, acts = [], None, _acts(context)
    for item in items:
        at = item.at.astimezone(look.zone)
        if at.date() != day:
            day = at.date()
            made.append(f'<li class="day">{escape(look.day(at))}</li>')
        way = f' <span class="muted">{shown(item.way)}</span>' if item.way else ""
        place = f' id="note-{item.note.pk}"' if item.note else ""
        whose = f' <a href="{escape(item.about[1])}">{shown(item.about[0])}</a>' if item.about else ""
        made.append(
            f"\n  <li{place}>{icon(item.icon)}<header><b>{shown(item.who)}</b> {shown(item.what)}{way}{whose}"
            f'<time datetime="{at.isoformat()}">{at:%H:%M}</time></header>'
        )
        if item.url:
            badge = f' <span class="badge" data-tone="{item.badge[0]}">{shown(item.badge[1])}</span>' if item.badge else ""
            made.append(f'<div><a href="{escape(item.url)}">{shown(item.title)}</a>{badge}</div>')
        made += [f"<div>{shown(line)}</div>" for line in item.lines]
        if item.said:
            made.append(f'<div class="said">{item.said}</div>')
        if item.body:
            made.append(f'<div class="said">{with_breaks(shown(item.body))}</div>')
        if item.note and not item.about:
            made.append(acts(item.note))
        made.append("</li>")
    return built("".join(made))


@register.simple_tag(takes_context=True)
def panels_at(context: Any, place: str) -> SafeString:
    """The panels that other apps offer to a record page, those of one place. A panel's own template finds it as `panel`."""
    made = []
    for one in context["panels"]:
        if one.place != place:
            continue
        if callable(one.template):
            made.append(one.template(context, one.context))
        else:
            with context.push(panel=one.context):
                made.append(context.template.engine.get_template(one.template).render(context))
    return built("".join(made))


@register.simple_tag(takes_context=True)
def kinds_of_things(context: Any, kinds: Sequence[tuple[str, str]], show: str) -> SafeString:
    """What a timeline can be asked for alone, as links to this page."""
    query = context["request"].GET.copy()
    query.pop("before", None)
    made = []
    for kind, label in (("", _("Everything")), *kinds):
        if kind:
            query["show"] = kind
        else:
            query.pop("show", None)
        address = escape(f"?{query.urlencode()}")
        here = ' aria-current="true"' if kind == show else ""
        swap = 'hx-target="#told" hx-select="#told" hx-swap="outerHTML" hx-push-url="true"'
        made.append(f'<a class="tag" href="{address}#timeline" hx-get="{address}" {swap}{here}>{escape(label)}</a>')
    return built("".join(made))


@register.simple_tag(takes_context=True)
def related_lines(context: Any, lines: Sequence[dict[str, Any]]) -> SafeString:
    """The records of a related list, each with its mark, its title and its first facts."""
    language, chief, made = get_language(), escape(_("Primary contact")), []
    for line in lines:
        record = line["record"]
        first = f' <span class="badge" data-tone="info">{chief}</span>' if line["primary"] else ""
        cells = " · ".join([f'<span title="{escape(one.named(language))}">{html}</span>' for one, html in line["cells"]])
        made.append(
            f'<li>{face(context, record)}<div><a class="first" href="{escape(line["url"])}">{shown(record.title)}</a>{first}'
            f'<div class="sub">{cells}</div></div></li>'
        )
    return built("".join(made))
