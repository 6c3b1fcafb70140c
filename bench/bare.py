"""What the machine can do at best: the same bytes behind the same middleware, fetched with one query and filled in by Jinja2.

The bench writes the templates from the product's own pages (`prepare_list`; for a record bench.bare_record): everything that does not
come from the rows is plain text here, so that only fetching and filling in are left.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from jinja2 import Environment

from core import clock
from core.event.models import Event
from core.field.choices import options
from core.field.look import Look, user_names
from core.web.doors import door
from crm.models import Lead

_BODY = re.compile(r"(<tbody[^>]*>).*?(</tbody>)", re.S)
_CSRF = re.compile(r'(name="csrfmiddlewaretoken" value=")[^"]+')
_ROW = """{% for r in rows %}<tr data-pk="{{ r.id }}"><td><input type="checkbox" name="pk" value="{{ r.id }}" aria-label="{{ r.name }}">\
</td>\
<th scope="row"><a href="/crm/leads/{{ r.id }}/">{{ r.name }}</a></th><td>{{ r.company }}</td>\
<td><a href="mailto:{{ r.email }}">{{ r.email }}</a></td><td><a class="num" href="tel:{{ r.dial }}">{{ r.phone }}</a></td>\
<td><span class="state" data-hue="{{ r.status.hue }}">{{ r.status.label }}</span></td>\
<td><span class="state" data-hue="{{ r.source.hue }}">{{ r.source.label }}</span></td><td>{{ r.owner }}</td>\
<td><time datetime="{{ r.iso }}" title="{{ r.moment }}">{{ r.ago }}</time></td></tr>{% endfor %}"""
_COLUMNS = ("id", "family_name", "given_name", "company", "email", "phone", "status", "source", "owner_id", "changed_at")


def place(name: str) -> Path:
    """Where a template stands."""
    return Path(settings.VAR) / f"bare-{name}.html"


def raw(page: str) -> str:
    """The page as template text; each token is a blank to fill."""
    whole = "{% raw %}" + page + "{% endraw %}"
    return _CSRF.sub(r"\1{% endraw %}{{ csrf }}{% raw %}", whole)


def prepare_list(page: str) -> None:
    made = raw(page)
    place("list").write_text(_BODY.sub(lambda found: f"{found[1]}{{% endraw %}}{_ROW}{{% raw %}}{found[2]}", made))


@lru_cache(maxsize=4)
def _template(name: str, _written: int) -> Any:
    return Environment(autoescape=True).from_string(place(name).read_text())


def answer(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    """The template filled in, with the token of the forms."""
    template = _template(name, place(name).stat().st_mtime_ns)
    return HttpResponse(template.render(csrf=get_token(request), **context))


@door()
def list_page(request: HttpRequest) -> HttpResponse:
    """The newest fifty leads of the owners in the address, or of all."""
    look, owners = Look.of(request.user), request.GET.getlist("owner")  # type: ignore[arg-type]
    rows = Lead.objects.filter(deleted_at=None, converted_at=None)
    if owners:
        rows = rows.filter(owner_id__in=owners)
    status, source, people = options("crm.lead", "status"), options("crm.lead", "source"), user_names()
    found = list(rows.order_by("-changed_at", "-id").values(*_COLUMNS)[:50])
    for row in found:
        row["name"] = f"{row['family_name']} {row['given_name']}"
        row["dial"] = "".join(sign for sign in row["phone"] if sign in "+0123456789")
        row["status"], row["source"] = status[row["status"]], source[row["source"]]
        row["owner"] = people[row["owner_id"]][0]
        row["iso"], row["moment"], row["ago"] = row["changed_at"].isoformat(), look.moment(row["changed_at"]), look.ago(row["changed_at"])
    return answer(request, "list", rows=found)


@door()
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """The least a save with history writes: one row changed, one event added, in one transaction."""
    title, now = request.POST["job_title"], clock.now()
    with transaction.atomic():
        Lead.objects.filter(pk=pk).update(job_title=title, changed_at=now)
        changes = {"job_title": ["", title]}
        Event.objects.create(at=now, module="crm.lead", record_id=pk, kind="updated", actor_id=request.user.pk, way="page", changes=changes)
    return HttpResponseRedirect(f"/crm/leads/{pk}/")


@door()
def hello(request: HttpRequest) -> HttpResponse:
    """Nothing but the middleware and the session."""
    return HttpResponse("hello" if request.user.is_authenticated else "who?")
