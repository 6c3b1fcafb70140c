"""The record page as a plain Django developer would write it: a question for each kind of rows, as values, and a Jinja2 template
with loops. Nothing of rights, of fields an admin adds, of hidden fields, of what other apps offer; the text between is the
product's own page, so that both send the same bytes.

What the rows are shown by is filled in anew each time: the facts, tags, open and closed activities, files, the timeline of
events, notes, activities and mails in one order, people and deals.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse

from bench import bare
from core.event.models import Event
from core.event.timeline import KINDS
from core.field.choices import options
from core.field.look import Look, user_names
from core.files.models import Attachment, Photo
from core.mail.models import Mail
from core.module.registry import module_at
from core.notify.models import Notification
from core.record.models import Note, Tagging
from core.web.doors import door
from core.web.tags import icon
from crm.models import Account, Activity, Contact, Deal, DealRole

_LOOPS = dict(re.findall(r"<!-- (\w+) -->\n(.*?)\n(?=<!--|$)", Path(__file__).with_name("record.jinja").read_text(), re.S))
# Where each part stands in the page: what it begins with, and its loop.
_PARTS = (
    (r'(id="next".*?<ul class="items">).*?(</ul>)', _LOOPS["open"]),
    (r'(id="closed-activities".*?<ul class="items">).*?(</ul>)', _LOOPS["closed"]),
    (r'(<ul class="items files">).*?(</ul>)', _LOOPS["files"]),
    (r'(<ol class="timeline">).*?(</ol>)', _LOOPS["timeline"]),
    (r'(id="people".*?<ul class="items[^"]*">).*?(</ul>)', _LOOPS["people"]),
    (r'(id="roles".*?<ul class="items">).*?(</ul>)', _LOOPS["people"]),
    (r'(id="related-deals-[^"]*".*?<ul class="items">).*?(</ul>)', _LOOPS["deals"]),
)
_FACT = re.compile(r'(<dd id="f-(\w+)">)(.*?)((?: ?<a class="edit"[^>]*>.*?</a>)?</dd>)', re.S)


def prepare(page: str, name: str, title: str) -> None:
    """Make the template of one module of the product's page of a record."""
    made = bare.raw(page)
    for place, loop in _PARTS:
        filled = f"{{% endraw %}}{loop}{{% raw %}}"
        made = re.sub(place, lambda found, filled=filled: f"{found[1]}{filled}{found[2]}", made, count=1, flags=re.S)  # type: ignore[misc]
    made = _FACT.sub(lambda found: f"{found[1]}{{% endraw %}}{{{{ fact.{found[2]} }}}}{{% raw %}}{found[4]}", made)
    bare.place(f"record-{name}").write_text(made.replace(title, "{% endraw %}{{ title }}{% raw %}"))


@door()
def record_page(request: HttpRequest, path: str, pk: int) -> HttpResponse:
    """A lead, contact, account or deal with all that its page shows."""
    module, look = module_at("crm", path), Look.of(request.user)  # type: ignore[arg-type]
    assert module is not None
    key, column = module.key, module.model._meta.model_name
    row = module.model._default_manager.filter(deleted_at=None).values().get(pk=pk)
    tags = list(Tagging.objects.filter(module=key, record_id=pk).values_list("tag__word", flat=True))
    work = Activity.objects.filter(deleted_at=None, **{f"{column}_id": pk})
    names = ("id", "subject", "kind", "due_on", "starts_at", "result", "owner_id", "created_at", "created_by_id")
    open_ones = list(work.exclude(status="done").order_by("due_on", "pk").values(*names)[:20])[:5]
    closed = list(work.filter(status="done").order_by(F("done_at").desc(nulls_last=True), "-pk").values(*names)[:6])[:5]
    added = work.order_by("-created_at", "-pk").values(*names)[:20]
    files = list(Attachment.objects.filter(module=key, record_id=pk).order_by("-pk").values("id", "name", "by_id", "at", "file__size")[:7])
    notes = Note.objects.filter(module=key, record_id=pk).order_by("-at", "-pk").values()[:20]
    events = Event.objects.filter(module=key, record_id=pk).order_by("-at", "-pk").values()[:20]
    mails = Mail.objects.filter(module=key, record_id=pk).order_by("-created_at", "-pk").values()[:20]
    Photo.objects.filter(module=key, record_id=pk).values("pk").first()
    Notification.objects.filter(user=request.user, read_at=None, page=True, gone=False).count()
    items = [_event(one, module) for one in events] + [_note(one) for one in notes] + [_added(one) for one in added]
    items += [
        {"at": one["created_at"], "icon": "mail", "by": one["user_id"], "what": "wrote a mail", "title": one["subject"]} for one in mails
    ]
    items = sorted(items, key=lambda item: item["at"], reverse=True)[:20]
    _shown(items, look)
    for one in [*open_ones, *closed]:
        one["when"] = look.moment(one["starts_at"]) if one["starts_at"] else look.day(one["due_on"])
        one["who"] = look.person(one["owner_id"])
    for one in files:
        one |= {"size": f"{one['file__size'] / 1024:.1f} KB", "who": look.person(one["by_id"]), **_time(one["at"], look)}
    beside = _beside(str(column), row, look)
    fact = _facts(key, row, look) | beside.pop("fact") | {"tags": ", ".join(tags)}
    title = row.get("name") or f"{row.get('family_name', '')} {row.get('given_name', '')}".strip()
    lists = {"open": open_ones, "closed": closed, "files": files, "items": items, **beside}
    return bare.answer(request, f"record-{path}", fact=fact, title=title, path=request.path, icon=icon, **lists)


