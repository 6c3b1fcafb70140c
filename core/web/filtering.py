"""The filter panel of a list: a plain form whose rows become criteria in the address."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core.access.gate import fields
from core.criteria.tree import MAX_LEAVES, BadCriteria, Group, Leaf, load
from core.criteria.words import group_words, leaf_words
from core.field.look import Look
from core.module.listing import State
from core.module.module import Module
from core.web import conditions

KEPT = ("view", "sort", "columns", "size", "q", "display", "of")


def moved(request: HttpRequest, module: Module, kept_names: tuple[str, ...] = KEPT, display: str = "list") -> HttpResponse | None:
    """Where the panel's form leads: its rows as one `filter` parameter, so that the address can be shared. None for a
    request that does not come from a panel. `kept_names` are the other parameters of the page the panel stands on, `display` is
    what a view saved from here opens with."""
    asked = request.GET
    if "up" in asked or "down" in asked or "shown" in asked or "own-columns" in asked:
        return _columns_moved(request)
    if "rows" not in asked:
        return None
    made, groups, drafts = _sorted_out(request, module)
    kept = {key: asked[key] for key in kept_names if key in asked}
    match, other = ("any", "all") if asked.get("match") == "any" else ("all", "any")
    made += [{other: members} for members in groups.values()]
    if made:
        kept["filter"] = json.dumps({match: made}, ensure_ascii=False, separators=(",", ":"))
    if drafts:
        kept["draft"] = conditions.draft_text(drafts)
    if drafts or "add" in asked or "remove" in asked:
        kept["panel"] = "filter"
    if "add" in asked:
        kept["more"] = asked["add"]
    if "save" in asked and not drafts:
        if (of := asked.get("of", "")).isdigit():  # the conditions of a saved view, changed
            kept.pop("of", None)
            return HttpResponseRedirect(f"{module.url(page=f'views/{of}')}?{urlencode({**kept, 'replace': '1'})}")
        return HttpResponseRedirect(f"{module.url(page='views/new')}?{urlencode({**kept, 'display': display})}")
    return HttpResponseRedirect(f"{request.path}?{urlencode(kept)}")


def _sorted_out(request: HttpRequest, module: Module) -> tuple[list[Any], dict[int, list[Any]], list[conditions.Row]]:
    """The conditions that can be asked, those of groups by the group, and the rows that are not complete yet."""
    asked, user = request.GET, request.user
    reader = conditions.Conditions(module, user, fields(user, module))  # type: ignore[arg-type]
    made: list[Any] = []
    groups: dict[int, list[Any]] = {}
    drafts = []
    for n in range(MAX_LEAVES):
        if asked.get("remove") == str(n):
            continue
        if asked.get(f"k{n}"):
            with suppress(BadCriteria):
                made.append(load(asked[f"k{n}"]))
        elif asked.get(f"f{n}"):
            row = reader.row(asked, n)
            leaf = reader.leaf(row)
            if leaf is not None:
                (groups.setdefault(row.group, []) if row.group else made).append(leaf)
            elif row.field is not None:
                drafts.append(row)
    return made, groups, drafts


def _columns_moved(request: HttpRequest) -> HttpResponse:
    asked = request.GET
    kept = {key: asked[key] for key in (*KEPT, "filter") if asked.get(key) and key != "columns"}
    order, shown = asked.getlist("order"), set(asked.getlist("shown"))
    for word, step in (("up", -1), ("down", 1)):
        if asked.get(word) in order:
            at = order.index(asked[word])
            to = max(0, min(len(order) - 1, at + step))
            order.insert(to, order.pop(at))
            kept["panel"] = "columns"
    if "own-columns" not in asked:
        kept["columns"] = " ".join(key for key in order if key in shown)
    return HttpResponseRedirect(f"{request.path}?{urlencode(kept)}")


def chips(request: HttpRequest, asked: State, look: Look) -> list[dict[str, str]]:
    """Each condition of the filter in words, with the address of the list without it."""
    titled(look, asked.own)
    made = []
    for number, member in enumerate(asked.own.members):
        text = leaf_words(member, look) if isinstance(member, Leaf) else group_words(member, look)
        rest = [m for n, m in enumerate(next(iter(asked.own_data.values()))) if n != number]
        query = request.GET.copy()
        for key in ("after", "before", "page", "filter"):
            query.pop(key, None)
        if rest:
            query["filter"] = json.dumps({next(iter(asked.own_data)): rest}, ensure_ascii=False, separators=(",", ":"))
        made.append({"text": text, "without": f"?{query.urlencode()}"})
    return made


def titled(look: Look, group: Group) -> None:
    """Have the names of the records that a filter asks for, before it is put into words."""
    values = [(leaf.field, leaf.value if isinstance(leaf.value, list) else [leaf.value]) for leaf in group.leaves()]
    conditions.titled(look, values)


def panel(request: HttpRequest, asked: State, kept_names: tuple[str, ...] = KEPT) -> dict[str, Any] | None:
    """What the open side panel needs; None while it is shut."""
    which = request.GET.get("panel", "")
    if which == "columns":
        chosen = [one.key for one in asked.columns]
        parts = {part for one in asked.fields.values() for part in one.parts}
        rest = [key for key in asked.fields if key not in chosen and key not in parts]
        return {"which": "columns", "fields": [(asked.fields[key], key in chosen) for key in [*chosen, *rest]]}
    if which != "filter":
        return None
    reader = conditions.Conditions(asked.module, asked.user, asked.fields)
    rows = reader.rows(asked.own, asked.own_data, reader.drafts(request.GET.get("draft", "")))
    more = request.GET.get("more", "0" if not rows else "")
    if more.isascii() and more.isdigit() and len(more) < 4:
        rows.append(conditions.Row(len(rows), int(more)))
    last = max((row.group for row in rows), default=0)
    return {
        "which": "filter",
        "views": "view" in kept_names,
        "of": next((one.saved for one in asked.views if one.mine and one.saved and str(one.saved.pk) == request.GET.get("of")), None),
        "kept": [(key, request.GET[key]) for key in kept_names if key in request.GET],
        "any": asked.own.any,
        "groups": [(n, [row for row in rows if row.group == n]) for n in range(last + 1)],
        "new_group": last + 1,
        "count": len(rows),
        "fields": reader.offered(),
        "rule_url": asked.module.url(page="rule"),
        # Worked out for whoever looks: the panel says why it has no conditions on them.
        "live": [one for one in asked.fields.values() if one.live],
    }


__all__ = ["chips", "moved", "panel", "titled"]
