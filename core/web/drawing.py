"""Parts of record pages that repeat, made in Python: as template loops they were the largest cost of the page, as the cells of
lists were (core.module.listing). Every foreign value is escaped here or was where it was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.event.timeline import Item
from core.field.look import Look
from core.html import built, escape, shown, with_breaks
from core.web.tags import face, icon

register = template.Library()


@register.simple_tag(takes_context=True)
def fact_list(context: Any, members: Sequence[dict[str, Any]]) -> SafeString:
    """The fields of one section as terms and values; each with the link that edits it, for those who may."""
    edit = f"{context['module'].url(context['record'].pk)}edit" if context["may"] and context["may"]["edit"] else ""
    word, pencil, language, none = escape(_("Edit")), icon("pencil"), get_language(), '<span class="none">—</span>'
    made = []
    for one in members:
        field = one["field"]
        label, html = escape(field.named(language)), with_breaks(one["html"])
        sort = " ".join(name for name in ("wide", "titled") if one.get(name))
        wide, said = f' class="{sort}"' if sort else "", ' class="visually-hidden"' if one.get("titled") else ""
        link = (
            f'<a class="edit" href="{edit}#id_{one["anchor"]}" aria-label="{word}: {label}">{pencil}</a>'
            if edit and (field.editable or field.parts)
            else ""
        )
        why = f' <small class="muted">{shown(one["why"])}</small>' if one.get("why") else ""
        if page := context["module"].explained.get(field.key):
            asked = escape(_("Why?"))
            why += f' <a href="{context["module"].url(context["record"].pk, page)}" aria-label="{asked} {label}">{asked}</a>'
        value = none if one.get("why") else html or none
        made.append(f"<div{wide}><dt{said}>{label}</dt><dd>{value}{why}{link}</dd></div>\n    ")
    return built("".join(made))


@register.simple_tag(takes_context=True)
def happenings(context: Any, items: Sequence[Item]) -> SafeString:
    """The lines of a timeline, each day under its date, in the zone of the reader."""
    look = context.get("look") or Look(language=getattr(context.get("user"), "language", "en"))
    made, day = [], None
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
            with context.push(note=item.note):
                made.append(context.template.engine.get_template("record/_note_acts.html").render(context))
        made.append("</li>")
    return built("".join(made))


@register.simple_tag(takes_context=True)
def related_lines(context: Any, lines: Sequence[dict[str, Any]]) -> SafeString:
    """The records of a related list, each with its mark, its title and its first facts."""
    language, made = get_language(), []
    for line in lines:
        record = line["record"]
        first = f' <span class="badge" data-tone="info">{escape(_("Primary contact"))}</span>' if line["primary"] else ""
        cells = " · ".join([f'<span title="{escape(one.named(language))}">{html}</span>' for one, html in line["cells"]])
        made.append(
            f'<li>{face(context, record)}<div><a class="first" href="{escape(line["url"])}">{shown(record.title)}</a>{first}'
            f'<div class="sub">{cells}</div></div></li>'
        )
    return built("".join(made))