def _time(at: Any, look: Look) -> dict[str, str]:
    return {"iso": at.isoformat(), "moment": look.moment(at), "ago": look.ago(at)}


def _event(one: dict[str, Any], module: Any) -> dict[str, Any]:
    symbol, what = KINDS.get(one["kind"], ("circle-dot", one["kind"]))
    changes = [(module.fields[key].label, *pair) for key, pair in one["changes"].items() if key in module.fields]
    return {"at": one["at"], "icon": symbol, "by": one["actor_id"], "what": what, "changes": changes}


def _note(one: dict[str, Any]) -> dict[str, Any]:
    return {"at": one["at"], "icon": "file-text", "by": one["author_id"], "what": "wrote a note", "note": one["id"], "text": one["text"]}


def _added(one: dict[str, Any]) -> dict[str, Any]:
    address = f"/crm/activities/{one['id']}/"
    made = {"at": one["created_at"], "icon": "calendar-check", "by": one["created_by_id"], "what": "added: activity"}
    return {**made, "url": address, "title": one["subject"]}


def _shown(items: list[dict[str, Any]], look: Look) -> None:
    last = None
    for item in items:
        at = item["at"].astimezone(look.zone)
        item |= {"who": look.person(item["by"]), "iso": at.isoformat(), "time": f"{at:%H:%M}"}
        if at.date() != last:
            last = at.date()
            item["day"] = look.day(at)


def _facts(key: str, row: dict[str, Any], look: Look) -> dict[str, Any]:
    made = dict(row)
    for name in ("status", "source", "rating", "industry", "stage", "type"):
        if row.get(name):
            made[name] = options(key, name)[row[name]].label
    made["owner"] = user_names()[row["owner_id"]][0] if row["owner_id"] else ""
    made["name"] = row.get("name") or f"{row.get('family_name', '')} {row.get('given_name', '')}"
    return made


def _beside(column: str, row: dict[str, Any], look: Look) -> dict[str, Any]:
    """What else the page of its kind shows: people and deals of an account, deals of a contact, who is in a deal."""
    made: dict[str, Any] = {"people": [], "deals": [], "fact": {}}
    if column == "account":
        rows = Contact.objects.filter(deleted_at=None, account_id=row["id"]).order_by("sort_name", "pk")
        made["people"] = [_person(one) for one in rows.values("id", "family_name", "given_name", "phone", "email")[:8]]
        list(Account.objects.filter(deleted_at=None, parent_id=row["id"]).values("id", "name")[:20])
    if column in {"account", "contact"}:
        stages = options("crm.deal", "stage")
        rows = Deal.objects.filter(deleted_at=None, **{f"{column}_id": row["id"]}).order_by("-changed_at", "-pk")
        for one in rows.values("id", "name", "stage", "amount", "currency")[:6]:
            said = {"url": f"/crm/deals/{one['id']}/", "title": one["name"], "one": stages[one["stage"]].label}
            made["deals"].append({**said, "two": look.money(one["amount"], one["currency"])})
    if row.get("account_id"):
        made["fact"]["account"] = Account.objects.filter(pk=row["account_id"]).values_list("name", flat=True)[0]
    if column == "deal":
        roles = DealRole.objects.filter(deal_id=row["id"]).order_by("pk")
        made["people"] = [_person(one) for one in roles.values(*(f"contact__{name}" for name in ("id", "family_name", "given_name")))]
    return made


def _person(one: dict[str, Any]) -> dict[str, Any]:
    plain = {name.removeprefix("contact__"): value for name, value in one.items()}
    title = f"{plain['family_name']} {plain['given_name']}"
    return {"url": f"/crm/contacts/{plain['id']}/", "title": title, "one": plain.get("phone", ""), "two": plain.get("email", "")}
