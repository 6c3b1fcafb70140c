"""Questions that join the CRM's tables: what matches a lead, what hangs on an account, what stands in the way of an undo."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import DateField, F, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.utils.text import capfirst
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from core.access.gate import Reach, fields, queryset, rights, within
from core.access.models import User
from core.event.models import Event
from core.field.look import Children, Look
from core.field.people import NAME_PARTS
from core.files.models import Attachment, Photo
from core.identity.keys import HANDLE, MAIL, PHONE, SHARED, name_of
from core.identity.names import others
from core.identity.twins import holders
from core.module.module import Module
from core.module.registry import module, modules
from core.record.hanging import may_have
from core.record.models import Note, Tie
from core.search.query import find
from core.text.emails import is_group_address
from core.worded import worded

from . import series
from .conversion import addresses, company_domains
from .models import Account, Contact, Conversion, Deal, DealRole, Lead, Moved

SHOWN = 5
# An event of a day ago needs no one to close it.
EVENT_OVER = timedelta(days=1)
CHAIN = 20
# So many activities of a record are read at once.
HELD = 40
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Match:
    """A record that may be the one the lead stands for, and why. `sure` ones are chosen beforehand."""

    record: Any
    why: str
    sure: bool = True


@dataclass
class Matches:
    """What exists already for a lead, among what the user may change; and what they may only see."""

    accounts: list[Match] = field(default_factory=list)
    contacts: list[Match] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    beyond: list[Account] = field(default_factory=list)


def matches(lead: Lead, user: User | None, *, also: int | None = None) -> Matches:
    """The accounts, contacts and open deals a lead may be converted to. `also` is an account the user named."""
    found = Matches(contacts=matching_contacts(lead, user))
    accounts = matching_accounts(lead, user, "edit")
    homes = {match.record.account_id for match in found.contacts if match.sure} - {None, *(match.record.pk for match in accounts)}
    # The account of the person we know already: seen is enough, since nothing on it changes.
    found.accounts = [Match(one, "contact") for one in reach(user, "crm.account", "view").filter(pk__in=homes)] + accounts
    held = {match.record.pk for match in found.accounts}
    if also and also not in held:
        found.accounts += [Match(one, "chosen") for one in reach(user, "crm.account", "edit").filter(pk=also)]
    if not accounts:
        found.beyond = [match.record for match in matching_accounts(lead, user, "view") if match.record.pk not in held][:SHOWN]
    found.deals = open_deals([match.record.pk for match in found.accounts], user)
    return found


def reach(user: User | None, key: str, right: str) -> QuerySet[Any]:
    """The gate for a person; the house itself reaches all that is not in the bin."""
    return queryset(user, key, right) if user is not None else module(key).model._default_manager.filter(deleted_at__isnull=True)


def matching_accounts(lead: Lead, user: User | None, right: str) -> list[Match]:
    """Accounts of the same name (folded, without the legal form), then those of the same web or mail domain."""
    rows = reach(user, "crm.account", right)
    # The conditions of the partial indexes are repeated, or SQLite would not use them.
    named = list(rows.exclude(name_key="").filter(name_key=lead.company_key).order_by("pk")[:SHOWN]) if lead.company_key else []
    domains = company_domains(lead)
    sited = list(rows.exclude(domain_key="").filter(domain_key__in=domains).order_by("pk")[:SHOWN]) if domains else []
    both = {one.pk for one in named} & {one.pk for one in sited}
    made = sorted((Match(one, "name") for one in named), key=lambda match: match.record.pk not in both)
    # A company may run several sites and a group one site for several companies: offered, but not chosen unasked beside a name.
    return (made + [Match(one, "domain", sure=not named) for one in sited if one.pk not in both])[:SHOWN]


def matching_contacts(lead: Lead, user: User | None) -> list[Match]:
    """Contacts with one of the lead's e-mail addresses, whatever its case. A desk's address (info@) makes no twins."""
    wanted = addresses(lead)
    if user is not None and not {"email", "email2"} <= fields(user, module("crm.contact")).keys():
        return []  # whoever may not read addresses does not learn whose they are
    if not wanted:
        return known_contacts(lead, user, ())
    rows = reach(user, "crm.contact", "edit")
    found = {one.pk: one for one in rows.filter(email__in={*wanted, lead.email, lead.email2} - {""}).order_by("pk")[:SHOWN]}
    for email in wanted:  # second addresses and other spellings, by the search index
        ids = [hit.record_id for hit in find("crm.contact", email, SHOWN, rows) if hit.record_id not in found]
        found |= {one.pk: one for one in rows.filter(pk__in=ids) if wanted & {one.email.casefold(), one.email2.casefold()}}
    made = []
    for one in found.values():
        shared = wanted & {one.email.casefold(), one.email2.casefold()}
        named = one.sort_name == lead.sort_name or one.full_name.casefold() == lead.full_name.casefold()
        made.append(Match(one, "email", sure=named or not all(is_group_address(email) for email in shared)))
    made.sort(key=lambda match: (not match.sure, match.record.pk))
    return [*made, *known_contacts(lead, user, {match.record.pk for match in made})][:SHOWN]


def known_contacts(lead: Lead, user: User | None, besides: Collection[int]) -> list[Match]:
    """Contacts that share the lead's telephone or handle, or ever held one of its addresses: offered, never chosen unasked (PLT-16)."""
    said = {MAIL: {lead.email, lead.email2}, PHONE: {lead.phone, lead.mobile}, HANDLE: {lead.x_handle}}
    found = {}
    for at, twins in holders(user, said, right="edit", only={"crm.contact"}).items():
        for one in twins:
            if one.record.pk not in besides and not (at[0] in SHARED and named_apart(one.record, lead)):
                found.setdefault(one.record.pk, Match(one.record, one.reasons[0], sure=False))
    return list(found.values())


