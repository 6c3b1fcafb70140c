"""The board of a module: the columns are the choices of a picklist, the cards its records (CRM-7, PLT-9)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access.gate import can, fields
from core.access.opened import look_up
from core.actor import Actor
from core.field.choices import Option
from core.field.field import Field
from core.field.look import Look
from core.html import built, escape
from core.module import indexed, listing
from core.module.module import Module
from core.module.patience import TookTooLong
from core.money import rates
from core.record import write
from core.text.numbers import whole
from core.web import displays, filtering
from core.web.doors import door
from core.web.forms import RecordForm
from core.web.pages import module_or_404, record_or_404
from core.web.tags import avatar, icon

CARDS = 30
# What stays in the address when the filter panel or a move leads back to the board.
KEPT = (*filtering.KEPT, *displays.OWN["board"])


@dataclass
class Lane:
    """One column: a choice, its newest cards, how many there are and what they add up to."""

    option: Option
    cards: SafeString
    count: int
    more: bool
    total: rates.Total
    sums: list[str]
    url: str
    rest: bool


def board_field(module: Module, known: dict[str, Field], asked: str = "") -> Field:
    """The picklist whose choices are the columns; one the reader may not see is no board."""
    found = known.get(asked or module.board)
    if not module.board or found is None or found.kind.key != "picklist":
        raise Http404
    return found


@door()
def board_page(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """The list in the address as a board: same view, same filter, same rights."""
    module = module_or_404(request, app, path)
    user: Any = request.user
    if not module.board:
        raise Http404
    if (answer := filtering.moved(request, module, KEPT, display="board")) is not None:
        return answer
    asked = listing.state(user, module, request.GET)
    by, look = board_field(module, asked.fields, request.GET.get("by", "")), Look.of(user)
    around = _around(asked, by, request.GET.get("within", ""))
    try:
        lanes, too_long = _lanes(request, asked, by, look, around), False
    except TookTooLong:
        lanes, too_long = [], True
    context = {
        "module": module,
        "asked": asked,
        "by": by,
        "boards": [one for one in asked.fields.values() if one.kind.key == "picklist" and one.options],
        "lanes": lanes,
        "too_long": too_long,
        "reads_all": indexed.slow_to_find(asked, by) if too_long else None,
        "around": around,
        "beside": [one for one in by.outer.options.values() if one.active and by.within(one.value)] if around and by.outer else [],
        "money_note": rates.said(module.model, [lane.total for lane in lanes], look),
        "look": look,
        "chips": filtering.chips(request, asked, look),
        "panel": filtering.panel(request, asked, KEPT) if request.GET.get("panel") == "filter" else None,
        "may_create": can(user, module, "create"),
        **displays.around(request, asked, "board"),
    }
    part = request.headers.get("HX-Target") == "board"
    # A part is swapped in only when it is a success.
    return render(request, "record/_board.html" if part else "record/board.html", context, status=503 if too_long and not part else 200)


def _around(asked: listing.State, by: Field, wanted: str) -> str:
    """The pipeline a board of stages shows: the one in the address, else the first that has any. Empty where columns stand in
    nothing, or in something the reader may not see: then all of them are there."""
    outer = by.outer
    if outer is None or outer.key not in asked.fields:
        return ""
    if wanted and wanted not in outer.options:
        raise Http404
    return wanted or next((value for value, one in outer.options.items() if one.active and by.within(value)), "")


def _lanes(request: HttpRequest, asked: listing.State, by: Field, look: Look, around: str) -> list[Lane]:
    """Every column with its newest cards; names behind links are gathered once for the whole board. Raises TookTooLong."""
    money = _money(asked)
    options = [one for one in (by.within(around) if around else by.options).values() if one.active]
    shown = _shown(asked, by, money)
    with listing.in_time(asked, by) as found:
        read = {option.value: _newest(found.filter(**{by.path: option.value}), shown) for option in options}
        totals = {value: _totals(found.filter(**{by.path: value}), records, money) for value, records in read.items()}
    listing.prepare(look, asked.module, [one for records in read.values() for one in records[:CARDS]], shown)
    movers = _movers(options) if by.key in fields(asked.user, asked.module, edit=True) else ""
    if movers:
        look_up(asked.module, [one for records in read.values() for one in records[:CARDS]])
    made = []
    for option in options:
        records = read[option.value]
        rest = len(records) > CARDS
        others = _others(by, option, around) if movers else ""
        count, total = totals[option.value]
        cards = _cards(request, asked, records[:CARDS], shown, movers + others, look, by)
        # A full column is counted up to a cap, and its sum says "at least" by a +.
        more = count > listing.CAP
        sums = [text + ("+" if more else "") for text in total.texts(look)]
        made.append(Lane(option, cards, min(count, listing.CAP), more, total, sums, _list_url(asked, by, option.value), rest))
    return made


def _newest(rows: QuerySet[Any], shown: list[Field]) -> list[Any]:
    return list(listing.narrowed(rows, shown).select_related("owner").order_by("-changed_at", "-pk")[: CARDS + 1])


def _money(asked: listing.State) -> Field | None:
    """The amount a column adds up: the first that the module's list shows."""
    return next((one for key in asked.module.columns_shown if (one := asked.fields.get(key)) and one.kind.key == "money"), None)


