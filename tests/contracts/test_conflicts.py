"""Two people, one record; one person, two clicks; a session that ended while somebody typed (PLT-11, F15, F22)."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from core.event.models import Event
from core.field.models import Choice
from core.module.registry import module as find_module
from core.stamps import bump
from crm.models import Lead
from tests import factories
from tests.contracts.test_pages import FormReader

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(ann: Any) -> Any:
    return factories.make_lead(ann, family_name="Ito", company="Acme", phone="03-1111-1111", status="new")


def form_of(client: Any, record: Any) -> dict[str, str]:
    """What the edit page would send back, as opened now."""
    page = client.get(f"/crm/leads/{record.pk}/edit").content.decode()
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    held = {name: getattr(record, name) for name in ("family_name", "given_name", "company", "phone", "email", "status")}
    return {**held, "version": version[1]}


def test_changes_to_different_fields_both_stand(ann: Any, bob: Any, client_of: Any, lead: Any) -> None:
    """PLT-11: only what each changed is written."""
    one, two = client_of(ann), client_of(bob)
    anns, bobs = form_of(one, lead), form_of(two, lead)

    assert one.post(f"/crm/leads/{lead.pk}/edit", {**anns, "company": "Beta"}).status_code == 302
    assert two.post(f"/crm/leads/{lead.pk}/edit", {**bobs, "phone": "03-2222-2222"}).status_code == 302

    lead.refresh_from_db()
    assert (lead.company, lead.phone, lead.version) == ("Beta", "03-2222-2222", 3)
    changed = Event.objects.filter(module="crm.lead", record_id=lead.pk, kind="updated").order_by("pk")
    assert [list(event.changes) for event in changed] == [["company"], ["phone"]]


def test_changes_to_the_same_field_are_asked_about(ann: Any, bob: Any, client_of: Any, lead: Any) -> None:
    """PLT-11: both values per field, nothing written until it is answered, and nothing of what was typed is lost."""
    one, two = client_of(ann), client_of(bob)
    anns, bobs = form_of(one, lead), form_of(two, lead)
    one.post(f"/crm/leads/{lead.pk}/edit", {**anns, "company": "Beta"})

    asked = two.post(f"/crm/leads/{lead.pk}/edit", {**bobs, "company": "Gamma", "given_name": "Ken"})

    page = asked.content.decode()
    assert asked.status_code == 409 and "Beta" in page and "Gamma" in page and 'value="Ken"' in page
    lead.refresh_from_db()
    assert (lead.company, lead.given_name) == ("Beta", "")


@pytest.mark.parametrize(("take", "stands"), [("mine", "Gamma"), ("theirs", "Beta")])
def test_the_answer_decides_field_by_field(ann: Any, bob: Any, client_of: Any, lead: Any, take: str, stands: str) -> None:
    one, two = client_of(ann), client_of(bob)
    anns, bobs = form_of(one, lead), form_of(two, lead)
    one.post(f"/crm/leads/{lead.pk}/edit", {**anns, "company": "Beta"})
    mine = {**bobs, "company": "Gamma", "given_name": "Ken"}
    asked = two.post(f"/crm/leads/{lead.pk}/edit", mine).content.decode()
    version = re.search(r'name="version" value="(\d+)"', asked)
    assert version

    answer = two.post(f"/crm/leads/{lead.pk}/edit", {**mine, "version": version[1], "take-company": take})

    lead.refresh_from_db()
    assert (answer.status_code, lead.company, lead.given_name) == (302, stands, "Ken")


def test_a_third_change_between_question_and_answer_is_asked_about_again(ann: Any, bob: Any, client_of: Any, lead: Any) -> None:
    one, two = client_of(ann), client_of(bob)
    anns, bobs = form_of(one, lead), form_of(two, lead)
    one.post(f"/crm/leads/{lead.pk}/edit", {**anns, "company": "Beta"})
    mine = {**bobs, "company": "Gamma"}
    version = re.search(r'name="version" value="(\d+)"', two.post(f"/crm/leads/{lead.pk}/edit", mine).content.decode())
    assert version
    lead.refresh_from_db()
    one.post(f"/crm/leads/{lead.pk}/edit", {**form_of(one, lead), "phone": "03-9999-9999"})

    late = two.post(f"/crm/leads/{lead.pk}/edit", {**mine, "phone": "03-3333-3333", "version": version[1], "take-company": "mine"})

    lead.refresh_from_db()
    assert (late.status_code, lead.phone, lead.company) == (409, "03-9999-9999", "Beta")


def test_the_same_change_by_both_is_no_conflict(ann: Any, bob: Any, client_of: Any, lead: Any) -> None:
    one, two = client_of(ann), client_of(bob)
    anns, bobs = form_of(one, lead), form_of(two, lead)

    for client, form in ((one, anns), (two, bobs)):
        assert client.post(f"/crm/leads/{lead.pk}/edit", {**form, "company": "Beta"}).status_code == 302


@pytest.mark.parametrize("kind", ["text", "number", "money", "date", "datetime", "yes_no", "multi_picklist", "user"])
def test_added_fields_clash_like_built_in_ones(ann: Any, bob: Any, client_of: Any, kind: str) -> None:
    """PLT-11, PLT-17"""
    factories.add_field(kind, choices="red green blue")
    first, second, third = {
        "text": ("a", "b", "c"),
        "number": ("1", "2.5", "3"),
        "money": ("1", "2.50", "3"),
        "date": ("2026-01-01", "2026-01-02", "2026-01-03"),
        "datetime": ("2026-01-01T10:00", "2026-01-02T10:00", "2026-01-03T10:00"),
        "yes_no": ("", "on", ""),
        "multi_picklist": (["red"], ["green"], ["blue"]),
        "user": (str(ann.pk), str(bob.pk), ""),
    }[kind]
    key = f"c_{kind}"
    lead = factories.make_lead(ann, **({} if kind == "yes_no" else {key: first}))
    one, two = client_of(ann), client_of(bob)
    base = {"family_name": lead.family_name, f"{key}__shown": "1", "version": "1"}

    assert one.post(f"/crm/leads/{lead.pk}/edit", {**base, key: second}).status_code == 302
    answer = two.post(f"/crm/leads/{lead.pk}/edit", {**base, key: third} if third else base | ({key: ""} if kind == "user" else {}))

    # Unticking what was never ticked is no change; everything else was changed by both.
    assert answer.status_code == (302 if kind == "yes_no" else 409)
    lead.refresh_from_db()
    assert lead.version == 2


@pytest.mark.parametrize("where", ["edit", "field/status"])
def test_a_choice_that_is_offered_no_more_clashes_like_any_other(ann: Any, bob: Any, client_of: Any, lead: Any, where: str) -> None:
    """PLT-11, PLT-17: left alone, it is no change; what the other made of it stays."""
    client, base = client_of(ann), {"version": "1", "status": "new", **({"family_name": "Ito"} if where == "edit" else {})}
    Choice.objects.filter(module="crm.lead", field="status", value="new").update(active=False)
    bump("fields")
    client_of(bob).post(f"/crm/leads/{lead.pk}/edit", {**base, "family_name": "Ito", "status": "contacted"})

    alone = client.post(f"/crm/leads/{lead.pk}/{where}", base)
    mine = client.post(f"/crm/leads/{lead.pk}/{where}", {**base, "status": "qualified"})
    never = client.post(f"/crm/leads/{lead.pk}/{where}", {**base, "version": "2"})

    assert (alone.status_code, mine.status_code, never.status_code) == (302, 409, 422)
    lead.refresh_from_db()
    assert (lead.status, lead.version) == ("contacted", 2)


@pytest.mark.parametrize("take", ["mine", "theirs"])
def test_an_answer_to_a_clash_leaves_what_the_other_changed_besides(ann: Any, bob: Any, client_of: Any, lead: Any, take: str) -> None:
    """PLT-11: the page that asks about one field sends all of them; those left alone are not put back to what they were."""
    one, two = client_of(ann), client_of(bob)
    anns, bobs = form_of(one, lead), form_of(two, lead)
    Choice.objects.filter(module="crm.lead", field="status", value="new").update(active=False)
    bump("fields")
    one.post(f"/crm/leads/{lead.pk}/edit", {**anns, "company": "Beta", "phone": "03-9999-9999", "status": "contacted"})
    asked = two.post(f"/crm/leads/{lead.pk}/edit", {**bobs, "company": "Gamma"})

    reader = FormReader()
    reader.feed(asked.content.decode())
    answer = two.post(f"/crm/leads/{lead.pk}/edit", {**reader.values, "take-company": take})

    lead.refresh_from_db()
    assert (asked.status_code, answer.status_code) == (409, 302)
    assert (lead.company, lead.phone, lead.status) == ("Gamma" if take == "mine" else "Beta", "03-9999-9999", "contacted")


@pytest.mark.parametrize(("take", "stands"), [("mine", "Acme"), ("theirs", "Beta")])
def test_who_answers_a_clash_with_what_stood_there_first_gets_it(
    ann: Any, bob: Any, client_of: Any, lead: Any, take: str, stands: str
) -> None:
    """PLT-11: "mine" is what they typed, also where that is what the record held when they opened it."""
    one, two = client_of(ann), client_of(bob)
    anns, bobs = form_of(one, lead), form_of(two, lead)
    one.post(f"/crm/leads/{lead.pk}/edit", {**anns, "company": "Beta"})
    asked = two.post(f"/crm/leads/{lead.pk}/edit", {**bobs, "company": "Gamma"})

    reader = FormReader()
    reader.feed(asked.content.decode())
    answer = two.post(f"/crm/leads/{lead.pk}/edit", {**reader.values, "company": "Acme", "take-company": take})

    lead.refresh_from_db()
    assert (asked.status_code, answer.status_code, lead.company) == (409, 302, stands)


def test_a_form_sent_twice_makes_one_record(ann: Any, client_of: Any) -> None:
    """F22: double click, Back and send again, a client's retry."""
    client = client_of(ann)
    page = client.get("/crm/leads/new").content.decode()
    once = re.search(r'name="once" value="([^"]+)"', page)
    assert once
    body = {"family_name": "Ito", "once": once[1]}

    first, second = client.post("/crm/leads/new", body), client.post("/crm/leads/new", body)

    assert Lead.objects.filter(family_name="Ito").count() == 1
    assert first.headers["Location"] == second.headers["Location"]


