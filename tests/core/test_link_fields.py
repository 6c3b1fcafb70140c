"""Links that admins add: chosen, shown through the gate, asked for, imported, and safe when their record goes (PLT-17)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.access.models import ModuleDefault, User
from core.actor import Actor
from core.field.models import CustomField
from core.module.registry import module as find_module
from core.record import write
from core.record.bin import empty_bin
from core.record.models import Tie
from core.stamps import bump
from core.work.jobs import drain
from tests import factories

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def referrer(admin: Any, client_of: Any) -> CustomField:
    """A field "Referrer" of deals that points at contacts, as the console makes it."""
    sent = {"kind": "link", "label_en": "Referrer", "label_ja": "紹介者", "target": "crm.contact", "active": "on"}
    assert client_of(admin).post("/admin_console/fields/crm.deal/new", sent).status_code == 302
    return CustomField.objects.get()


def test_a_link_is_chosen_shown_and_listed_on_the_other_side(referrer: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: by name without script, as a link on the record, in the list, and as a related list with "add"."""
    person, account = factories.make_contact(ann, family_name="Sato"), factories.make_account(ann, name="Acme")
    seller, key = client_of(ann), referrer.key

    answer = seller.post("/crm/deals/new", {"name": "Big", "account": "Acme", "stage": "qualification", "currency": "JPY", key: "Sato"})
    assert answer.status_code == 302, answer.content.decode()
    deal = find_module("crm.deal").model.objects.get()

    assert (deal.extra, deal.account_id) == ({key: person.pk}, account.pk)
    link = f'<a href="/crm/contacts/{person.pk}/">Sato</a>'
    assert link in seller.get(f"/crm/deals/{deal.pk}/").content.decode()
    assert link in seller.get(f"/crm/deals/?columns=name+{key}").content.decode()
    page = seller.get(f"/crm/contacts/{person.pk}/").content.decode()
    assert "Deals: Referrer" in page and f'href="/crm/deals/{deal.pk}/"' in page and f"/crm/deals/new?{key}={person.pk}" in page
    assert 'value="Sato"' in seller.get(f"/crm/deals/new?{key}={person.pk}").content.decode()


def test_a_link_is_asked_for_by_its_record_and_by_being_empty(referrer: Any, ann: Any, client_of: Any) -> None:
    one, two = factories.make_contact(ann), factories.make_contact(ann)
    factories.make_deal(ann, name="First", **{referrer.key: one.pk})
    moved = factories.make_deal(ann, name="Second", **{referrer.key: one.pk})
    factories.make_deal(ann, name="Third")
    write.update(moved, actor=Actor(ann), **{referrer.key: two.pk})

    def asked(op: str, value: Any = None) -> set[str]:
        query = json.dumps({"all": [{"field": referrer.key, "op": op, "value": value}]})
        page = client_of(ann).get("/crm/deals/", {"filter": query}).content.decode()
        return {name for name in ("First", "Second", "Third") if f">{name}</a>" in page}

    assert asked("is", one.pk) == {"First"}
    assert asked("is_not", one.pk) == {"Second", "Third"}
    assert asked("empty") == {"Third"} and asked("filled") == {"First", "Second"}


def test_a_title_one_may_not_see_is_not_shown(referrer: Any, ann: Any, carol: Any, admin: Any, client_of: Any) -> None:
    """A6: neither in the field, nor in the list on the other side, nor by linking to it."""
    ModuleDefault.objects.update(default="private")
    bump("access")
    secret = factories.make_contact(carol, family_name="Secret")
    deal = factories.make_deal(ann, name="Ours", account=factories.make_account(ann).pk)
    write.update(deal, actor=Actor(admin), **{referrer.key: secret.pk})

    for address in (f"/crm/deals/{deal.pk}/", f"/crm/deals/?columns=name+{referrer.key}", f"/crm/deals/{deal.pk}/edit"):
        assert "Secret" not in client_of(ann).get(address).content.decode()
    assert "Ours" not in client_of(carol).get(f"/crm/contacts/{secret.pk}/").content.decode()
    sent = {"name": "X", "account": "", "stage": "qualification", referrer.key: str(secret.pk)}
    assert "There is no such record." in client_of(ann).post("/crm/deals/new", sent).content.decode()