def named_apart(contact: Contact, lead: Lead) -> bool:
    """Whether both have names, and other ones: who shares a switchboard with somebody is not them."""
    return others(*(name_of(*(getattr(record, key) for key in NAME_PARTS)) for record in (contact, lead)))


def open_deals(accounts: Sequence[int], user: User | None) -> list[Deal]:
    """The open deals of these accounts that the user may change, the next to close first."""
    rows = reach(user, "crm.deal", "edit").filter(account_id__in=accounts, outcome="open").select_related("account")
    return list(rows.order_by(F("closing_on").asc(nulls_last=True), "pk")[:SHOWN])


def account_tree(account: Account, user: User) -> tuple[list[Account], list[Account], bool]:
    """The chain above an account from the top, and its children, as far as the user may see; whether there are more."""
    chain: list[Account] = []
    rows, above, seen = queryset(user, "crm.account"), account.parent_id, {account.pk}
    while above is not None and above not in seen and len(chain) < CHAIN:
        seen.add(above)
        parent = rows.filter(pk=above).first()
        if parent is None:
            break
        chain.insert(0, parent)
        above = parent.parent_id
    there = may_have(account, "crm.account.parent")
    children = list(rows.filter(parent_id=account.pk).order_by("sort_name", "pk")[: CHAIN + 1]) if there else []
    return chain, children[:CHAIN], len(children) > CHAIN


def activities_on(record: Any, user: User, look: Look) -> Children:
    """The activities of a record made last, at most HELD. Of a record that has no more, these answer what is open, what is
    closed and what the timeline tells: one question for the three."""
    column = str(record._meta.model_name)
    slot = ("crm.activity", column)
    if slot not in look.children:
        there = may_have(record, f"crm.activity.{column}")
        found = _newest_activities(column, record.pk, rights(user).scope(module("crm.activity"), "view")) if there else []
        look.children[slot] = Children(found[:HELD], len(found) <= HELD)
    return look.children[slot]


@worded("column")
def _newest_activities(column: str, pk: int, reach: Reach | None) -> QuerySet[Any]:
    return within(reach, "crm.activity").filter(**{f"{column}_id": pk}).order_by("-created_at", "-pk")[: HELD + 1]


