"""Linking what is there already into a related list: the other half of "Add" (PLT-10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.access.models import ModuleDefault, Profile, User
from core.actor import Actor
from core.event.models import Event
from core.record.write import update
from core.stamps import bump
from tests import factories

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def where(record: Any, path: str, other: str, key: str) -> str:
    return f"/crm/{path}/{record.pk}/link/{other}/{key}"


@pytest.mark.parametrize("other", ["crm.contact", "crm.account", "helpdesk.ticket"])
def test_each_related_list_leads_to_it(other: str, ann: User, client_of: ClientOf) -> None:
    """PLT-10: people, child companies and tickets of a company: a button beside "Add", a page, the record, and back."""
    account, key = factories.make_account(ann, name="Acme"), {"crm.account": "parent"}.get(other, "account")
    factories.make_account(ann, name="Below", parent=account.pk)  # else it stands alone, without a tree
    target, client = factories.make_any(other, ann), client_of(ann)
    address = where(account, "accounts", other, key)
    assert f'href="{address}"' in client.get(f"/crm/accounts/{account.pk}/").content.decode()
    assert client.get(address).status_code == 200

    answer = client.post(address, {"record": str(target.pk)})

    target.refresh_from_db()
    assert (answer.status_code, answer["Location"]) == (302, f"/crm/accounts/{account.pk}/")
    assert getattr(target, f"{key}_id") == account.pk
    assert Event.objects.filter(module=other, record_id=target.pk, kind="updated").latest("pk").changes[key] == [None, account.pk]
    assert target.title in client.get(f"/crm/accounts/{account.pk}/").content.decode()


def test_a_name_is_typed_without_script_and_what_is_wrong_is_said(ann: User, client_of: ClientOf) -> None:
    """PLT-10, PLT-11: nothing typed is lost."""
    account, person = factories.make_account(ann), factories.make_contact(ann, family_name="Sato", given_name="")
    client, address = client_of(ann), where(account, "accounts", "crm.contact", "account")

    nobody, nothing = client.post(address, {"record": "Nobody"}), client.post(address, {"record": " "})
    found = client.post(address, {"record": "Sato"})

    assert (nobody.status_code, nothing.status_code, found.status_code) == (422, 422, 302)
    assert "There is no such record." in nobody.content.decode() and 'value="Nobody"' in nobody.content.decode()
    person.refresh_from_db()
    assert person.account_id == account.pk


def test_what_belongs_to_another_one_is_asked_about_once(ann: User, client_of: ClientOf) -> None:
    """PLT-10: by name; nothing is moved before."""
    acme, zeta = factories.make_account(ann, name="Acme"), factories.make_account(ann, name="Zeta")
    person = factories.make_contact(ann, account=zeta.pk)
    client, address = client_of(ann), where(acme, "accounts", "crm.contact", "account")

    asked = client.post(address, {"record": str(person.pk)})

    person.refresh_from_db()
    assert (asked.status_code, person.account_id) == (409, zeta.pk)
    assert "belongs to Zeta so far" in asked.content.decode() and f'value="{person.title}"' in asked.content.decode()
    assert client.post(address, {"record": str(person.pk), "sure": str(person.pk)}).status_code == 302
    person.refresh_from_db()
    assert person.account_id == acme.pk


def test_a_circle_is_refused_in_words(ann: User, client_of: ClientOf) -> None:
    """CRM-2, PLT-10: what the record refuses is said on the page."""
    top = factories.make_account(ann, name="Top")
    low = factories.make_account(ann, name="Low", parent=top.pk)

    answer = client_of(ann).post(where(low, "accounts", "crm.account", "parent"), {"record": str(top.pk)})

    assert answer.status_code == 422 and "cannot stand above itself" in answer.content.decode()


def test_who_may_not_change_the_other_record_links_nothing(ann: User, carol: User, client_of: ClientOf) -> None:
    """PLT-24, A2: neither the records of others nor those one may only read; without the right there is no button and no page."""
    account = factories.make_account(carol)
    secret = factories.make_contact(ann, family_name="Secret")
    read = factories.make_account(ann, name="Readable")
    hers = client_of(carol)

    unseen = hers.post(where(account, "accounts", "crm.contact", "account"), {"record": str(secret.pk)})
    only_read = hers.post(where(account, "accounts", "crm.account", "parent"), {"record": str(read.pk)})

    assert unseen.status_code == 422 and "Secret" not in unseen.content.decode()
    assert only_read.status_code == 422 and "You may not change this record." in only_read.content.decode()
    assert hers.get(where(account, "accounts", "crm.contact", "reports_to")).status_code == 404
    assert hers.get(where(account, "accounts", "crm.nothing", "account")).status_code == 404
    rights = {**carol.profile.rights, "crm.contact": ["view"]}
    User.objects.filter(pk=carol.pk).update(profile=Profile.objects.create(name="Reads", rights=rights))
    bump("users")
    hers = client_of(User.objects.get(pk=carol.pk))
    address = where(account, "accounts", "crm.contact", "account")
    assert address not in hers.get(f"/crm/accounts/{account.pk}/").content.decode()
    assert hers.get(address).status_code == 403
    ModuleDefault.objects.filter(module="crm.account").update(default="private")
    bump("access")
    assert client_of(ann).get(address).status_code == 404


def test_a_link_that_an_admin_added_has_the_button_too(ann: User, client_of: ClientOf) -> None:
    """PLT-17, PLT-10"""
    row = factories.add_field("link", "crm.deal", target="crm.contact", label_en="Referrer")
    person, deal = factories.make_contact(ann), factories.make_deal(ann, name="Umeda")
    client, address = client_of(ann), f"/crm/contacts/{person.pk}/link/crm.deal/{row.key}"
    assert address in client.get(f"/crm/contacts/{person.pk}/").content.decode()

    client.post(address, {"record": str(deal.pk)})

    deal.refresh_from_db()
    assert deal.extra == {row.key: person.pk}


def test_nothing_is_linked_to_a_converted_lead(admin: User, client_of: ClientOf) -> None:
    """CRM-12: it is only read."""
    from core.action.registry import run

    lead, ticket = factories.make_lead(admin), factories.make_ticket(admin)
    update(lead, actor=Actor(admin), email="a@b.example")
    run("crm.convert_lead", lead, actor=Actor(admin))

    assert client_of(admin).post(where(lead, "leads", "helpdesk.ticket", "lead"), {"record": str(ticket.pk)}).status_code == 403