def _shown(asked: listing.State, by: Field, money: Field | None) -> list[Field]:
    """What a card says below its title: one or two words of who, then amount and date."""
    plain = [one for key in asked.module.columns_shown if (one := asked.fields.get(key)) and one.key not in {by.key, "owner", "changed_at"}]
    words = [one for one in plain[1:] if one.kind.key in {"link", "text", "picklist"}][:2]
    dates = [one for one in plain if one.kind.key == "date"][:1]
    return [*words, *([money] if money else []), *dates]


def _totals(rows: QuerySet[Any], records: list[Any], money: Field | None) -> tuple[int, rates.Total]:
    """Number and sum of a column, of at most as many records as a list counts."""
    split, total = money is not None and not money.custom and hasattr(rows.model, "currency"), rates.Total()
    if len(records) <= CARDS:
        for one in records:
            if money and (value := money.value(one)) is not None:
                total.add(one.currency if split else "", value, rates.worth_of(one, value) if split else value)
        return len(records), total
    capped = rows.model._default_manager.filter(pk__in=rows.order_by()[: listing.CAP + 1].values("pk")).order_by()
    if money is None or money.custom:
        return capped.count(), total
    groups = capped.values("currency") if split else capped.values("deleted_at")
    value = Sum(rates.worth(rows.model, money.path)) if split else Sum(money.path)
    read = list(groups.annotate(n=Count("pk"), total=Sum(money.path), worth=value))
    for row in read:
        total.add(row.get("currency", ""), row["total"], row["worth"])
    return sum(row["n"] for row in read), total


def _list_url(asked: listing.State, by: Field, value: str) -> str:
    leaf = {"field": by.key, "op": "is", "value": value}
    own = asked.own_data
    members = [*own["all"], leaf] if "all" in own else [own, leaf] if own else [leaf]
    query = {"view": asked.view.key, "filter": json.dumps({"all": members}, ensure_ascii=False, separators=(",", ":"))}
    return f"{asked.module.url()}?{urlencode(query | ({'q': asked.q} if asked.q else {}))}"


def _movers(options: list[Option]) -> str:
    """The buttons of a card's menu, the same on every card."""
    return "".join(_mover(one, one.label) for one in options)


def _mover(option: Option, words: str) -> str:
    dot = format_html(' class="state" data-hue="{}"', option.hue) if option.marked else ""
    return format_html('<button name="to" value="{}"><span{}>{}</span></button>', option.value, dot, words)