def open_activities(record: Any, user: User, look: Look, most: int = 20) -> tuple[list[Any], bool]:
    """What is still to be done on a record, the next first: by the day it is due or begins, a series by its next date;
    those without any last. And whether there are more than `most`. A series or event that is over is not open."""
    held, now = activities_on(record, user, look), look.now
    found = _open_among(held.rows, now)[: most + 1] if held.every else _open_asked(record, user, now, most + 1)
    moves = moved([one.pk for one in found if one.is_series])
    for one in found:
        one.next_at = one.starts_at
        if one.is_series:
            following = series.following(one, moves.get(one.pk, []), now)
            one.next_at = following.starts_at if following else one.starts_at
    found[most:], more = [], len(found) > most
    return sorted(found, key=_soonest), more


def _open_among(held: Sequence[Any], now: datetime) -> list[Any]:
    """The open ones of all there are, as `_open_asked` asks for them."""
    made = []
    for one in held:
        past = one.kind == "event" and not one.lasting and one.starts_at is not None and one.starts_at < now - EVENT_OVER
        over = past or (one.lasting and one.last_at is not None and one.last_at < now)
        if one.status != "done" and (one.due_on is not None or not over):
            one.day = one.due_on or (localdate(one.starts_at) if one.starts_at else None)
            made.append(one)
    return sorted(made, key=lambda one: (one.day is None, one.day or date.max, one.pk))


def _open_asked(record: Any, user: User, now: datetime, most: int) -> list[Any]:
    rows = queryset(user, "crm.activity").filter(**{f"{record._meta.model_name}_id": record.pk}).exclude(status="done")
    over = Q(kind="event", lasting=False, starts_at__lt=now - EVENT_OVER) | Q(lasting=True, last_at__lt=now)
    day = Coalesce("due_on", TruncDate("starts_at"), output_field=DateField())
    rows = rows.exclude(over & Q(due_on=None)).annotate(day=day)
    return list(rows.order_by(F("day").asc(nulls_last=True), "pk")[:most])


def _soonest(one: Any) -> tuple[bool, datetime, int]:
    moment = series.moment(one) if one.due_on and not one.next_at else one.next_at
    return (moment is None, moment or datetime.max.replace(tzinfo=UTC), one.pk)


def moved(ids: Sequence[int]) -> dict[int, list[Moved]]:
    """What is otherwise than the rule says, by series."""
    made: dict[int, list[Moved]] = {}
    for one in Moved.objects.filter(activity_id__in=ids) if ids else ():
        made.setdefault(one.activity_id, []).append(one)
    return made


def closed_activities(record: Any, user: User, look: Look, most: int = SHOWN) -> list[Any]:
    """What was done last on a record; one more than `most` if there are more."""
    held = activities_on(record, user, look)
    if held.every:
        done = [one for one in held.rows if one.status == "done"]
        return sorted(done, key=lambda one: (one.done_at is not None, one.done_at or _NEVER, one.pk), reverse=True)[: most + 1]
    rows = queryset(user, "crm.activity").filter(**{f"{record._meta.model_name}_id": record.pk}, status="done")
    return list(rows.order_by(F("done_at").desc(nulls_last=True), "-pk")[: most + 1])


@dataclass
class Obstacle:
    """One thing that stands in the way of undoing a conversion; `record` only if the reader may see it."""

    said: str
    url: str = ""


def obstacles(row: Conversion, user: User | None) -> list[Obstacle]:
    """What was changed or added since on the records that a conversion made (CRM-13)."""
    made: list[Obstacle] = []
    look = Look.of(user) if user else Look()
    for key, version in row.made.items():
        one, record = module(key), getattr(row, key.split(".")[1])
        if record is None:
            made.append(Obstacle(_("%(kind)s: the record was deleted for good.") % {"kind": capfirst(one.label)}))
            continue
        if record.deleted_at is not None:
            made.append(Obstacle(_("%(kind)s %(title)s is in the bin.") % {"kind": capfirst(one.label), "title": record.title}))
        elif record.version != version:
            made.append(_changed(one, record, row, look))
        made += _added(one, record, row, user)
    return made