def test_a_related_list_is_hidden_with_its_field(referrer: Any, ann: Any, client_of: Any) -> None:
    """PLT-24"""
    person = factories.make_contact(ann)
    factories.make_deal(ann, **{referrer.key: person.pk})
    ann.profile.fields = {"crm.deal": {referrer.key: "hidden"}}
    ann.profile.save()

    assert "Referrer" not in client_of(ann).get(f"/crm/contacts/{person.pk}/").content.decode()


def test_a_link_outlives_the_bin_and_ends_with_its_record(referrer: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: in the bin it shows nothing and comes back; deleted for good it becomes empty, and the deal stays."""
    person = factories.make_contact(ann, family_name="Sato")
    deal = factories.make_deal(ann, **{referrer.key: person.pk})
    page = f"/crm/deals/{deal.pk}/"

    act = write.delete(person, actor=Actor(ann))
    assert "Sato" not in client_of(ann).get(page).content.decode().split('id="timeline"')[0]
    write.restore(act, actor=Actor(ann))
    assert "Sato</a>" in client_of(ann).get(page).content.decode()

    write.delete(person, actor=Actor(ann))
    empty_bin(None, actor=Actor.system())
    deal.refresh_from_db()
    assert deal.extra == {} and not Tie.objects.exists()
    assert client_of(ann).get(page).status_code == 200


def test_a_deleted_link_field_leaves_no_ties(referrer: Any, admin: Any, ann: Any, client_of: Any) -> None:
    deal = factories.make_deal(ann, **{referrer.key: factories.make_contact(ann).pk})

    client_of(admin).post(f"/admin_console/fields/crm.deal/{referrer.key}/delete")
    drain()

    deal.refresh_from_db()
    assert deal.extra == {} and not Tie.objects.exists()


def test_a_link_is_imported_by_its_title(admin: Any, ann: Any) -> None:
    """PLT-13, PLT-17: like a link that ships."""
    from core.record.importing_links import Links

    row = factories.add_field("link", "crm.deal", target="crm.contact", label_en="Referrer")
    person, field = factories.make_contact(ann, family_name="Sato"), find_module("crm.deal").fields[row.key]
    links = Links(ann, make=False)

    links.prepare(field, {"Sato", "Nobody"})

    assert links.find("Sato", field) == person.pk
    assert links.find("Nobody", field).code == "no_link"


def test_a_filter_goes_through_a_link_that_an_admin_added(
    referrer: CustomField, ann: User, carol: User, admin: User, client_of: ClientOf
) -> None:
    """PLT-17, PLT-8: one relation far like through a link that ships: offered in the panel, said in the chip, saved in a view; of a
    record that its reader may not see nothing answers (A6)."""
    vip = factories.make_contact(ann, family_name="Sato", job_title="Head of sales")
    other = factories.make_contact(ann, family_name="Ueda", job_title="Buyer")
    hers = factories.make_contact(carol, family_name="Kato", job_title="Head of sales")
    ModuleDefault.objects.update(default="private")
    bump("access")
    key = referrer.key
    for name, person in (("By Sato", vip), ("By Ueda", other), ("By Kato", hers), ("By nobody", None)):
        deal = factories.make_deal(ann, name=name)
        if person is not None:
            write.update(deal, actor=Actor(admin), **{key: person.pk})
    client = client_of(ann)

    def asked(far: str, op: str, value: Any = None) -> set[str]:
        leaf = {"field": f"{key}.{far}", "op": op, "value": value}
        page = client.get("/crm/deals/", {"view": "all", "filter": json.dumps({"all": [leaf]})})
        return {record.name for record in page.context["page"].records}

    assert asked("job_title", "contains", "sales") == {"By Sato"}
    assert asked("job_title", "is_not", "Head of sales") == {"By Ueda", "By Kato", "By nobody"}
    assert asked("name", "contains", "Ueda") == {"By Ueda"}
    assert asked("birthday", "empty") == {"By Sato", "By Ueda", "By Kato", "By nobody"}
    assert asked("job_title", "filled") == {"By Sato", "By Ueda"}
    page = client.get("/crm/deals/", {"view": "all", "rows": "1", "f0": f"{key}.job_title", "o0": "contains", "v0": "sales"}, follow=True)
    assert page.context["chips"][0]["text"].startswith("Referrer › Title contains")
    panel = client.get(f"{page.request['PATH_INFO']}?{page.request['QUERY_STRING']}&panel=filter").context["panel"]
    assert f"{key}.job_title" in {name for _heading, offered in panel["fields"] for name, _label in offered}
    write.delete(vip, actor=Actor(admin))
    assert asked("job_title", "contains", "sales") == set()
