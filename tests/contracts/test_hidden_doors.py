"""Doors that act rather than show: none of them tells what stands in a hidden field, nor writes into one (PLT-25, A5, A6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core import clock
from core.access.models import User
from core.actor import Actor
from core.mail.models import MailTemplate
from core.mail.outgoing import write_mail
from core.module.registry import module as find_module
from core.module.registry import modules
from core.notify.models import Notification
from core.record import write
from core.record.transfer_models import ImportRun
from core.work import hints
from core.work.jobs import drain
from crm.models import Lead, ScoreRule
from tests import factories
from tests.contracts.canaries import Canaries, body

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "send", lambda job_id: True)


def values(key: str, pk: int) -> dict[str, Any]:
    """What stands in a record now, whoever asks."""
    module = find_module(key)
    record = module.model._default_manager.get(pk=pk)
    return {name: one.value(record) for name, one in module.fields.items() if one.formula is None and not one.parts}


def test_no_hidden_field_is_written_by_any_form(spied: Canaries) -> None:
    """A5, PLT-25: the form, the cell in its place and the edit of many take no field that is hidden, and show none."""
    wrong = []
    for key, held in spied.held.items():
        module, pk = find_module(key), spied.world.records[key]
        before = {name: value for name, value in values(key, pk).items() if name in held}
        version = values(key, pk) and module.model._default_manager.get(pk=pk).version
        forged = dict.fromkeys(held, "Hacked")
        answers = [
            spied.client.post(module.url(pk, "edit"), {**forged, "version": version}),
            spied.client.get(module.url(page="bulk"), {"do": "edit", "pk": pk}),
            spied.client.post(f"{module.url(page='bulk')}?do=edit&pk={pk}", {**forged, "set": list(held), "confirm": "1"}),
            spied.client.post(
                f"{module.url(page='bulk')}?do=tag&pk={pk}", {"add": "Hacked", "remove": held.get("tags", ""), "confirm": "1"}
            ),
        ]
        for name in held:
            where = f"{module.url(pk, 'field')}/{name}"
            looked, sent = spied.client.get(where), spied.client.post(where, {name: "Hacked", "version": version})
            if (looked.status_code, sent.status_code) != (404, 404):
                wrong.append((key, name, looked.status_code, sent.status_code))
        drain(clock.now())
        wrong += [(key, leaks) for one in answers if (leaks := spied.found(body(one)))]
        asked = answers[1].context["form"].fields if answers[1].status_code == 200 else {}
        wrong += [(key, name, "bulk") for name in set(held) & set(asked)]
        after = {name: value for name, value in values(key, pk).items() if name in held}
        if after != before:
            wrong.append((key, before, after))

    assert wrong == []


def test_a_cell_changed_in_its_place_brings_no_hidden_column(spied: Canaries, ann: User) -> None:
    """PLT-10, A6: the row that comes back has the columns its reader may see, whatever the address asks for."""
    module, pk = find_module("crm.lead"), spied.world.records["crm.lead"]
    asked = {"cell": " ".join(module.fields)}
    htmx = {"HX-Request": "true"}

    shown = spied.client.get(f"{module.url(pk, 'field')}/owner", {**asked, "shown": "1"}, headers=htmx)
    version = Lead.objects.get(pk=pk).version
    saved = spied.client.post(
        f"{module.url(pk, 'field')}/owner?cell={'+'.join(module.fields)}", {"owner": ann.pk, "version": version}, headers=htmx
    )

    assert (shown.status_code, saved.status_code) == (200, 200)
    assert spied.found(body(shown)) == [] and spied.found(body(saved)) == []


def test_merging_and_its_undoing_tell_nothing(spied: Canaries, ann: User, admin: User) -> None:
    """PLT-16, PLT-25: side by side, done, on the timeline, and taken back: other twins' hidden values stand nowhere."""
    client, held = spied.client, spied.held["crm.lead"]
    pk = spied.world.records["crm.lead"]
    other = factories.make_lead(ann, family_name="Twin", email=held["email"], description="Twin words")
    where = f"/crm/leads/merge?pk={pk}.{other.pk}"

    pages = [client.get(where), client.get("/crm/leads/duplicates"), client.get(f"/crm/leads/merge?pk={pk}")]
    versions = {f"version-{one.pk}": one.version for one in Lead.objects.filter(pk__in=[pk, other.pk])}
    done = client.post(where, {"keep": pk, **versions, "from-phone": other.pk, "from-description": other.pk})
    assert done.status_code == 302, body(done)[:500]
    pages += [client.get(f"/crm/leads/{pk}/"), client.get(f"/crm/leads/{pk}/timeline"), client.get(f"/crm/leads/{pk}/unmerge")]
    pages += [client.post(f"/crm/leads/{pk}/unmerge"), client.get(f"/crm/leads/{pk}/timeline")]

    assert [leaks for one in pages if (leaks := spied.found(body(one)))] == []
    assert Lead.objects.filter(deleted_at=None).count() >= 2