def _changed(one: Module, record: Any, row: Conversion, look: Look) -> Obstacle:
    last = Event.objects.filter(module=one.key, record_id=record.pk).exclude(kind="converted").order_by("-id").first()
    said = _("%(kind)s %(title)s was changed by %(who)s on %(when)s.")
    who = look.person(last.actor_id) if last and last.actor_id else _("Enishi")
    return Obstacle(
        said
        % {"kind": capfirst(one.label), "title": record.title, "who": who, "when": look.moment(last.at if last else record.changed_at)},
        one.url(record.pk),
    )


def _added(one: Module, record: Any, row: Conversion, user: User | None) -> list[Obstacle]:
    """What hangs on a made record that the conversion did not put there."""
    own: dict[str, list[int]] = {"crm.lead": [row.lead_id]}
    for key in ("account", "contact", "deal"):
        own.setdefault(f"crm.{key}", []).append(getattr(row, f"{key}_id") or 0)
    for key, pk, _links in row.moved.get("crm.linked", []):
        own.setdefault(key, []).append(pk)
    said, made = _("%(kind)s %(title)s has got since: %(what)s %(name)s."), []
    for other, rows in _hanging(one, record):
        for child in rows.exclude(pk__in=own.get(other.key, [])).order_by("-pk")[:SHOWN]:
            seen = user is None or queryset(user, other, aside=True).filter(pk=child.pk).exists()
            name = child.title if seen else _("(one that you may not see)")
            words = {"kind": capfirst(one.label), "title": record.title, "what": other.label, "name": name}
            made.append(Obstacle(said % words, other.url(child.pk) if seen else ""))
    loose = _loose(one, record, row)
    if loose:
        said = _("%(kind)s %(title)s has got notes, files or links since: %(count)d.")
        made.append(Obstacle(said % {"kind": capfirst(one.label), "title": record.title, "count": loose}, one.url(record.pk)))
    return made


def _hanging(one: Module, record: Any) -> Iterator[tuple[Module, QuerySet[Any]]]:
    """The living records of every module that link to this one."""
    for other in modules():
        links = [column.name for column in other.model._meta.concrete_fields if column.is_relation and column.related_model is one.model]
        asked = Q()
        for link in links:
            asked |= Q(**{f"{link}_id": record.pk})
        if links:
            yield other, other.model._default_manager.filter(asked, deleted_at__isnull=True)


def _loose(one: Module, record: Any, row: Conversion) -> int:
    """Notes, files, ties and roles in deals that came since."""
    files = Attachment.objects.filter(module=one.key, record_id=record.pk).exclude(pk__in=row.moved.get("core.attachments", []))
    files_and_photo = files.count() + (
        Photo.objects.filter(module=one.key, record_id=record.pk).exclude(pk__in=row.moved.get("core.photo", [])).count()
    )
    notes = Note.objects.filter(module=one.key, record_id=record.pk).exclude(pk__in=row.moved.get("core.notes", []))
    tied = Tie.objects.filter(Q(module=one.key, record_id=record.pk) | Q(other_module=one.key, other_id=record.pk)).exclude(kind="became")
    tied = tied.exclude(pk__in=[*row.moved.get("core.ties", []), *row.moved.get("core.ties_back", [])])
    column = one.key.split(".")[1]
    roles = (
        DealRole.objects.filter(**{column: record.pk}).exclude(pk__in=row.moved.get("role", []))
        if column in {"deal", "contact"}
        else DealRole.objects.none()
    )
    return files_and_photo + notes.count() + tied.count() + roles.count()


def deal_roles(deal: Deal, user: User) -> tuple[list[dict[str, Any]], int]:
    """The contacts of a deal with their parts; and how many more there are that the user may not see."""
    held = list(DealRole.objects.filter(deal=deal).order_by("pk").values_list("pk", "contact_id", "role"))
    known: dict[int, Contact] = {
        one.pk: one for one in queryset(user, "crm.contact").filter(pk__in=[contact for _pk, contact, _role in held])
    }
    return [{"pk": pk, "contact": known[contact], "role": role} for pk, contact, role in held if contact in known], sum(
        c not in known for _pk, c, _role in held
    )
