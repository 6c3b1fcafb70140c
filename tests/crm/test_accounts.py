"""The account shows its people, its deals and where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from core.actor import Actor
from core.module.registry import module
from core.record.write import Invalid, create_many, update
from crm.models import Account


def shown(cast: Any, user: Any, path: str) -> str:
    answer = cast.browser(user).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def block(html: str, name: str) -> str:
    return html[html.index(f'id="{name}"') :].split("</section>")[0]


def test_the_account_shows_its_people_the_primary_one_first(cast: Any) -> None:
    """CRM-4: with title, phone and mail, one click from each."""
    account = cast.make("account", name="あいうえお株式会社")
    cast.make("contact", family_name="Abe", account=account, phone="06-4560-2292")
    chief = cast.make(
        "contact", family_name="Zukin", job_title="Head of planning", account=account, phone="06-4560-2291", email="z@aiueo.example"
    )
    cast.make("contact", by=cast.carol, family_name="Unseen", account=account)
    update(account, actor=Actor(cast.ann), primary_contact=chief)

    people = block(shown(cast, cast.ann, f"/crm/accounts/{account.pk}/"), "people")

    assert people.index("Zukin") < people.index("Abe")
    for part in (
        "Head of planning",
        'href="tel:0645602291"',
        'href="mailto:z@aiueo.example"',
        "Primary contact",
        f'href="/crm/contacts/{chief.pk}/"',
    ):
        assert part in people
    assert "Unseen" not in people


def test_the_primary_one_is_first_even_among_very_many(cast: Any) -> None:
    account = cast.make("account", name="A")
    contacts = module("crm.contact")
    made = create_many(
        contacts, [{"family_name": f"P{n:03}", "account": account.pk, "owner": cast.ann.pk} for n in range(30)], actor=Actor(cast.ann)
    )
    update(account, actor=Actor(cast.ann), primary_contact=made[-1])

    people = block(shown(cast, cast.ann, f"/crm/accounts/{account.pk}/"), "people")

    assert people.index("P029") < people.index("P000")
    assert '<span class="count">30</span>' in people
    assert "Show all" in people


def test_a_contact_is_made_the_primary_one_by_one_click(cast: Any) -> None:
    """CRM-2, CRM-4."""
    account = cast.make("account", name="A")
    contact = cast.make("contact", family_name="Abe", account=account)
    browser, act = cast.browser(cast.ann), f"/crm/contacts/{contact.pk}/do/crm.make_primary"

    answer = browser.post(act, {"back": f"/crm/accounts/{account.pk}/"})

    account.refresh_from_db()
    assert (answer["Location"], account.primary_contact) == (f"/crm/accounts/{account.pk}/", contact)


def test_only_who_may_edit_the_account_chooses_its_primary_contact(cast: Any) -> None:
    """A2: carol reads the account, as everybody does; the button is not hers, nor is the deed."""
    account = cast.make("account", name="A")
    contact = cast.make("contact", by=cast.carol, family_name="Mori", account=account)

    answer = cast.browser(cast.carol).post(f"/crm/contacts/{contact.pk}/do/crm.make_primary")

    account.refresh_from_db()
    assert (answer.status_code, account.primary_contact) == (403, None)
    assert "crm.make_primary" not in shown(cast, cast.carol, f"/crm/accounts/{account.pk}/")


def test_the_contact_page_shows_its_account(cast: Any) -> None:
    """CRM-4."""
    account = cast.make("account", name="あいうえお株式会社")
    contact = cast.make("contact", family_name="Abe", account=account)

    assert f'<a href="/crm/accounts/{account.pk}/">あいうえお株式会社</a>' in shown(cast, cast.ann, f"/crm/contacts/{contact.pk}/")


def test_all_deals_stand_on_the_account_with_totals(cast: Any) -> None:
    """CRM-6 (a): open and closed."""
    account = cast.make("account", name="A")
    for name, stage, amount, more in (
        ("D1", "proposal", 100, {}),
        ("D2", "analysis", 50, {}),
        ("D3", "won", 400, {}),
        ("D4", "lost", 7, {"lost_reason": "x"}),
    ):
        cast.make("deal", name=name, account=account, stage=stage, amount=amount, **more)
    cast.make("deal", by=cast.carol, name="Unseen", account=account, amount=10_000)

    deals = block(shown(cast, cast.ann, f"/crm/accounts/{account.pk}/"), "related-deals-account")

    for part in ("D1", "D2", "D3", "D4", "Open: 2", "¥150", "Won: 1", "¥400", "Lost: 1", "¥7"):
        assert part in deals
    assert "Unseen" not in deals and "10,000" not in deals


def test_a_circle_of_accounts_is_refused(cast: Any) -> None:
    """CRM-2."""
    top = cast.make("account", name="Top")
    middle = cast.make("account", name="Middle", parent=top)
    low = cast.make("account", name="Low", parent=middle)

    with pytest.raises(Invalid, match="cannot stand above itself"):
        update(Account.objects.get(pk=top.pk), actor=Actor(cast.ann), parent=low)
    with pytest.raises(Invalid, match="cannot stand above itself"):
        update(Account.objects.get(pk=top.pk), actor=Actor(cast.ann), parent=top)
    answer = cast.browser(cast.ann).post(f"/crm/accounts/{top.pk}/edit", {"name": "Top", "parent": "Low", "version": "1"})
    assert answer.status_code == 422


def test_the_tree_of_companies_is_shown(cast: Any) -> None:
    """CRM-2: above and below; a lone account has none."""
    top = cast.make("account", name="五十音ホールディングス")
    middle = cast.make("account", name="Middle", parent=top)
    cast.make("account", name="Low", parent=middle)
    lone = cast.make("account", name="Lone")

    tree = block(shown(cast, cast.ann, f"/crm/accounts/{middle.pk}/"), "tree")

    assert tree.index("五十音ホールディングス") < tree.index("Middle") < tree.index("Low")
    assert 'id="tree"' not in shown(cast, cast.ann, f"/crm/accounts/{lone.pk}/")


def test_an_account_page_asks_a_fixed_number_of_questions(cast: Any, django_assert_max_num_queries: Any) -> None:
    account = cast.make("account", name="A")
    browser = cast.browser(cast.ann)
    contacts, activities = module("crm.contact"), module("crm.activity")
    rows = [{"family_name": f"P{n}", "account": account.pk, "owner": cast.ann.pk} for n in range(8)]
    create_many(contacts, rows, actor=Actor(cast.ann))
    create_many(activities, [{"subject": f"T{n}", "account": account.pk, "owner": cast.ann.pk} for n in range(8)], actor=Actor(cast.ann))
    browser.get(f"/crm/accounts/{account.pk}/")

    with django_assert_max_num_queries(40):
        browser.get(f"/crm/accounts/{account.pk}/")


def test_the_deals_of_one_company_are_a_view_of_the_list(cast: Any) -> None:
    """CRM-6 (b): "deals of あいうえお株式会社" with columns of one's own, saved under a name, and leading to the same deals again."""
    aiueo, other = cast.make("account", name="あいうえお株式会社"), cast.make("account", name="Other")
    for name, account in (("D1", aiueo), ("D2", aiueo), ("D3", other)):
        cast.make("deal", name=name, account=account, stage="won" if name == "D2" else "proposal")
    browser = cast.browser(cast.ann)
    query = f'columns=name+closing_on&sort=name&filter={{"all":[{{"field":"account","op":"is","value":{aiueo.pk}}}]}}'

    saved = browser.post(f"/crm/deals/views/new?view=all&{query}", {"name": "あいうえおの商談", "shared": "me"})

    page = browser.get(saved["Location"])
    assert [record.name for record in page.context["page"].records] == ["D1", "D2"]
    assert [one.key for one in page.context["asked"].columns] == ["name", "closing_on"]
    assert "あいうえおの商談" in page.content.decode()
