"""Ids of others inside what one may do: lists of many, links in forms, what is merged, converted, filtered, restored and mailed
(A2, A3, A6). Carol may use every function there is; of ann's records she sees none."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.access.models import Profile, Share
from core.action.registry import bulk_actions
from core.event.models import Event
from core.files.models import Attachment, Photo
from core.mail.models import Mail
from core.module.registry import module as find_module
from core.module.registry import modules
from core.record.models import Note, Tagging, Tie
from core.signin.models import AuditEntry
from core.web.refused import DENIED
from core.work import hints
from core.work.jobs import drain
from tests import factories
from tests.contracts.walk import World, build

pytestmark = pytest.mark.django_db
WORDS = "Annsown"


@pytest.fixture
def carol_can(carol: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Every right and switch but the one that sees all."""
    monkeypatch.setattr(hints, "send", lambda job_id: True)
    rights = {one.key: ["view", "create", "edit", "delete", "import", "export", "bulk"] for one in modules()}
    features = [key for key in Profile.objects.get(name="Administrator").features if key != "see_all"]
    carol.profile = Profile.objects.create(name="Everything", rights=rights, features=features)
    carol.save()
    return carol


@pytest.fixture
def world(ann: Any) -> World:
    made = build(ann)
    for one in modules():
        named = next((key for key in ("family_name", "name", "subject", "text") if key in one.built_in), "")
        one.model._default_manager.filter(pk=made.records[one.key]).update(**{named: f"{WORDS} {one.path}"})
    return made


@pytest.fixture
def own(carol_can: Any) -> dict[str, Any]:
    """A record of carol's in each module."""
    return {one.key: factories.make_any(one.key, carol_can) for one in modules()}


@pytest.fixture
def client(carol_can: Any) -> Client:
    made = Client(raise_request_exception=False)
    made.force_login(carol_can)
    return made


def anns(world: World) -> str:
    """Everything of ann's records and what hangs on them, as one hash: rows, notes, files, tags, ties, shares, mails, history."""
    told: list[Any] = []
    for one in modules():
        pk = world.records[one.key]
        told.append(list(one.model._default_manager.filter(pk=pk).values_list()))
        for model in (Note, Attachment, Photo, Tagging, Share, Mail, Event):
            manager = getattr(model, "every", model._default_manager)
            told.append(list(manager.filter(module=one.key, record_id=pk).order_by("pk").values_list()))
        told.append(list(Tie.objects.filter(module=one.key, record_id=pk).order_by("pk").values_list()))
        told.append(list(Tie.objects.filter(other_module=one.key, other_id=pk).order_by("pk").values_list()))
        for other in modules():  # what others point at it
            for column in other.model._meta.concrete_fields:
                if column.is_relation and column.related_model is one.model:
                    told.append(sorted(other.model._default_manager.filter(**{column.attname: pk}).values_list("pk", flat=True)))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def noted() -> set[str]:
    """The modules of which somebody was refused a record, as the audit log has it."""
    return set(AuditEntry.objects.filter(act=DENIED).values_list("kind", flat=True))


def bulk_acts(module: Any, pk: int, carol: Any) -> list[tuple[str, dict[str, Any]]]:
    """Every act on many, confirmed, with its valid body."""
    kinds = {"text", "long_text", "name", "picklist"}
    text = next((key for key, one in module.fields.items() if one.editable and one.kind.key in kinds), "")
    where = f"{module.url(page='bulk')}?pk={pk}&do="
    made = [
        *([(f"{where}edit", {"set": text, text: "Hacked", "confirm": "1"})] if text else []),
        (f"{where}owner", {"owner": carol.pk, "with": "on", "confirm": "1"}),
        (f"{where}delete", {"confirm": "1"}),
        (f"{where}tag", {"add": "hacked", "confirm": "1"}),
        (module.url(page="bulk"), {"do": "mail", "pk": [pk]}),
    ]
    return made + [(f"{where}{one.key}", {"confirm": "1"}) for one in bulk_actions(carol, module.key)]


def test_no_act_on_many_reaches_records_of_others(client: Client, carol_can: Any, world: World, own: dict[str, Any]) -> None:
    """A2, A3, O1: alone and among one's own, by every act; the jobs behind them, too; and the log says who tried."""
    drain(clock.now())  # what waited before
    before, wrong = anns(world), []
    for key, mine in own.items():
        module, pk = find_module(key), world.records[key]
        for where, body in bulk_acts(module, pk, carol_can):
            mixed = (where.replace(f"pk={pk}", f"pk={mine.pk}.{pk}"), {**body, **({"pk": [mine.pk, pk]} if "pk" in body else {})})
            for address, sent in ((where, body), mixed):
                answer = client.post(address, sent, follow=True)
                if answer.status_code >= 500 or WORDS in answer.content.decode(errors="replace"):
                    wrong.append((address, answer.status_code))
        drain(clock.now())
        if anns(world) != before:
            wrong.append((key, "changed"))
            before = anns(world)

    assert wrong == [] and noted() >= set(own)


