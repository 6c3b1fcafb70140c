"""The filter panel of a list: a plain form whose rows become criteria in the address."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core.criteria.tree import NO_VALUE, Group, Leaf
from core.criteria.words import OPERATORS, leaf_words, value_words
from core.field.field import Field
from core.field.look import Look
from core.module.listing import State
from core.module.module import Module

KEPT = ("view", "sort", "columns", "size", "q", "display")
ROWS = 20


def moved(request: HttpRequest, module: Module, kept_names: tuple[str, ...] = KEPT, display: str = "list") -> HttpResponse | None:
    """Where the panel's form leads: its rows as one `filter` parameter, so that the address can be shared. None for a
    request that does not come from a panel. `kept_names` are the other parameters of the page the panel stands on, `display` is
    what a view saved from here opens with."""
    asked = request.GET
    if "up" in asked or "down" in asked or "shown" in asked or "own-columns" in asked:
        return _columns_moved(request)
    if "rows" not in asked:
        return None
    groups: dict[str, list[dict[str, Any]]] = {}
    for number in _row_numbers(asked):
        leaf = _leaf(asked, number)
        if leaf and asked.get("remove") != str(number):
            groups.setdefault(asked.get(f"g{number}", "0"), []).append(leaf)
    made: list[Any] = groups.pop("0", [])
    match = "any" if asked.get("match") == "any" else "all"
    other = "all" if match == "any" else "any"
    made += [{other: members} for members in groups.values()]
    kept = {key: asked[key] for key in kept_names if key in asked}
    if made:
        kept["filter"] = json.dumps({match: made}, ensure_ascii=False, separators=(",", ":"))
    for button in ("add", "remove"):
        if button in asked:
            kept["panel"] = "filter"
    if "add" in asked:
        kept["more"] = asked["add"]
    if "save" in asked:
        return HttpResponseRedirect(f"{module.url(page='views/new')}?{urlencode({**kept, 'display': display})}")
    return HttpResponseRedirect(f"{request.path}?{urlencode(kept)}")


def _row_numbers(asked: Any) -> list[int]:
    """The rows that came, in order. Rows that a script added share the number of their template, so names may repeat."""
    return [n for n in range(ROWS) if asked.get(f"f{n}")]


def _leaf(asked: Any, number: int) -> dict[str, Any] | None:
    field, op = asked.get(f"f{number}", ""), asked.get(f"o{number}", "")
    values = [value for value in asked.getlist(f"v{number}") if value.strip()]
    if not field or not op or (op not in NO_VALUE and not values):
        return None
    leaf: dict[str, Any] = {"field": field, "op": op}
    if op not in NO_VALUE:
        leaf["value"] = values if len(values) > 1 else values[0]
    return leaf


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
    made = []
    for number, member in enumerate(asked.own.members):
        text = leaf_words(member, look) if isinstance(member, Leaf) else " / ".join(leaf_words(leaf, look) for leaf in member.leaves())
        rest = [m for n, m in enumerate(next(iter(asked.own_data.values()))) if n != number]
        query = request.GET.copy()
        for key in ("after", "before", "page", "filter"):
            query.pop(key, None)
        if rest:
            query["filter"] = json.dumps({next(iter(asked.own_data)): rest}, ensure_ascii=False, separators=(",", ":"))
        made.append({"text": text, "without": f"?{query.urlencode()}"})
    return made


def panel(request: HttpRequest, asked: State, kept_names: tuple[str, ...] = KEPT) -> dict[str, Any] | None:
    """What the open side panel needs; None while it is shut."""
    which = request.GET.get("panel", "")
    if which == "columns":
        chosen = [one.key for one in asked.columns]
        rest = [key for key, one in asked.fields.items() if key not in chosen and not _is_part(key, asked.fields)]
        return {"which": "columns", "fields": [(asked.fields[key], key in chosen) for key in [*chosen, *rest]]}
    if which != "filter":
        return None
    rows: list[dict[str, Any]] = []
    group = 0
    for member in asked.own.members:
        if isinstance(member, Leaf):
            rows.append(_row(len(rows), member, 0))
        else:
            group += 1
            rows += [_row(len(rows) + n, leaf, group) for n, leaf in enumerate(member.leaves())]
    more = request.GET.get("more", "0" if not rows else "")
    fields = [one for one in asked.fields.values() if (not _is_part(one.key, asked.fields) or one.kind.key != "text") and not one.live]
    if more.isascii() and more.isdigit() and len(more) < 4:
        rows.append({"n": len(rows), "field": None, "op": "", "value": "", "values": [], "group": int(more)})
    groups = [[row for row in rows if row["group"] == n] for n in range(max([r["group"] for r in rows], default=0) + 1)]
    return {
        "which": "filter",
        "views": "view" in kept_names,
        "kept": [(key, request.GET[key]) for key in kept_names if key in request.GET],
        "any": asked.own.any,
        "groups": list(enumerate(groups)),
        "new_group": len(groups),
        "count": len(rows),
        "fields": sorted(fields, key=lambda one: one.label),
        # Worked out for whoever looks: the panel says why it has no conditions on them.
        "live": [one for one in asked.fields.values() if one.live],
        "operators": OPERATORS.items(),
        "shapes": json.dumps({one.key: _shape(one) for one in fields}, ensure_ascii=False),
        "no_value": " ".join(sorted(NO_VALUE)),
    }


def _is_part(key: str, fields: dict[str, Field]) -> bool:
    return any(key in one.parts for one in fields.values())


def _row(number: int, leaf: Leaf, group: int) -> dict[str, Any]:
    values = leaf.value if isinstance(leaf.value, list) else [leaf.value]
    return {
        "n": number,
        "field": leaf.field,
        "op": leaf.op,
        "value": "" if leaf.value is None else values[0],
        "values": [str(v) for v in values],
        "group": group,
    }


def _shape(one: Field) -> dict[str, Any]:
    """What a row for this field offers, for the script that keeps operator and value fitting."""
    from core.access.people import active_choices

    made: dict[str, Any] = {"ops": [[op, str(OPERATORS[op])] for op in one.kind.operators], "kind": one.kind.key}
    if one.options:
        made["options"] = [list(pair) for pair in one.told_apart().items()]
    elif one.kind.key == "user":
        made["options"] = [[str(pk), name] for pk, name in active_choices()]
    elif one.kind.key == "yes_no":
        made["options"] = [["1", one.kind.text(one, True, Look())], ["0", one.kind.text(one, False, Look())]]
    return made


def group_text(group: Group, look: Look) -> str:
    """All conditions in one line."""
    return ", ".join(leaf_words(leaf, look) for leaf in group.leaves())


__all__ = ["chips", "group_text", "moved", "panel", "value_words"]
