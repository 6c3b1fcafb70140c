"""The duplicates page of a module: groups of records that look like one, the surest first, page by page (PLT-16)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import clock
from core.access.gate import can, queryset, rights
from core.field.look import Look
from core.identity.grouping import built, regroup
from core.identity.keys import WEIGHTS
from core.identity.matching import Link, grouped
from core.identity.merging import MOST, possible_winners
from core.identity.models import TwinGroup, TwinMember, TwinsApart
from core.identity.store import mark
from core.identity.twins import how_sure, reason, seen_links
from core.module.listing import prepare
from core.module.module import Module
from core.text.numbers import whole
from core.web import refused
from core.web.doors import door
from core.web.pages import module_or_404
from core.work.models import OPEN, Job

SIZE = 20
_FACTS = 4


def identified_or_404(request: HttpRequest, app: str, path: str, right: str = "view") -> Module:
    """A module whose records are people or companies."""
    module = module_or_404(request, app, path, right)
    if module.identity is None:
        raise Http404
    return module


@door()
@require_http_methods(["GET", "POST"])
def duplicates_page(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """What looks like one record; POST says of some that they are not."""
    module = identified_or_404(request, app, path)
    user: Any = request.user
    if request.method == "POST":
        return _apart(request, module)
    look, after = Look.of(user), _cursor(request.GET.get("after", ""))
    rows = list(_visible(user, module, after)[: SIZE + 1])
    groups = _groups(user, module, rows[:SIZE], look)
    job = None if built(module) else Job.objects.filter(kind="core.twins", key=module.key, state__in=OPEN).first()
    context = {
        "module": module,
        "groups": groups,
        "next": f"{rows[SIZE - 1].confidence}-{rows[SIZE - 1].pk}" if len(rows) > SIZE else "",
        "first": after is None,
        "unfinished": not built(module),
        "percent": job.percent if job else None,
        "may_part": can(user, module, "edit"),
        "look": look,
    }
    return render(request, "record/duplicates.html", context)


def _cursor(text: str) -> tuple[int, int] | None:
    confidence, _dash, pk = text.partition("-")
    return (whole(confidence), whole(pk)) if whole(pk) else None


def _visible(user: Any, module: Module, after: tuple[int, int] | None) -> QuerySet[TwinGroup]:
    """The groups of which this person may see two records at least, the surest first."""
    rows = TwinGroup.objects.filter(module=module.key).order_by("-confidence", "-pk")
    if after is not None:
        confidence, pk = after
        rows = rows.filter(confidence__lte=confidence).exclude(confidence=confidence, pk__gte=pk)
    if rights(user).rows(module, "view"):  # a condition: not all rows are this person's to see
        members = TwinMember.objects.filter(module=module.key, record_id__in=queryset(user, module).values("pk"))
        rows = rows.filter(pk__in=members.values("group_id").annotate(n=Count("pk")).filter(n__gte=2).values("group_id"))
    return rows


def _groups(user: Any, module: Module, rows: Sequence[TwinGroup], look: Look) -> list[dict[str, Any]]:
    """The groups as this person sees them: with the records they may see, for the reasons they may see."""
    ids = list(TwinMember.objects.filter(group__in=rows).values_list("record_id", flat=True)) if rows else []
    records = {record.pk: record for record in queryset(user, module).filter(pk__in=ids)} if ids else {}
    pairs = seen_links(user, module, list(records))
    known = [module.fields[key] for key in module.columns_shown if key in _seen_fields(user, module)]
    shown = [one for one in known[1:] if one.key not in {"owner", "changed_at"}][:_FACTS]
    prepare(look, module, list(records.values()), shown)
    made = []
    for group in sorted(grouped(module, pairs), key=lambda one: (-one.confidence, -one.ids[-1])):
        members = [records[pk] for pk in group.ids]
        within = {pair: link for pair, link in pairs.items() if pair[0] in set(group.ids)}
        made.append(
            {
                "lines": [_line(record, shown, look) for record in members],
                "ids": ".".join(str(pk) for pk in group.ids),
                "sure": how_sure(group.confidence),
                "hue": 2 if group.confidence >= 90 else 1 if group.confidence >= 75 else 3,
                "reasons": _reasons(module, within),
                "merge": len(members) <= MOST and bool(possible_winners(user, module, members)),
            }
        )
    return made


def _seen_fields(user: Any, module: Module) -> dict[str, Any]:
    from core.access.gate import fields

    return fields(user, module)


def _line(record: Any, shown: Sequence[Any], look: Look) -> dict[str, Any]:
    return {
        "record": record,
        "facts": [text for one in shown if (text := one.text(record, look))],
        "owner": look.person(record.owner_id),
        "changed": look.ago(record.changed_at),
    }


def _reasons(module: Module, pairs: dict[tuple[int, int], Link]) -> list[str]:
    assert module.identity is not None
    weights = WEIGHTS[module.identity.kind]
    found: dict[str, int] = {}
    for link in pairs.values():
        for kind, (value, past) in link.kinds.items():
            found[reason(kind, value, past, module.identity.kind)] = weights.get(kind, 0)
    return sorted(found, key=lambda words: -found[words])[:4]


def numbers(text: str) -> list[int]:
    """The ids of an address or a form: `3.17.20`."""
    return list(dict.fromkeys(number for part in text.split(".")[: MOST + 40] if (number := whole(part))))


def _apart(request: HttpRequest, module: Module) -> HttpResponse:
    """Remember that these are not the same: of each two of them, as far as the person may see and change such records."""
    user: Any = request.user
    if not can(user, module, "edit"):
        from django.core.exceptions import PermissionDenied

        raise PermissionDenied
    asked = numbers(request.POST.get("apart", ""))
    ids = sorted(queryset(user, module).filter(pk__in=asked).values_list("pk", flat=True))
    if len(ids) < len(asked):
        refused.unseen_among(user, module, asked)
    if len(ids) < 2:
        messages.error(request, _("Choose at least two records."))
    else:
        part(module, ids, user)
        messages.success(request, _("They will not be shown as duplicates of each other again."))
    return HttpResponseRedirect(reverse("duplicates", args=[module.app, module.path]))


def part(module: Module, ids: Sequence[int], user: Any) -> None:
    """Keep that no two of these records are the same."""
    now = clock.now()
    pairs = [TwinsApart(module=module.key, one=one, other=other, by=user, at=now) for at, one in enumerate(ids) for other in ids[at + 1 :]]
    with transaction.atomic():
        TwinsApart.objects.bulk_create(pairs, ignore_conflicts=True)
        mark(module, ids)  # should we die before the line below
    regroup(module, ids)
