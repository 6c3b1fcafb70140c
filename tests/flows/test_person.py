"""A person made by hand, and everything tied to them on their page and on their company's (CRM-3, CRM-9)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.access.models import ModuleDefault
from core.actor import Actor
from core.record.write import update
from core.stamps import bump
from crm.models import Contact
from tests import factories
from tests.cast import cast, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db: None) -> dict[str, Any]:
    return cast()


@pytest.fixture
def sato(people: dict[str, Any]) -> Any:
    """A contact of ann's at a company of ann's, who said something on X, asked a question, and about whom ann wrote a note."""
    ann = people["ann"]
    account = factories.make_account(ann, name="ひかり電子株式会社")
    factories.make_post(ann, text="Where is my coffee machine?")
    contact = factories.make_contact(ann, family_name="佐藤", account=account.pk, x_handle="them")
    factories.make_ticket(ann, subject="Machine stays cold", contact=contact.pk)
    page_of(ann).post(f"/crm/contacts/{contact.pk}/note", {"text": "Likes it strong."})
    return contact


def test_a_contact_is_made_directly_with_whom_they_report_to_and_their_birthday(people: dict[str, Any]) -> None:
    """CRM-3: no lead before; all of a lead's ways to reach them, the company, the chief, the birthday; shown on the page."""
    ann = people["ann"]
    account = factories.make_account(ann, name="ひかり電子株式会社")
    chief = factories.make_contact(ann, family_name="高橋", account=account.pk)
    sent = {
        "family_name": "佐藤", "given_name": "花子", "family_kana": "サトウ", "given_kana": "ハナコ", "account": account.pk,
        "reports_to": chief.pk, "birthday": "1984-02-29", "job_title": "部長", "department": "総務", "email": "h.sato@hikari.example",
        "email2": "hanako@example.com", "phone": "03-1234-5678", "mobile": "090-1111-2222", "website": "https://hikari.example",
        "x_handle": "hanako_s", "facebook": "https://facebook.com/hanako", "linkedin": "https://linkedin.com/in/hanako",
        "email_opt_out": "on", "source": "fair", "description": "紹介", "tags": "VIP", "owner": ann.pk,
        "postal_code": "150-0002", "region": "東京都", "city": "渋谷区", "street": "渋谷1-1", "country": "JP",
    }  # fmt: skip

    answer = page_of(ann).post("/crm/contacts/new", sent)

    made = Contact.objects.get(family_name="佐藤")
    assert answer.status_code == 302
    assert (made.account_id, made.reports_to_id, made.birthday, made.tag_words) == (account.pk, chief.pk, date(1984, 2, 29), ["VIP"])
    assert [name for name, value in sent.items() if hasattr(made, name) and not getattr(made, name)] == []
    page = page_of(ann).get(f"/crm/contacts/{made.pk}/").content.decode()
    for text in ("佐藤 花子", "ひかり電子株式会社", "高橋", "29 Feb 1984", "部長", "h.sato@hikari.example", "VIP"):
        assert text in page, text
    assert "佐藤 花子" in page_of(ann).get(f"/crm/contacts/{chief.pk}/").content.decode()


def test_a_person_reports_to_nobody_they_may_not_see_and_not_to_themselves(people: dict[str, Any]) -> None:
    """CRM-3, PLT-24"""
    hers, mine = factories.make_contact(people["carol"]), factories.make_contact(people["ann"])

    answer = page_of(people["ann"]).post("/crm/contacts/new", {"family_name": "Ito", "reports_to": hers.pk})
    circle = page_of(people["ann"]).post(
        f"/crm/contacts/{mine.pk}/edit", {"family_name": "Ito", "reports_to": mine.pk, "version": mine.version}
    )

    assert (answer.status_code, circle.status_code) == (422, 422)
    assert not Contact.objects.filter(family_name="Ito").exists()


THREE = ("Likes it strong.", "Where is my coffee machine?", "Machine stays cold")


def test_notes_posts_and_tickets_of_a_person_stand_on_their_page_and_on_the_company_s(people: dict[str, Any], sato: Any) -> None:
    """CRM-9: everything on the person's page, and rolled up on the account's, the note with whom it is about."""
    client = page_of(people["ann"])

    person = client.get(f"/crm/contacts/{sato.pk}/").content.decode()
    company = client.get(f"/crm/accounts/{sato.account_id}/")

    assert [text for text in THREE if text not in person] == []
    assert [text for text in THREE if text not in company.content.decode()] == []
    about = [item.about for item in company.context["timeline"] if item.note and item.note.text == "Likes it strong."]
    assert about == [("佐藤", f"/crm/contacts/{sato.pk}/")]
    assert "Likes it strong." in client.get(f"/crm/accounts/{sato.account_id}/timeline").content.decode()


def test_another_company_s_page_shows_nothing_of_them(people: dict[str, Any], sato: Any) -> None:
    """CRM-9: and nothing is left behind when the person moves on."""
    client = page_of(people["ann"])
    other = factories.make_account(people["ann"])
    before = client.get(f"/crm/accounts/{other.pk}/").content.decode()

    old = sato.account_id
    update(sato, actor=Actor(people["ann"]), account=other.pk)

    assert [text for text in THREE if text in before] == []
    assert [text for text in THREE if text in client.get(f"/crm/accounts/{old}/").content.decode()] == []
    assert [text for text in THREE if text not in client.get(f"/crm/accounts/{other.pk}/").content.decode()] == []


def test_who_may_not_see_the_person_learns_nothing_from_the_company_s_page(people: dict[str, Any], sato: Any) -> None:
    """CRM-9, PLT-24: accounts may be read by all; what hangs on their people may not."""
    ModuleDefault.objects.filter(module__in=["social.post", "helpdesk.ticket"]).update(default="private")
    bump("access")

    page = page_of(people["carol"]).get(f"/crm/accounts/{sato.account_id}/")

    assert page.status_code == 200
    assert [text for text in (*THREE, "佐藤", "@them") if text in page.content.decode()] == []


def test_all_tickets_of_a_company_are_one_click_away(people: dict[str, Any], sato: Any) -> None:
    """CRM-9: the list behind the panel holds those of its people, too."""
    client = page_of(people["ann"])
    for number in range(6):
        factories.make_ticket(people["ann"], subject=f"Further {number}", account=sato.account_id)
    panel = next(
        one.context for one in client.get(f"/crm/accounts/{sato.account_id}/").context["panels"] if one.template == "helpdesk/_tickets.html"
    )

    listed = client.get(panel["all"])

    assert panel["more"] is True
    assert listed.context["count"] == 7 and not listed.context["asked"].problem