def test_a_note_sent_twice_is_written_once(ann: Any, client_of: Any, lead: Any) -> None:
    from core.record.models import Note

    client = client_of(ann)
    for _ in range(2):
        client.post(f"/crm/leads/{lead.pk}/note", {"text": "Called", "once": "abc"})

    assert Note.objects.count() == 1


def test_a_token_of_one_person_is_not_that_of_another(ann: Any, bob: Any, client_of: Any) -> None:
    for user in (ann, bob):
        client_of(user).post("/crm/leads/new", {"family_name": "Ito", "once": "same"})

    assert Lead.objects.filter(family_name="Ito").count() == 2


def test_a_deleted_record_cannot_be_edited_from_an_old_page(ann: Any, admin: Any, client_of: Any, lead: Any) -> None:
    client = client_of(ann)
    form = form_of(client, lead)
    client_of(admin).post(f"/crm/leads/{lead.pk}/delete")

    assert client.post(f"/crm/leads/{lead.pk}/edit", {**form, "company": "Beta"}).status_code == 404


def test_a_session_that_ended_keeps_what_was_typed(ann: Any, client_of: Any, client: Any, lead: Any) -> None:
    """PLT-11: the page holds it all, escaped; after signing in the same form is sent and saved."""
    form = form_of(client_of(ann), lead)
    typed = {**form, "company": 'Gamma "<b>" & Söhne', "tags": "vip"}
    where, ours = f"/crm/leads/{lead.pk}/edit", {"origin": "http://testserver"}

    ended = client.post(where, typed, headers=ours)

    page = ended.content.decode()
    assert ended.status_code == 401 and html.escape(typed["company"]) in page
    kept = {m[0]: html.unescape(m[1]) for m in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)}
    assert {key: kept[key] for key in typed if key in kept} == {key: value for key, value in typed.items() if key in kept}
    assert {"company", "version", "family_name"} <= kept.keys()
    lead.refresh_from_db()
    assert lead.company == "Acme"

    client.force_login(ann)
    assert client.post(where, kept, headers=ours).status_code == 302
    lead.refresh_from_db()
    assert lead.company == typed["company"]


