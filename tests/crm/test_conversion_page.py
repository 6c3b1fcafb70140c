"""The convert page: what it offers, refuses and keeps."""

from __future__ import annotations

from typing import Any

import pytest

from core.actor import Actor
from core.field.models import CustomField, FieldLabel
from core.record.write import update
from core.stamps import bump
from crm.models import Account, Contact, Deal, Lead

WHERE = "/crm/leads/{}/convert"
NEW = {"account": "new", "contact": "new", "deal": "none"}


def page(response: Any) -> str:
    return response.content.decode()


def test_the_record_page_leads_to_it(cast: Any) -> None:
    """CRM-16: convert is the one primary button."""
    lead = cast.lead()

    shown = page(cast.browser(cast.ann).get(f"/crm/leads/{lead.pk}/"))

    assert f'<a class="btn primary" href="/crm/leads/{lead.pk}/convert"' in shown


def test_it_shows_what_would_happen(cast: Any) -> None:
    """CRM-10."""
    CustomField.objects.create(module="crm.lead", key="booth", label_en="Booth number", kind="text")
    bump("fields")
    account = cast.make("account", name="(株)たちつてと", phone="03-6205-1100")
    cast.make("deal", name="Ginza shelves", account=account, amount="1900000")
    lead = cast.lead(phone="03-6205-1182", website="https://tachitsu.example", booth="C-14")

    shown = page(cast.browser(cast.ann).get(WHERE.format(lead.pk)))

    assert f'value="{account.pk}" checked' in shown
    for words in (
        "Same name",
        "Owned by Ann Weaver · 0 contacts",
        "Make the contact 清水 一郎",
        "Ginza shelves",
        "03-6205-1100",
        "empty, is filled",
        "C-14",
    ):
        assert words in shown


def test_one_click_converts_and_leads_to_the_contact_with_an_undo(cast: Any) -> None:
    """CRM-10, CRM-13."""
    lead = cast.lead()
    browser = cast.browser(cast.ann)

    answer = browser.post(WHERE.format(lead.pk), NEW | {"once": "a"})

    contact = Contact.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/crm/contacts/{contact.pk}/")
    shown = page(browser.get(answer["Location"]))
    assert f'action="/crm/leads/{lead.pk}/undo-conversion"' in shown
    assert "清水 一郎 was converted." in shown
    assert "undo-conversion" not in page(browser.get(answer["Location"]))
    assert browser.post(f"/crm/leads/{lead.pk}/undo-conversion")["Location"] == f"/crm/leads/{lead.pk}/"
    assert Lead.objects.get().converted_at is None


def test_nothing_typed_is_lost_when_something_is_missing(cast: Any) -> None:
    lead = cast.lead()
    body = NEW | {
        "deal": "new",
        "deal-name": "",
        "deal-amount": "a lot",
        "deal-stage": "proposal",
        "deal-closing_on": "2026-12-18",
        "role": "decides",
    }

    answer = cast.browser(cast.ann).post(WHERE.format(lead.pk), body)

    shown = page(answer)
    assert answer.status_code == 422
    for words in (
        "This is not a number.",
        "Please fill this in.",
        'value="a lot"',
        'value="2026-12-18"',
        '<option value="proposal" selected>',
        '<option value="decides" selected>',
    ):
        assert words in shown
    assert Contact.objects.count() == 0


def test_a_second_user_is_led_to_what_the_first_made(cast: Any) -> None:
    """CRM-12."""
    lead = cast.lead()
    cast.browser(cast.ann).post(WHERE.format(lead.pk), NEW)
    bob = cast.browser(cast.bob)

    for answer in (bob.get(WHERE.format(lead.pk)), bob.post(WHERE.format(lead.pk), NEW)):
        assert answer["Location"] == f"/crm/contacts/{Contact.objects.get().pk}/"
    assert "already converted by Ann Weaver" in page(bob.get(answer["Location"]))