def _others(by: Field, option: Option, around: str) -> str:
    """The buttons that move a card of this column into another pipeline: to the stage of the same name, else to its first."""
    outer, made = by.outer, ""
    for one in outer.options.values() if outer and around else ():
        members = [each for each in by.within(one.value).values() if each.active]
        if one.value == around or not one.active or not members:
            continue
        to = next((each for each in members if {each.en, each.ja} & ({option.en, option.ja} - {""})), members[0])
        made += _mover(to, f"{one.label}: {to.label}")
    head = escape(_("Move to another pipeline"))
    return f"<p>{head}</p>{made}" if made else ""


def _cards(
    request: HttpRequest, asked: listing.State, records: list[Any], shown: list[Field], movers: str, look: Look, by: Field
) -> SafeString:
    """The cards as HTML, made here since a template loop over them would be the largest cost of the page."""
    token, back = get_token(request), request.GET.urlencode()
    made = [_card(asked, one, shown, movers, look, token, back, by) for one in records]
    return built("".join(made))


def _card(asked: listing.State, one: Any, shown: list[Field], movers: str, look: Look, token: str, back: str, by: Field) -> str:
    module, words, ends = asked.module, [], []
    for part in shown:
        text = part.text(one, look)
        if text and part.kind.key == "money":
            ends.append(format_html('<b class="money">{}</b>', text))
        elif text and part.kind.key == "date":
            ends.append(format_html('<span class="end">{}</span>', text))
        elif text:
            words.append(text)
    if one.owner is not None:
        ends.append(format_html('<span title="{}">{}</span>', look.person(one.owner_id), avatar({}, one.owner)))
    second = format_html('<span class="sub">{}</span>', " · ".join(words)) if words else ""
    third = format_html('<span class="sub">{}</span>', built("".join(ends))) if ends else ""
    may = movers and can(asked.user, module, "edit", one)
    head = format_html(
        '<li class="card"{}><a href="{}">{}</a>{}{}',
        built(' draggable="true"') if may else "",
        module.url(one.pk),
        one.title,
        second,
        third,
    )
    if not may:
        return f"{head}</li>"
    start = format_html(
        '<details class="menu"><summary class="btn quiet small only" data-row-key="m" aria-label="{}: {}">{}</summary>'
        '<div class="menu-list">'
        '<form method="post" action="{}" data-move-form hx-boost="true"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="version" value="{}"><input type="hidden" name="by" value="{}">'
        '<input type="hidden" name="back" value="{}"><p>{}</p>',
        _("Move"), one.title, icon("ellipsis"), f"{module.url(one.pk)}move", token, one.version, by.key, back, _("Move to"),
    )  # fmt: skip
    return f"{head}{start}{movers}</form></div></details></li>"


@door()
@require_http_methods(["GET", "POST"])
def move_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Put a card into another column. What that column requires is asked for first; GET asks it, too."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk, "edit")
    user: Any = request.user
    sent = request.POST if request.method == "POST" else request.GET
    by = board_field(module, fields(user, module), sent.get("by", ""))
    may = fields(user, module, edit=True)
    if by.key not in may:
        raise PermissionDenied
    option = by.options.get(sent.get("to", ""))
    if option is None:
        raise Http404
    if request.method == "GET":
        return _ask(request, module, record, by, option, _required(option, record, may))
    return _move(request, module, record, by, option, may)


def _required(option: Option, record: Any, may: dict[str, Field]) -> list[str]:
    """The fields this choice asks for (Choice.more["requires"]) that the record has not."""
    return [key for key in option.more.get("requires", ()) if key in may and may[key].kind.is_empty(may[key].value(record))]