def test_an_import_neither_reads_nor_writes_a_hidden_field(spied: Canaries) -> None:
    """PLT-13, PLT-25: no column goes there, no row is recognised by it, in the preview and in the run; nothing is updated."""
    held, pk = spied.held["crm.lead"], spied.world.records["crm.lead"]
    before, count = values("crm.lead", pk), Lead.objects.count()
    sheet = f"Family name,E-mail,Phone,Description\nNew,{held['email']},{held['phone']},Hacked\n"
    answer = spied.client.post("/crm/leads/import", {"file": SimpleUploadedFile("a.csv", sheet.encode()), "mode": "both"})
    where = answer["Location"]
    wishes = {"c0": "family_name", "c1": "email", "c2": "phone", "c3": "description", "mode": "both", "keys": ["email", "phone"]}

    page = spied.client.get(where)
    tried = spied.client.post(where, wishes)
    begun = spied.client.post(where, {**wishes, "start": "1"})
    drain(clock.now())

    options = body(page)
    assert not any(f'value="{name}"' in options for name in held)
    for one in (page, tried, begun):
        assert spied.found(body(one).replace(held["email"], "").replace(held["phone"], "")) == []
        assert "1 updated" not in body(one)
    assert values("crm.lead", pk) == before
    made = Lead.objects.order_by("-pk").first()
    assert Lead.objects.count() in {count, count + 1}
    if Lead.objects.count() > count:
        assert made is not None and (made.email, made.phone, made.description) == ("", "", "")
    assert ImportRun.objects.exists()


def test_no_mail_takes_a_hidden_field_in(spied: Canaries) -> None:
    """CRM-16, CRM-18: merge fields of one mail and of many; the templates' list of fields does not name them."""
    held, pk = spied.held["crm.lead"], spied.world.records["crm.lead"]
    text = " ".join(f"{{{{ {name} }}}}" for name in held)
    template = MailTemplate.objects.create(name="All", subject="Hello", body=text, owner=spied.user)

    pages = [
        spied.client.get(f"/crm/leads/{pk}/mail", {"template": template.pk}),
        spied.client.post(
            f"/crm/leads/{pk}/mail", {"fill": "1", "template": template.pk, "subject": "", "body": "", "to": "x@example.com"}
        ),
        spied.client.get(f"/me/templates/{template.pk}"),
        spied.client.post("/crm/leads/bulk", {"do": "mail", "pk": [pk]}, follow=True),
    ]

    assert [leaks for one in pages if (leaks := spied.found(body(one)))] == []


def test_a_mail_that_a_colleague_wrote_shows_no_hidden_address(spied: Canaries, admin: User) -> None:
    """CRM-16, PLT-25: its page, its record's timeline and the question of a new one."""
    lead, held = Lead.objects.get(pk=spied.world.records["crm.lead"]), spied.held["crm.lead"]
    row = write_mail(lead, actor=Actor(admin), to=held["email"], cc=held["email2"], subject="S", body="B", key="c")
    type(row).objects.filter(pk=row.pk).update(reason=f"{held['email'].upper()} was refused", state="failed")

    pages = [spied.client.get(where) for where in (f"/mail/{row.pk}/", f"/crm/leads/{lead.pk}/timeline", f"/crm/leads/{lead.pk}/mail")]

    assert "c•••@example.com" in body(pages[0]) and [leaks for one in pages if (leaks := spied.found(body(one)))] == []


def test_no_formula_tells_what_it_reads(spied: Canaries) -> None:
    """PLT-17, A6: a formula over a hidden field is hidden, too: on the record, in lists, filters and files."""
    factories.add_field("formula", key="c_told", formula="description & '!' & city", result="text", label_en="Told")
    factories.add_field("formula", key="c_far", formula="c_day + 3", result="date", label_en="Far")
    lead = Lead.objects.get(pk=spied.world.records["crm.lead"])
    write.update(lead, actor=Actor.system(), family_name="Again")
    assert spied.held["crm.lead"]["description"] in str(values_of_formula(lead, "c_told"))

    client, where = spied.client, find_module("crm.lead").url()
    asked = json.dumps({"all": [{"field": "c_told", "op": "filled"}]})
    pages = [
        client.get(f"{where}{lead.pk}/"),
        client.get(where, {"columns": "c_told c_far name", "view": "all"}),
        client.post(f"{where}export?view=all", {"format": "csv", "columns": "all"}),
        client.get(f"{where}chart", {"by": "c_told", "view": "all"}),
    ]
    texts = [body(one) for one in pages]
    assert [leaks for text in texts if (leaks := spied.found(text))] == []
    assert "This filter cannot be used here" in body(client.get(where, {"filter": asked, "view": "all"}))
    assert client.get(where, {"sort": "c_told", "view": "all"}).context["asked"].order.field.key != "c_told"


