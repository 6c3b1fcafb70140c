"""What a record page asks for and what it draws: nothing is left out for being asked less often."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from core.access.models import AppAccess, User
from core.module.models import ViewChoice
from core.module.registry import module as find_module
from crm.models import Activity
from tests import factories

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
HOSTILE = "\"'><script>alert(1)</script>"


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_page_with_nothing_on_it_asks_next_to_nothing(admin: User, client_of: ClientOf) -> None:
    """PLT-10: the record tells what hangs on it; tables that hold nothing of it are not asked."""
    client, lead = client_of(admin), factories.make_lead(admin)
    page_of(client, f"/crm/leads/{lead.pk}/")

    with CaptureQueriesContext(
        connection,
    ) as seen:
        page_of(client, f"/crm/leads/{lead.pk}/")

    tables = " ".join(re.findall(r'FROM "(\w+)"', " ".join(one["sql"].split("EXISTS")[0] for one in seen.captured_queries)))
    assert "core_attachment" not in tables and "core_mail" not in tables and "helpdesk_ticket" not in tables
    assert len(seen.captured_queries) <= 7


@pytest.mark.parametrize("number", [12, 55])
def test_open_and_closed_activities_are_the_same_however_many_there_are(number: int, ann: User, client_of: ClientOf) -> None:
    """CRM-8: few activities are read at once and told apart here, many are asked for apart: both show the same."""
    lead, now = factories.make_lead(ann), clock.now()
    for one in range(number):
        done = {"status": "done"} if one % 3 == 0 else {}
        factories.make_activity(ann, subject=f"Do {one:02}", lead=lead.pk, due_on=(now + timedelta(days=one)).date(), **done)
    first = Activity.objects.filter(lead_id=lead.pk).exclude(status="done").order_by("due_on").values_list("subject", flat=True)[:5]

    page = page_of(client_of(ann), f"/crm/leads/{lead.pk}/")

    block = page.split('id="next"')[1].split("</section>")[0]
    assert re.findall(r">(Do \d\d)</a>", block) == list(first)
    closed = page.split('id="closed-activities"')[1].split("</section>")[0]
    assert len(re.findall(r">Do \d\d</a>", closed)) == min(5, -(-number // 3))


def test_a_hostile_activity_is_text_in_every_part_of_the_page(ann: User, client_of: ClientOf) -> None:
    """H1, H5: subject and result are escaped in text, in labels and in what is sent back."""
    lead = factories.make_lead(ann)
    factories.make_activity(ann, subject=HOSTILE, lead=lead.pk)
    factories.make_activity(ann, subject=HOSTILE, lead=lead.pk, kind="call", status="done", result=HOSTILE)

    page = page_of(client_of(ann), f"/crm/leads/{lead.pk}/?show=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")

    assert "<script>alert" not in page
    assert page.count("&gt;&lt;script&gt;alert(1)&lt;/script&gt;") >= 7


def test_the_shell_follows_every_change_of_what_one_may(ann: User, client_of: ClientOf) -> None:
    """PLT-4, PLT-23: what is remembered of the shell ends with the next request after a change of apps, rights, name or pins."""
    client = client_of(ann)
    before = page_of(client, "/me/")

    AppAccess.objects.filter(user=ann, app="helpdesk").delete()
    without = page_of(client, "/me/")
    profile = ann.profile
    assert profile is not None
    type(profile).objects.filter(pk=profile.pk).update(rights={})
    User.objects.filter(pk=ann.pk).update(family_name="<i>Renamed")
    powerless = page_of(client, "/me/")

    assert 'href="/helpdesk/"' in before and 'href="/helpdesk/"' not in without
    assert 'href="/crm/leads/"' in before and 'href="/crm/leads/"' not in powerless
    assert "&lt;i&gt;Renamed" in powerless and "<i>Renamed" not in powerless


def test_the_shell_of_one_is_never_the_shell_of_another(ann: User, carol: User, client_of: ClientOf) -> None:
    """PLT-4: name, pins, token of the forms, page and search stay those of the request."""
    ViewChoice.objects.create(user=ann, module="crm.lead", view="mine", pinned=True)
    hers, other = client_of(ann), client_of(carol)
    first, again, theirs = page_of(hers, "/crm/leads/"), page_of(hers, f"/search?q={HOSTILE}"), page_of(other, "/crm/leads/")

    assert ann.email in first and ann.email in again and ann.email not in theirs
    assert "view=mine" in first.split('class="pins"')[1].split("</ul>")[0] and 'class="pins"' not in theirs
    assert 'name="back" value="/crm/leads/"' in first and 'name="back" value="/search?q=' in again
    assert "<script>alert" not in again and 'aria-current="page"' not in again.split('class="side"')[1].split("</nav>")[0]
    tokens: list[set[Any]] = [set(re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', page)) for page in (first, theirs)]
    assert all(tokens) and not tokens[0] & tokens[1]
    assert "\x02" not in first + again + theirs


def test_show_all_shows_all_whatever_view_one_opens_a_list_with(ann: User, client_of: ClientOf) -> None:
    """PLT-9, PLT-10: a default view of open deals hides no lost ones behind "Show all"; people and child companies alike."""
    client, account = client_of(ann), factories.make_account(ann)
    for stage in ("won", *["qualification"] * 7):
        factories.make_deal(ann, account=account.pk, stage=stage)
    for _n in range(9):
        factories.make_contact(ann, account=account.pk)
    for module, view in (("crm.deal", "open"), ("crm.contact", "unread")):
        ViewChoice.objects.create(user=ann, module=module, view=view, default=True)

    page = page_of(client, f"/crm/accounts/{account.pk}/")

    for path, number in (("deals", 8), ("contacts", 9)):
        found = re.search(rf'href="(/crm/{path}/\?[^"]+)">Show all', page)
        assert found, page
        assert len(client.get(unescape(found[1])).context["page"].records) == number


@pytest.mark.parametrize(("value", "told"), [(True, ["Consents to <i>calls</i>"]), (False, [])])
def test_a_yes_says_what_it_is_about_where_no_label_stands_beside_it(
    value: bool, told: list[str], ann: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-10, PLT-12: below the title, in a related list and among the hits of a search; a no says nothing there."""
    factories.add_field("yes_no", "crm.contact", key="c_calls", label_en="Consents to <i>calls</i>")
    monkeypatch.setattr(type(find_module("crm.contact")), "facts", "c_calls")
    below = next(one for one in find_module("crm.contact").related if one.field == "reports_to")
    monkeypatch.setattr(below, "columns", ("name", "c_calls"))
    boss, client = factories.make_contact(ann), client_of(ann)
    contact = factories.make_contact(ann, family_name="Quill", reports_to=boss.pk, c_calls=value)

    head = page_of(client, f"/crm/contacts/{contact.pk}/").partition('class="keyfacts">')[2].partition("</div>")[0]
    line = page_of(client, f"/crm/contacts/{boss.pk}/").rpartition("Quill</a>")[2].partition("</li>")[0]
    hits = client.get("/pick", {"module": "crm.contact", "q": "Quill"}).json()

    assert [unescape(one) for one in re.findall(r"<span[^>]*>([^<]*)</span>", head)] == told
    assert [unescape(one) for one in re.findall(r"<span[^>]*>([^<]*)</span>", line)] == told
    assert [hit["sub"] for hit in hits] == [" · ".join(told)]