def _move(request: HttpRequest, module: Module, record: Any, by: Field, option: Option, may: dict[str, Field]) -> HttpResponse:
    seen, user = request.POST.get("version", ""), request.user
    if by.value(record) == option.value:
        return _back(request, module, record)  # a second press, or someone did the same
    asked = [key for key in request.POST.get("asked", "").split() if key in may]
    wanted = list(dict.fromkeys([*asked, *_required(option, record, may)]))
    form = RecordForm(module, user, request.POST if asked else None, record=record, only=wanted)  # type: ignore[arg-type]
    if wanted and not (asked and form.is_valid()):
        return _asking(request, module, record, by, option, wanted, form if asked else None)
    values = {key: form.cleaned_data[key] for key in wanted}
    empty = [key for key in wanted if key in option.more.get("requires", ()) and may[key].kind.is_empty(values[key])]
    if empty:
        for key in empty:
            form.add_error(key, _("Please fill this in."))
        return _asking(request, module, record, by, option, wanted, form)
    try:
        write.update(record, actor=Actor(user), expected=whole(seen) or None, **{by.key: option.value, **values})  # type: ignore[arg-type]
    except write.Conflict:
        messages.error(
            request, _("Someone else changed “%(title)s” in the meantime. The board shows it as it is now.") % {"title": record.title}
        )
        return _back(request, module, record)
    except write.Invalid as error:
        return _invalid(request, module, record, by, option, error, wanted, form if asked else None)
    messages.success(request, _("“%(title)s” is now in %(column)s.") % {"title": record.title, "column": option.label})
    return _back(request, module, record)


def _invalid(
    request: HttpRequest,
    module: Module,
    record: Any,
    by: Field,
    option: Option,
    error: write.Invalid,
    wanted: list[str],
    form: RecordForm | None,
) -> HttpResponse:
    """What the record as a whole requires in that column becomes a question, too."""
    keys = list(dict.fromkeys([*wanted, *(key for key in error.errors if key in module.fields)]))
    record.refresh_from_db()
    if not keys:
        messages.error(request, str(error))
        return _back(request, module, record)
    if form is not None:
        for key, message in error.errors.items():
            form.add_error(key if key in form.fields else None, message)
    return _asking(request, module, record, by, option, keys, form)


def _asking(
    request: HttpRequest, module: Module, record: Any, by: Field, option: Option, keys: list[str], form: RecordForm | None
) -> HttpResponse:
    """The question as a page of its own; a drop on the board is led there."""
    if form is None:
        query = {
            "to": option.value,
            "by": by.key,
            "asks": " ".join(keys),
            "version": request.POST.get("version", ""),
            "back": request.POST.get("back", ""),
            "then": request.POST.get("then", ""),
        }
        where = f"{reverse('move', args=[module.app, module.path, record.pk])}?{urlencode(query)}"
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": where})
        return HttpResponseRedirect(where)
    return _ask(request, module, record, by, option, keys, form)


def _ask(
    request: HttpRequest, module: Module, record: Any, by: Field, option: Option, keys: list[str], form: RecordForm | None = None
) -> HttpResponse:
    may = fields(request.user, module, edit=True)  # type: ignore[arg-type]
    sent = request.POST if request.method == "POST" else request.GET
    keys = list(dict.fromkeys([*keys, *(key for key in request.GET.get("asks", "").split() if key in may)]))
    form = form or RecordForm(module, request.user, record=record, only=keys)  # type: ignore[arg-type]
    context = {
        "module": module, "record": record, "by": by, "option": option, "form": form, "asked": " ".join(keys), "back": sent.get("back", ""),
        "then": sent.get("then") if sent.get("then") in {"record", "list"} else "",
        "version": sent.get("version") or record.version, "problems": form.problems() if form.is_bound else [],
    }  # fmt: skip
    return render(request, "record/move.html", context, status=422 if form.is_bound else 200)


def _back(request: HttpRequest, module: Module, record: Any) -> HttpResponse:
    if request.POST.get("then") == "record":
        return HttpResponseRedirect(module.url(record.pk))
    query = request.POST.get("back", "")[:4000].replace("\n", "").replace("\r", "")
    where = module.url() if request.POST.get("then") == "list" else reverse("board", args=[module.app, module.path])
    return HttpResponseRedirect(f"{where}?{query}" if query else where)
