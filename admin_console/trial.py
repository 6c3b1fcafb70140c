"""A change of rights is tried before it is made: the page says whom it opens and closes what, and asks once more (ADM-13)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.access import impact
from core.access.explain import RIGHT_WORDS
from core.access.impact import Count, Impact
from core.field.look import Look
from core.record.write import Invalid, Refused
from core.text.numbers import whole


def asked_once_more(
    request: HttpRequest, title: str, change: Callable[[], Any], back: str, verb: str = "", among: Collection[int] | None = None
) -> HttpResponse:
    """Answer a form: say what `change` would open and close, and make it once somebody is sure of that. What does neither is
    made at once, unless there is a `verb` for it: what is deleted is asked for anyway. It leads `back`. `among` are the only
    people it can touch, where that is known."""
    sure = request.POST.get("sure") == "1"
    try:
        found = None if sure else impact.of(change, among=among)
        if found is None or (found.nothing and not verb):
            change()
            messages.success(request, _("Done.") if verb else _("Saved."))
            return HttpResponseRedirect(back)
    except Invalid:  # a field of the form: the form says it
        raise
    except Refused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    kept = [(name, value) for name, values in request.POST.lists() for value in values if name not in {"csrfmiddlewaretoken", "sure"}]
    look = Look.of(request.user)  # type: ignore[arg-type]
    context = {
        "look": look,
        "title": title,
        "verb": verb,
        "kept": kept,
        "back": back,
        "summary": summary(found),
        "nothing": found.nothing,
        "gain": len(found.gain),
        "lose": len(found.lose),
        "opens": _told(found.opens, look),
        "closes": _told(found.closes, look),
    }
    return render(request, "admin_console/impact.html", context)


def _told(counts: list[Count], look: Look) -> list[dict[str, Any]]:
    """A line for each module and right: how many records, to how many people, and who they are."""
    return [
        {
            **count_words(one),
            "names": ", ".join(look.person(pk) for pk in sorted(one.people)[:8]),
            "more": len(one.people) > 8,
        }
        for one in sorted(counts, key=lambda one: (-one.records, str(one.module.plural)))
    ]


def count_words(one: Count) -> dict[str, Any]:
    """How many records of what, with which right, and how many people, as words."""
    people = ngettext("%(count)d person", "%(count)d people", len(one.people)) % {"count": len(one.people)}
    records = f"{one.records:,}" + ("+" if one.more else "")
    return {"kind": one.module.plural, "right": RIGHT_WORDS[one.right], "records": records, "people": people}


def summary(found: Impact) -> str:
    """One sentence: opens 1,204 records to 6 people, closes 0."""
    opens, closes = (sum(one.records for one in counts if one.right == "view") for counts in (found.opens, found.closes))
    people = set().union(*(one.people for one in found.opens)) if found.opens else set()
    return _("Opens %(opens)s records to %(people)d people, closes %(closes)s.") % {
        "opens": f"{opens:,}",
        "people": len(people),
        "closes": f"{closes:,}",
    }


def number(request: HttpRequest, name: str) -> int:
    """A number a form sent; 0 for anything else."""
    return whole(request.POST.get(name, ""))