def test_no_link_in_a_form_points_at_records_of_others(client: Client, world: World, own: dict[str, Any]) -> None:
    """A2, O1: every link field of every module: in the form of a new record, in the one that changes, and alone in its place."""
    before, wrong, targets = anns(world), [], set()
    for key, mine in own.items():
        module = find_module(key)
        for name, one in module.fields.items():
            if one.kind.key != "link" or not one.editable:
                continue
            pk = world.records[one.target]
            targets.add(one.target)
            version = type(mine)._default_manager.values_list("version", flat=True).get(pk=mine.pk)
            body = {name: pk, f"{name}__pk": pk, f"{name}__title": f"{WORDS} x"[:3], "version": version}
            new = {"family_name": "N", "name": "N", "subject": "N", "kind": "task", "status": "open", "stage": "qualification"}
            for where, sent in (
                (module.url(mine.pk, "edit"), body),
                (module.url(page="new"), {**new, **body}),
                (f"{module.url(mine.pk, 'field')}/{name}", body),
            ):
                answer = client.post(where, sent)
                if answer.status_code == 302 and where != module.url(page="new"):
                    wrong.append((where, name, "taken"))
                if answer.status_code >= 500 or WORDS in answer.content.decode(errors="replace"):
                    wrong.append((where, name, answer.status_code))
            asked = json.dumps({"all": [{"field": name, "op": "is", "value": pk}]})
            for page in (client.get(module.url(), {"filter": asked, "view": "all"}), client.get(module.url(page="new"), {name: pk})):
                if WORDS in page.content.decode(errors="replace"):
                    wrong.append((key, name, "told"))

    assert wrong == [] and anns(world) == before
    assert noted() >= targets and len(targets) > 2


def test_nobody_merges_or_parts_records_of_others(client: Client, world: World, own: dict[str, Any]) -> None:
    """A2, O1, PLT-16: as the one that stays, as the one that goes, as a twin, as no twin."""
    before, wrong = anns(world), []
    for key, mine in own.items():
        module, pk = find_module(key), world.records[key]
        if module.identity is None:
            continue
        versions = {f"version-{mine.pk}": mine.version, f"version-{pk}": 1, "from-phone": pk, "from-name": pk}
        where = f"{module.url(page='merge')}?pk={mine.pk}.{pk}"
        told = [client.post(where, {"keep": keep, **versions}) for keep in (mine.pk, pk)]
        told += [client.get(where), client.get(f"{module.url(page='merge')}?pk={mine.pk}&add__pk={pk}", follow=True)]
        told += [client.post(module.url(page="duplicates"), {"apart": f"{mine.pk}.{pk}"})]
        told += [client.post(module.url(page="twins"), {"of": pk, "family_name": WORDS, "name": WORDS})]
        wrong += [(key, one.status_code) for one in told if one.status_code >= 500 or WORDS in one.content.decode(errors="replace")]
        wrong += [] if key in noted() else [(key, "not noted")]

    assert wrong == [] and anns(world) == before


def test_a_lead_becomes_nothing_of_others(client: Client, carol_can: Any, world: World) -> None:
    """A2, O1, CRM-10: neither into an account nor into a contact that one may not see, by any field of the form or its address."""
    before, wrong = anns(world), []
    account, contact = world.records["crm.account"], world.records["crm.contact"]
    choices: list[dict[str, Any]] = [
        {"account": account, "contact": "new", "deal": "none"},
        {"account": "new", "contact": contact, "deal": "none"},
        {"account": "other", "other-account": account, "other-account__pk": account, "contact": "new", "deal": "none"},
        {"account": "none", "contact": contact, "deal": "new", "deal-name": "N", "deal-stage": "qualification"},
    ]
    for sent in choices:
        lead = factories.make_lead(carol_can)
        for address in (f"/crm/leads/{lead.pk}/convert", f"/crm/leads/{lead.pk}/convert?account={account}"):
            answer = client.post(address, sent)
            page = client.get(address)
            if answer.status_code == 302 or WORDS in answer.content.decode() + page.content.decode():
                wrong.append((address, sent, answer.status_code))

    assert wrong == [] and anns(world) == before and noted() >= {"crm.account", "crm.contact"}


def test_what_others_deleted_does_not_come_back_by_its_act(client: Client, carol_can: Any, ann: Any, world: World) -> None:
    """A2, PLT-15: who may delete brings back what they could have deleted: an act on records of others is not theirs to undo."""
    import uuid

    from core.actor import Actor
    from core.record import write
    from crm.models import Lead

    hers, mine, act = factories.make_lead(ann), factories.make_lead(carol_can), uuid.uuid4()
    write.delete_many(find_module("crm.lead"), [hers.pk], actor=Actor(ann), act=act)
    assert client.post("/bin/restore", {"act": str(act)}).status_code == 404

    both = uuid.uuid4()
    third = factories.make_lead(ann)
    write.delete_many(find_module("crm.lead"), [third.pk, mine.pk], actor=Actor.system(), act=both)
    client.post("/bin/restore", {"act": str(both)})

    gone = set(Lead.objects.filter(deleted_at__isnull=False).values_list("pk", flat=True))
    assert {hers.pk, third.pk} <= gone


def test_pickers_searches_and_reports_name_nothing_of_others(client: Client, world: World) -> None:
    """A6: by words, by id, as a condition one relation far, as a shared report's rows."""
    texts = [client.get("/search", {"q": WORDS}), client.get("/crm/"), client.get("/helpdesk/"), client.get("/me/notifications/bell")]
    for one in modules():
        pk = world.records[one.key]
        texts += [
            client.get("/pick", {"module": one.key, "q": WORDS}),
            client.get("/pick", {"module": one.key, "q": str(pk), "pk": pk}),
            client.get(one.url(), {"q": WORDS, "view": "all"}),
            client.get(one.url(page="export"), {"q": WORDS, "view": "all"}),
            client.get(one.url(page="chart"), {"view": "all"}),
            client.get(one.url(page="calendar"), {"view": "all"}),
        ]

    # What was asked for stands in the box of the search; a title says more than that.
    assert [one.request["PATH_INFO"] for one in texts if f"{WORDS} " in one.content.decode(errors="replace")] == []