def test_an_account_made_in_the_meantime_is_shown_before_a_second_one_is_made(cast: Any) -> None:
    lead = cast.lead()
    browser = cast.browser(cast.ann)
    browser.get(WHERE.format(lead.pk))
    account = cast.make("account", name="㈱たちつてと")

    first = browser.post(WHERE.format(lead.pk), NEW | {"seen": "", "once": "x"})
    again = browser.post(WHERE.format(lead.pk), NEW | {"seen": f"a{account.pk}", "once": "x"})

    assert (first.status_code, "was made in the meantime" in page(first)) == (422, True)
    assert again.status_code == 302
    assert Account.objects.count() == 2


@pytest.mark.parametrize(("who", "status"), [("ann", 200), ("bob", 200), ("carol", 404), ("dave", 404)])
def test_who_may_open_it(cast: Any, who: str, status: int) -> None:
    """A2."""
    lead = cast.lead()
    user = getattr(cast, who)

    assert cast.browser(user).get(WHERE.format(lead.pk)).status_code == status
    if status != 200:
        assert cast.browser(user).post(WHERE.format(lead.pk), NEW).status_code == status
        assert cast.browser(user).get(f"/crm/leads/{lead.pk}/undo-conversion").status_code == status
        assert cast.browser(user).post(f"/crm/leads/{lead.pk}/undo-conversion").status_code == status


def test_without_the_feature_it_is_forbidden(cast: Any) -> None:
    """A2: 403, and nothing happens."""
    lead = cast.lead()
    profile = cast.ann.profile
    profile.pk, profile.name, profile.features = None, "No converting", []
    profile.save()
    cast.ann.profile = profile
    cast.ann.save()
    browser = cast.browser(cast.ann)

    assert [browser.get(WHERE.format(lead.pk)).status_code, browser.post(WHERE.format(lead.pk), NEW).status_code] == [403, 403]
    assert "/convert" not in page(browser.get(f"/crm/leads/{lead.pk}/"))
    assert Contact.objects.count() == 0


def test_ids_in_the_form_go_through_the_gate(cast: Any) -> None:
    """A2: unseen 404, seen but not one's own 403; nothing is written."""
    seen = cast.make("account", by=cast.carol, name="Readable by all")
    unseen = cast.make("contact", by=cast.carol, family_name="Secret")
    deal = cast.make("deal", by=cast.carol, name="Secret", account=seen)
    lead, browser = cast.lead(), cast.browser(cast.ann)

    tries = [
        NEW | {"account": seen.pk},
        NEW | {"contact": unseen.pk},
        NEW | {"deal": deal.pk},
        NEW | {"account": "9" * 30},
        NEW | {"contact": "none"},
    ]

    assert [browser.post(WHERE.format(lead.pk), body).status_code for body in tries] == [403, 404, 404, 404, 404]
    assert Lead.objects.get().converted_at is None


def test_further_values_in_the_post_change_nothing(cast: Any) -> None:
    """A5."""
    lead = cast.lead()
    body = NEW | {
        "owner": cast.carol.pk,
        "contact-owner": cast.carol.pk,
        "account-id": "77",
        "id": "77",
        "contact-email": "x@y.example",
        "deal": "new",
        "deal-name": "D",
        "deal-stage": "won",
        "deal-owner": cast.carol.pk,
        "deal-account": "1",
        "deal-outcome": "lost",
    }

    cast.browser(cast.ann).post(WHERE.format(lead.pk), body)

    contact, deal = Contact.objects.get(), Deal.objects.get()
    assert (contact.owner, contact.email, deal.owner, deal.outcome, deal.account.name) == (
        cast.ann,
        "i.shimizu@tachitsu.example",
        cast.ann,
        "won",
        lead.company,
    )