def test_what_comes_from_elsewhere_is_not_shown_again(client: Any, lead: Any) -> None:
    """A page of ours never shows what another site made somebody send."""
    answer = client.post(f"/crm/leads/{lead.pk}/edit", {"company": "Planted"}, headers={"origin": "https://evil.example"})

    assert answer.status_code == 403 and "Planted" not in answer.content.decode()


def test_every_module_meets_a_conflict_with_a_question(ann: Any, admin: Any, client_of: Any) -> None:
    """PLT-11 for all of them: the one text field every module's form has."""
    makers = {"crm.account": ("name", factories.make_account), "crm.contact": ("family_name", factories.make_contact)}
    makers |= {"crm.deal": ("name", factories.make_deal), "crm.activity": ("subject", factories.make_activity)}
    makers |= {"helpdesk.ticket": ("subject", factories.make_ticket)}
    for key, (name, maker) in makers.items():
        record, module = maker(ann), find_module(key)
        assert (
            client_of(admin).post(module.url(record.pk, "edit"), {name: "Theirs", **_needs(key, record), "version": "1"}).status_code == 302
        ), key
        answer = client_of(ann).post(module.url(record.pk, "edit"), {name: "Mine", **_needs(key, record), "version": "1"})
        assert answer.status_code == 409 and "Theirs" in answer.content.decode() and "Mine" in answer.content.decode(), key


def _needs(key: str, record: Any) -> dict[str, str]:
    """What the form of a module asks for besides."""
    if key == "crm.deal":
        return {"account": str(record.account_id), "account__pk": str(record.account_id), "stage": record.stage}
    return {"kind": record.kind, "status": record.status} if key == "crm.activity" else {"status": "open"} if "ticket" in key else {}