def values_of_formula(record: Any, key: str) -> Any:
    return find_module("crm.lead").fields[key].value(record)


def test_a_score_names_no_rule_over_a_hidden_field(spied: Canaries, admin: User, client_of: Any) -> None:
    """CRM-19, A6: who may not see the field reads neither the rule's condition nor the value in it."""
    value = spied.held["crm.lead"]["city"]
    rule = {"all": [{"field": "city", "op": "is", "value": value}]}
    ScoreRule.objects.create(module="crm.lead", name_en="Local", criteria=rule, points=7)
    where = f"/crm/leads/{spied.world.records['crm.lead']}/score"

    assert value in body(client_of(admin).get(where))
    assert spied.found(body(spied.client.get(where))) == []


def test_nobody_is_told_of_a_hidden_field(spied: Canaries, admin: User) -> None:
    """PLT-19, A6: bell, page and mail of a record that was given, changed and written about."""
    from django.core import mail

    for key, held in spied.held.items():
        row = find_module(key).model._default_manager.get(pk=spied.world.records[key])
        try:
            write.update(row, actor=Actor(admin), owner=spied.user.pk)
        except (write.Refused, LookupError):
            continue
        assert held is not None
    assert Notification.objects.filter(user=spied.user).exists()
    import time_machine

    with time_machine.travel(clock.now().timestamp() + 86_400):
        drain()
        from core.notify import mail as letters

        letters.digests(clock.now())
        drain()

    texts = [
        body(spied.client.get(where)) for where in ("/me/notifications/", "/me/notifications/bell", "/crm/", "/crm/stream", "/helpdesk/")
    ]
    texts += [f"{one.subject}\n{one.body}" for one in mail.outbox]
    assert [leaks for text in texts if (leaks := spied.found(text))] == []


def test_converting_shows_no_hidden_field(spied: Canaries, admin: User) -> None:
    """CRM-10, A6: the question, the answer and the page of what was made."""
    pk = spied.world.records["crm.lead"]
    write.update(Lead.objects.get(pk=pk), actor=Actor(admin), owner=spied.user.pk)
    where = f"/crm/leads/{pk}/convert"

    pages = [
        spied.client.get(where),
        spied.client.post(where, {"account": "new", "contact": "new", "deal": "none", "account-name": "Made Inc"}),
    ]
    pages += [spied.client.get(pages[1]["Location"])] if pages[1].status_code == 302 else []
    pages += [spied.client.get(f"/crm/leads/{pk}/")]

    assert pages[0].status_code == 200
    # A new account is called what the lead named its company: a title, and no secret.
    company = spied.held["crm.lead"]["company"]
    assert [leaks for one in pages if (leaks := spied.found(body(one), but=company))] == []


def test_a_calendar_feed_leaves_hidden_fields_out(spied: Canaries, admin: User) -> None:
    """CRM-8, A6: another program reads what its person may read."""
    event = factories.make_activity(
        spied.user, kind="event", subject="Fair", starts_at="2030-01-05T10:00:00+09:00", ends_at="2030-01-05T11:00:00+09:00"
    )
    for name in ("place", "description", "result"):
        write.update(event, actor=Actor(admin), **{name: "Canary997zq"})
    spied.held["crm.activity"]["place"] = "Canary997zq"
    spied.user.profile.fields["crm.activity"] = dict.fromkeys(("place", "description", "result"), "hidden")
    spied.user.profile.save()
    spied.client.post("/crm/calendar/feed/renew")
    address = spied.client.get("/crm/calendar/feed/").context["address"]
    import time_machine

    with time_machine.travel("2030-01-04T00:00:00Z"):
        feed = body(Client().get("/" + address.partition("//")[2].partition("/")[2]))

    assert "Fair" in feed and spied.found(feed) == []


def test_a_hidden_link_shows_from_neither_end(spied: Canaries, ann: User) -> None:
    """A6, PLT-25: a contact whose account is hidden stands not on the account's page, nor in its counts or its timeline."""
    account = factories.make_account(ann, name="Other End")
    contact = factories.make_contact(ann, family_name="Secretly", account=account.pk)
    locks = spied.user.profile.fields
    locks.setdefault("crm.contact", {})["account"] = "hidden"
    spied.user.profile.save()

    page = body(spied.client.get(f"/crm/accounts/{account.pk}/"))
    own = body(spied.client.get(f"/crm/contacts/{contact.pk}/"))
    listed = spied.client.get("/crm/contacts/", {"columns": "name account", "view": "all"})

    assert "Secretly" not in page and "Other End" not in own and "Other End" not in body(listed)
    assert {one.key for one in modules()} == set(spied.held)