def test_another_account_can_be_looked_up_by_name(cast: Any) -> None:
    other = cast.make("account", name="Wholly Different Ltd")
    lead = cast.lead()

    wrong = cast.browser(cast.ann).post(WHERE.format(lead.pk), NEW | {"account": "other", "other-account": "Nobody Ltd"})
    right = cast.browser(cast.ann).post(WHERE.format(lead.pk), NEW | {"account": "other", "other-account": "Wholly Different Ltd"})

    assert (wrong.status_code, right.status_code) == (422, 302)
    assert Contact.objects.get().account == other


def test_what_an_admin_requires_is_asked_for(cast: Any) -> None:
    FieldLabel.objects.create(module="crm.account", field="type", required=True)
    bump("fields")
    lead, browser = cast.lead(), cast.browser(cast.ann)

    missing = browser.post(WHERE.format(lead.pk), NEW)
    given = browser.post(WHERE.format(lead.pk), NEW | {"account-type": "customer"})

    assert (missing.status_code, "Account: Type: Please fill this in." in page(missing)) == (422, True)
    assert (given.status_code, Account.objects.get().type) == (302, "customer")


def test_hidden_fields_stay_hidden_in_the_comparison(cast: Any) -> None:
    """A6."""
    profile = cast.ann.profile
    profile.pk, profile.name = None, "Hides revenue"
    profile.fields = {"crm.lead": {"annual_revenue": "hidden"}, "crm.account": {"annual_revenue": "hidden"}}
    profile.save()
    cast.ann.profile = profile
    cast.ann.save()
    cast.make("account", name="(株)たちつてと", annual_revenue="123456789")
    lead = cast.lead(annual_revenue="987654321")

    shown = page(cast.browser(cast.ann).get(WHERE.format(lead.pk)))

    assert "123,456,789" not in shown
    assert "987,654,321" not in shown


def test_markup_in_a_lead_is_text(cast: Any) -> None:
    bad = "<script>alert(1)</script>"
    cast.make("account", name=f"{bad} K.K.")
    lead = cast.lead(company=bad, family_name=bad, job_title=bad)

    shown = page(cast.browser(cast.ann).get(WHERE.format(lead.pk)))

    assert bad not in shown
    assert " style=" not in shown


def test_the_converted_leads_page_says_where_it_went(cast: Any) -> None:
    """CRM-12: and can no longer be edited there."""
    lead, browser = cast.lead(), cast.browser(cast.ann)
    browser.post(WHERE.format(lead.pk), NEW)
    contact = Contact.objects.get()

    shown = page(browser.get(f"/crm/leads/{lead.pk}/"))

    assert "Ann Weaver converted this lead" in shown
    assert f'<a href="/crm/contacts/{contact.pk}/">清水 一郎</a>' in shown
    assert f"/crm/leads/{lead.pk}/edit" not in shown
    assert f"/crm/leads/{lead.pk}/convert" not in shown
    assert "清水" in page(browser.get("/crm/leads/?view=converted"))
    assert "清水" not in page(browser.get("/crm/leads/"))
    edited = browser.post(f"/crm/leads/{lead.pk}/edit", {"family_name": "x", "version": Lead.objects.get().version})
    assert (edited.status_code, "Change the contact instead" in page(edited)) == (422, True)


def test_the_undo_page_names_what_stands_in_the_way(cast: Any) -> None:
    """CRM-13."""
    lead, browser = cast.lead(), cast.browser(cast.ann)
    browser.post(WHERE.format(lead.pk), NEW)
    free = page(browser.get(f"/crm/leads/{lead.pk}/undo-conversion"))
    update(Contact.objects.get(), actor=Actor(cast.bob), job_title="社長")

    blocked = browser.get(f"/crm/leads/{lead.pk}/undo-conversion")
    pressed = browser.post(f"/crm/leads/{lead.pk}/undo-conversion")

    assert "becomes a lead again" in free
    assert "was changed by Bob Fisher" in page(blocked)
    assert (pressed.status_code, "was changed by Bob Fisher" in page(pressed)) == (409, True)
    assert Lead.objects.get().converted_at is not None
