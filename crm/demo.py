"""The CRM's part of the demo organisation: customers with a past, leads that wait, deals in every stage, work for today."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import conf
from django.core.files.base import ContentFile
from django.core.files.base import File as Bytes
from django.utils import timezone

from core import clock
from core.action.registry import run
from core.demo import Story, demo
from core.field.models import Choice, CustomField
from core.files.keeping import attach, make_previews
from core.files.photos import set_photo
from core.module.models import SavedView, ViewChoice
from core.module.registry import module
from core.money.models import Rate
from core.record import notes as notes_of
from core.record.write import clean, create, create_many, update
from core.stamps import bump

from . import (
    demo_pipelines,
    demo_scores,  # noqa: F401 - a part of the demo of its own
    demo_sharing,  # noqa: F401 - another one
    series,
)
from . import demo_words as words
from .demo_pictures import drawn_face, drawn_plan
from .models import Activity
from .samples import LATIN_PLACES, PLACES, company, person

HOME_CURRENCY = conf.settings.HOME_CURRENCY
SELLERS = ("ann", "aoki", "carol", "ken", "ann", "aoki", "carol", "ken", "bob", "haruka")
OTHER_ACCOUNTS, OTHER_DEALS, INQUIRING = 42, 65, 186


@demo(order=10)
def settings(story: Story) -> None:
    """What an admin added: a field of leads, a rank of accounts, and views that people pinned."""
    CustomField.objects.create(module="crm.lead", key="c1", kind="date", label_en="Wanted by", label_ja="希望納期", position=1)
    CustomField.objects.create(module="crm.account", key="c2", kind="picklist", label_en="Rank", label_ja="ランク", position=1)
    ranks = [("a", "A", 2), ("b", "B", 3), ("c", "C", 10)]
    Choice.objects.bulk_create(
        Choice(module="crm.account", field="c2", value=value, label_en=label, label_ja=label, hue=hue, position=number)
        for number, (value, label, hue) in enumerate(ranks)
    )
    bump("fields")
    if HOME_CURRENCY == "JPY":
        Rate.objects.bulk_create(
            Rate(currency=code, home=HOME_CURRENCY, rate=rate, valid_from=story.day(-days)) for code, rate, days in words.RATES
        )
        bump("rates")


@demo(order=12)
def accounts(story: Story) -> None:
    """Companies with parents, their people, and who is asked for first."""
    story.kept["accounts"], story.kept["contacts"] = {}, {}
    rank = iter("abacbb" * 20)
    for number, one in enumerate(words.ACCOUNTS):
        story.then(story.ago(500 - number * 9, 10, number), _account, story, one, next(rank))
    for number, one in enumerate(words.CONTACTS):
        story.then(story.ago(495 - number * 9, 11, number * 2), _contact, story, one)
    for number in range(OTHER_ACCOUNTS):
        story.then(story.ago(480 - number * 10, 13, number), _other_account, story, number)


def _account(story: Story, one: tuple[Any, ...], rank: str) -> None:
    key, name, kana, industry, kind, owner, parent, site, place, employees = one
    postal, region, city, street, building, country = (PLACES[place] if place >= 0 else LATIN_PLACES[-place - 1]) + (
        ("JP",) if place >= 0 else ()
    )
    story.kept["accounts"][key] = create(
        "crm.account", actor=story.actor(owner), name=name, name_kana=kana, industry=industry, type=kind, website=f"https://{site}",
        parent=story.kept["accounts"][parent].pk if parent else None, employees=employees, phone=_phone(story), c2=rank,
        billing_postal_code=postal, billing_region=region, billing_city=city, billing_street=street, billing_building=building,
        billing_country=country, tags=words.TAGS.get(key, []),
    )  # fmt: skip


def _phone(story: Story) -> str:
    return f"03-5550-{story.dice.randrange(1000, 9999)}"


def _contact(story: Story, one: tuple[str, ...]) -> None:
    key, home, family, given, family_kana, given_kana, title, mail, phone = one
    account = story.kept["accounts"][home]
    first = home not in {c[1] for c in words.CONTACTS[: words.CONTACTS.index(one)]}
    made = create(
        "crm.contact", actor=story.actor("bob"), owner=account.owner_id, account=account.pk, family_name=family, given_name=given,
        family_kana=family_kana, given_kana=given_kana, job_title=title, email=mail, phone=phone, source="referral",
    )  # fmt: skip
    story.kept["contacts"][key] = made
    if first:
        update(account, actor=story.actor("bob"), primary_contact=made.pk)


def _other_account(story: Story, number: int) -> None:
    dice, owner = story.dice, story.dice.choice(SELLERS)
    name = company(number, dice, dice.random() < 0.75)
    account = create(
        "crm.account", actor=story.actor(owner), name=name, phone=_phone(story), website=f"https://c{number}.example.com",
        industry=dice.choice(("retail", "it", "food", "finance", "manufacturing", "education")), employees=dice.randrange(10, 900),
        type=dice.choice(("prospect", "customer", "customer")), c2=dice.choice("abc"),
    )  # fmt: skip
    story.kept["accounts"][f"other{number}"] = account
    people = [
        _person(story, 5000 + number * 4 + n) | {"account": account.pk, "owner": account.owner_id} for n in range(3 if number % 2 else 2)
    ]
    made = create_many(module("crm.contact"), [clean(module("crm.contact"), values) for values in people], actor=story.actor(owner))
    update(account, actor=story.actor(owner), primary_contact=made[0].pk)
    story.kept["contacts"].update({f"other{one.pk}": one for one in made})


def _person(story: Story, number: int) -> dict[str, Any]:
    one = person(number, story.dice)
    postal, region, city, street, building, country = one.place
    return {
        "family_name": one.family, "given_name": one.given, "family_kana": one.family_kana, "given_kana": one.given_kana,
        "email": one.email, "phone": one.phone, "job_title": one.job, "postal_code": postal, "region": region, "city": city,
        "street": street, "building": building, "country": country,
    }  # fmt: skip


@demo(order=14)
def leads(story: Story) -> None:
    """Lists from fairs, brought in at once, and people who asked by themselves, some of whom nobody has answered yet."""
    story.kept["leads"] = []
    number = 0
    for source, days, count, who, tag in words.LISTS:
        story.then(story.ago(days, 9, 30), _list, story, (source, who, tag), range(number, number + count))
        number += count
    for index in range(INQUIRING):
        days = 0.02 if index == 0 else 120 * (index / INQUIRING) ** 1.6
        moment = story.ago(days) - timedelta(minutes=story.dice.randrange(200) if days > 1 else 0)
        story.then(moment, _inquiry, story, number + index, days)


def _list(story: Story, kind: tuple[str, str, str], numbers: range) -> None:
    source, who, tag = kind
    found = module("crm.lead")
    rows = []
    for number in numbers:
        owner = story.people[story.dice.choice(("ann", "aoki") if who == "bob" else ("carol", "ken", "haruka"))]
        rows.append(clean(found, _lead(story, number) | {"owner": owner, "source": source, "tags": [tag]}))
    made = create_many(found, rows, actor=story.actor(who, "import"))
    story.kept["leads"] += made
    for record in made:
        story.then(story.now - timedelta(days=story.dice.random() * 40), _follow, story, record)


def _lead(story: Story, number: int) -> dict[str, Any]:
    dice = story.dice
    values = _person(story, number)
    japanese = values["country"] == "JP"
    return values | {
        "company": company(number, dice, japanese), "rating": dice.choice(("hot", "warm", "warm", "cold", "")), "status": "new",
        "industry": dice.choice(("retail", "it", "food", "finance", "medical", "education", "other")), "employees": dice.randrange(5, 600),
        "x_handle": f"demo_{number}" if number % 6 == 0 else "",
    }  # fmt: skip


def _inquiry(story: Story, number: int, days: float) -> None:
    who = story.dice.choice(SELLERS)
    values = _lead(story, number)
    record = create(
        "crm.lead", actor=story.actor(who),
        **values | {
            "source": story.dice.choice(("web", "web", "web", "phone", "referral", "x")),
            "description": story.dice.choice(words.INQUIRIES[values["country"] == "JP"]),
            "c1": story.day(story.dice.randrange(20, 120)) if number % 5 == 0 else None,
        },
    )  # fmt: skip
    story.kept["leads"].append(record)
    if days > 1.5:
        story.then(story.now - timedelta(days=days * story.dice.uniform(0.2, 0.95)), _follow, story, record)


def _follow(story: Story, record: Any) -> None:
    """Somebody called: what came of it."""
    dice, owner = story.dice, next(key for key, user in story.people.items() if user.pk == record.owner_id)
    if dice.random() < 0.35:
        return
    status = dice.choice(("contacted", "contacted", "qualified", "later", "unqualified"))
    update(record, actor=story.actor(owner), status=status)
    if dice.random() < 0.4:
        kind, subject, result = dice.choice(words.DONE)
        create("crm.activity", actor=story.actor(owner), kind=kind, subject=subject, result=result, status="done", lead=record.pk)


@demo(order=15)
def twins(story: Story) -> None:
    """People and a company that came in twice, each time written another way: what the duplicates page is for."""
    for number, (key, home, one, other) in enumerate(words.TWINS):
        for days, values in ((60 - number * 7, one), (9 - number, other)):
            story.then(story.ago(days, 11, number), _twin, story, key, home, values)


def _twin(story: Story, key: str, home: str, values: dict[str, Any]) -> None:
    more = {"account": story.kept["accounts"][home].pk} if home else {}
    create(key, actor=story.actor("bob"), owner=story.people["ann"], **values, **more)


@demo(order=16)
def deals(story: Story) -> None:
    """Deals through their stages, each step at its time."""
    story.kept["deals"] = []
    for one in words.DEALS:
        _plan(story, *one)
    names = [key for key in story.kept["accounts"] if key.startswith("other")]
    plans = (
        ("qualification",),
        ("analysis",),
        ("proposal",),
        ("proposal", "negotiation"),
        ("proposal", "won"),
        ("analysis", "won"),
        ("proposal", "lost"),
    )
    for number in range(OTHER_DEALS):
        path, begun = story.dice.choice(plans), story.dice.randrange(20, 300)
        ended = path[-1] in {"won", "lost"}
        at = [begun - (begun - 2) * (step + 1) // (len(path) + 1) for step in range(len(path))]
        stages = [("qualification", begun), *[(stage, days) for stage, days in zip(path, at, strict=True) if stage != "qualification"]]
        key = story.dice.choice(names)
        title = story.dice.choice(("コーヒーマシン 導入", "豆の定期便", "Office coffee", "保守契約", "Tasting and pilot", "マシン入替"))
        more = (
            {"lost_reason": story.dice.choice(("価格", "時期が合わない", "No answer any more", "競合に決定"))} if path[-1] == "lost" else {}
        )
        owner = next(name for name, user in story.people.items() if user.pk == story.kept["accounts"][key].owner_id)
        closing = -at[-1] if ended else story.dice.randrange(-6, 90)
        _plan(
            story,
            key,
            f"{title} {number + 1}",
            story.dice.randrange(20, 500) * 10_000,
            story.dice.choice(("new", "existing", "renewal")),
            stages,
            closing,
            owner,
            more,
        )
    for one in demo_pipelines.DEALS:
        _plan(story, *one)


def _plan(story: Story, key: str, name: str, amount: int, kind: str, path: Any, closing: int, owner: str, more: dict[str, str]) -> None:
    """The deal at its first step, and its further ones to come."""
    stage, begun = path[0]
    values = {"name": name, "amount": Decimal(amount), "type": kind, "closing_on": story.day(closing), "stage": stage}
    values |= {word: text for word, text in more.items() if word != "lost_reason"}
    story.then(story.ago(begun, 14, story.dice.randrange(60)), _begin, story, key, owner, values, path[1:], more.get("lost_reason", ""))


def _begin(story: Story, key: str, owner: str, values: dict[str, Any], path: Any, lost_reason: str) -> None:
    account = story.kept["accounts"][key]
    made = create("crm.deal", actor=story.actor(owner), account=account.pk, contact=account.primary_contact_id, source="referral", **values)
    story.kept["deals"].append(made)
    for stage, days in path:
        more = {"lost_reason": lost_reason} if stage.endswith("lost") else {}
        story.then(story.ago(days, 15, story.dice.randrange(60)), _move, story, made, owner, {"stage": stage} | more)


def _move(story: Story, record: Any, owner: str, values: dict[str, Any]) -> None:
    update(record, actor=story.actor(owner), **values)


@demo(order=18)
def activities(story: Story) -> None:
    """What was done, what is due today, and what was forgotten."""
    for number, (kind, subject, days, who, key, priority) in enumerate(words.ACTIVITIES):
        values: dict[str, Any] = {"kind": kind, "subject": subject, "priority": priority, "due_on": story.day(days), "status": "open"}
        if kind == "event":
            starts = timezone.localtime(story.now).replace(hour=10 + number % 7, minute=0, second=0, microsecond=0) + timedelta(days=days)
            values |= {"starts_at": starts, "ends_at": starts + timedelta(hours=1), "place": "会議室A" if not key else "先方"}
            values |= {"remind_before": 30} if starts > story.now else {}
        story.then(story.ago(8 + number % 9, 10, number), _activity, story, who, key, values)
    for number in range(90):
        kind, subject, result = story.dice.choice(words.DONE)
        days, who = story.dice.randrange(1, 200), story.dice.choice(SELLERS)
        values = {"kind": kind, "subject": subject, "result": result, "status": "done", "due_on": story.day(-days)}
        story.then(story.ago(days, 16, number % 60), _activity, story, who, story.dice.choice(list(story.kept["accounts"])), values)
    open_leads = [record for record in story.kept["leads"] if record.status in {"new", "contacted", "qualified"}]
    for number, record in enumerate(story.dice.sample(open_leads, 60)):
        who = next(key for key, user in story.people.items() if user.pk == record.owner_id)
        subject = story.dice.choice(words.NEXT[story.people[who].language])
        values = {
            "kind": "call" if number % 2 else "task",
            "subject": subject,
            "status": "open",
            "due_on": story.day(number % 16 - 5),
            "lead": record.pk,
        }
        story.then(story.ago(0.3 + number % 6 / 10), _activity, story, who, "", values)


def _activity(story: Story, who: str, key: str, values: dict[str, Any]) -> None:
    account = story.kept["accounts"].get(key)
    ties = {"account": account.pk, "contact": account.primary_contact_id} if account else {}
    create("crm.activity", actor=story.actor(who), **values, **ties)


@demo(order=19)
def repeating(story: Story) -> None:
    """Meetings that come again, one of them called off and one moved, and tasks that do; with reminders of those to come."""
    for subject, who, key, days, hour, lasts, rule, place, others in words.SERIES:
        zone = series.known(story.people[who].time_zone)
        starts = (story.now - timedelta(days=days)).astimezone(zone).replace(hour=hour, minute=0, second=0, microsecond=0)
        values = {"starts_at": starts, "ends_at": starts + timedelta(minutes=lasts), "repeat": rule, "place": place, "remind_before": 15}
        story.then(story.ago(days + 1), _series, story, who, key, {"kind": "event", "subject": subject, "status": "open", **values}, others)
    for subject, who, days, rule in words.CHAINS:
        values = {"kind": "task", "subject": subject, "status": "open", "due_on": story.day(days), "repeat": rule}
        story.then(story.ago(6, 11), _activity, story, who, "", values)
    story.then(story.now, _rearm)


def _series(story: Story, who: str, key: str, values: dict[str, Any], others: tuple[str, ...]) -> None:
    account = story.kept["accounts"].get(key)
    ties = {"account": account.pk, "contact": account.primary_contact_id} if account else {}
    made = create("crm.activity", actor=story.actor(who), **values, **ties)
    for other in others:
        run("crm.take_part", made, actor=story.actor(who), user=story.people[other].pk)
    coming = [one for one in series.dates(made, (), story.now, story.now + timedelta(days=40)) if one.occurs_on][1:3]
    if not account and len(coming) == 2:
        off, later = coming
        run("crm.call_off", made, actor=story.actor(who), occurs_on=off.occurs_on)
        moved_to = later.starts_at + timedelta(hours=2)
        run("crm.move_date", made, actor=story.actor(who), occurs_on=later.occurs_on, starts_at=moved_to)


def _rearm() -> None:
    """The reminders of an invented past were never sent: only those to come are left."""
    for one in Activity.objects.filter(reminder_at__isnull=False):
        one.reminder_at = None
        Activity.objects.filter(pk=one.pk).update(reminder_at=series.armed(one, clock.now()))


@demo(order=20)
def notes(story: Story) -> None:
    """What people wrote down, and the lists they keep at hand."""
    for key, who, days, text in words.NOTES:
        story.then(story.ago(days, 17, 20), _note, story, key, who, text)
    aiueo = {"all": [{"field": "account", "op": "is", "value": story.kept["accounts"]["aiueo"].pk}]}
    hot = {"all": [{"field": "rating", "op": "is", "value": "hot"}, {"field": "owner", "op": "me"}]}
    large = {"all": [{"field": "outcome", "op": "is", "value": "open"}, {"field": "amount", "op": "gte", "value": 2_000_000}]}
    _view(story, "ann", "crm.lead", "My hot leads", hot, "-changed_at", ("ann",))
    _view(story, "aoki", "crm.deal", "あいうえお株式会社の商談", aiueo, "-closing_on", ("aoki",))
    _view(story, "bob", "crm.deal", "Open deals from ¥2,000,000", large, "-amount", ("bob", "ann"), shared="all")
    ViewChoice.objects.create(user=story.people["ann"], module="crm.deal", view="closing", pinned=True)
    ViewChoice.objects.create(user=story.people["aoki"], module="crm.activity", view="today", pinned=True)


def _note(story: Story, key: str, who: str, text: str) -> None:
    made, _remark = notes_of.write("crm.account", story.kept["accounts"][key], text, actor=story.actor(who))
    if key == "hikari" and "24台" in text:
        notes_of.pin(made, on=True)


@demo(order=22)
def files(story: Story) -> None:
    """Photos of some of the people (drawn, nobody's face), and two papers."""
    for number, (key, who, days) in enumerate(words.FACES):
        story.then(story.ago(days, 12, number), _face, story, key, who, number)
    story.then(story.ago(9, 15, 10), _paper, story, "hikari", "ann", "見積メモ.txt", words.MEMO)
    story.then(story.ago(3, 11, 40), _plan_drawn, story, "northwind", "ann")


def _face(story: Story, key: str, who: str, number: int) -> None:
    upload = Bytes(io.BytesIO(drawn_face(number)), name="photo.png")
    set_photo("crm.contact", story.kept["contacts"][key], upload, actor=story.actor(who))


def _paper(story: Story, key: str, who: str, name: str, text: str) -> None:
    attach("crm.account", story.kept["accounts"][key], ContentFile(text.encode(), name=name), actor=story.actor(who))


def _plan_drawn(story: Story, key: str, who: str) -> None:
    upload = Bytes(io.BytesIO(drawn_plan()), name="second-floor.png")
    row, _remark = attach("crm.account", story.kept["accounts"][key], upload, actor=story.actor(who))
    make_previews(row.file_id)  # at once: the demo has no worker yet


def _view(story: Story, who: str, key: str, name: str, criteria: Any, order: str, pinned: tuple[str, ...], shared: str = "me") -> None:
    view = SavedView.objects.create(module=key, name=name, owner=story.people[who], criteria=criteria, order=order, shared=shared)
    ViewChoice.objects.bulk_create(ViewChoice(user=story.people[one], module=key, view=f"v{view.pk}", pinned=True) for one in pinned)
