"""The board: the list's rows as cards, moved by a form, a drop or a key (CRM-7)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.access.models import Profile, User
from core.actor import Actor
from core.event.models import Event
from core.field.models import Choice
from core.record import write
from core.stamps import bump
from core.web import board
from crm.models import Deal
from tests.crm.reports_cast import *  # noqa: F403
from tests.crm.reports_cast import (
    NOW,
    _english,  # noqa: F401
    client_of,
    count_of,
)

pytestmark = pytest.mark.django_db
BOARD = "/crm/deals/board"


@pytest.fixture(autouse=True)
def _then() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def lanes(user: User, query: str = "") -> dict[str, Any]:
    return {lane.option.value: lane for lane in client_of(user).get(f"{BOARD}{query}").context["lanes"]}


def move(user: User, deal: Any, to: str, **more: Any) -> Any:
    sent = {"to": to, "version": str(deal.version), "back": "view=mine", **more}
    return client_of(user).post(reverse("move", args=["crm", "deals", deal.pk]), sent)


def test_columns_count_and_add_up_what_the_reader_sees(deals: None, ann: User, bob: User, carol: User) -> None:
    """CRM-7, PLT-24: number and sums by currency in each column, the same as the list behind it."""
    mine, his, hers = lanes(ann), lanes(bob), lanes(carol)

    assert list(mine) == ["qualification", "analysis", "proposal", "negotiation", "won", "lost"]
    assert (mine["proposal"].count, mine["proposal"].sums) == (2, ["¥1,500"])
    assert (mine["negotiation"].count, mine["negotiation"].sums) == (1, ["£20"])
    assert (his["lost"].count, mine["lost"].count) == (1, 0)
    assert (hers["proposal"].sums, hers["qualification"].sums) == (["¥90,000"], [])
    assert count_of(client_of(ann), mine["proposal"].url) == 2


def test_view_filter_and_search_of_the_list_hold_on_the_board(deals: None, ann: User, bob: User) -> None:
    """PLT-9: another display of the same view."""
    query = json.dumps({"all": [{"field": "type", "op": "is", "value": "new"}]})

    found = lanes(bob, f"?view=open&filter={query}")

    assert (found["proposal"].count, found["won"].count, found["lost"].count) == (1, 0, 0)
    assert count_of(client_of(bob), found["proposal"].url) == 1
    assert client_of(bob).get(f"{BOARD}?rows=1&f0=type&o0=is&v0=new&g0=0&by=type")["Location"].startswith(f"{BOARD}?")


def test_a_full_column_shows_the_newest_and_leads_to_the_rest(ann: User, deal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """CRM-7: counts under a cap, sums that say they are at least so much."""
    monkeypatch.setattr(board, "CARDS", 3)
    monkeypatch.setattr(board.listing, "CAP", 5)
    for n in range(8):
        deal(ann, f"D{n}", amount=10)

    found = lanes(ann)["qualification"]

    assert found.cards.count("<li") == 3
    assert (found.count, found.more, found.rest, found.sums) == (5, True, True, ["¥60+"])


def test_the_board_asks_as_often_for_many_cards_as_for_few(ann: User, deal: Any) -> None:
    """Performance: names and owners of all cards at once."""
    client = client_of(ann)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(BOARD)
        return len(caught)

    deal(ann, "one")
    client.get(BOARD)
    few = queries()
    for n in range(12):
        deal(ann, f"D{n}")

    assert queries() == few


def test_a_card_moves_with_a_plain_form(deals: None, ann: User) -> None:
    """CRM-7: without script; the change is history, and the reader is back where they were."""
    deal = Deal.objects.get(name="A1")

    client = client_of(ann)
    sent = {"to": "negotiation", "version": str(deal.version), "back": "view=mine"}

    answer = client.post(reverse("move", args=["crm", "deals", deal.pk]), sent)

    assert answer["Location"] == f"{BOARD}?view=mine"
    assert "“A1” is now in Negotiation." in client.get(answer["Location"]).content.decode()
    deal.refresh_from_db()
    assert (deal.stage, deal.probability) == ("negotiation", 75)
    assert Event.objects.filter(record_id=deal.pk, module="crm.deal").latest("pk").changes == {"stage": ["proposal", "negotiation"]}


def test_moving_to_lost_asks_why_first(deals: None, ann: User) -> None:
    """CRM-7, CRM-5: a drop asks for what the new stage requires, and nothing is written before."""
    deal = Deal.objects.get(name="A1")
    client = client_of(ann)

    asked = move(ann, deal, "lost")
    page = client.get(asked["Location"])

    assert 'name="lost_reason"' in page.content.decode()
    assert Deal.objects.get(pk=deal.pk).stage == "proposal"
    nothing = move(ann, deal, "lost", asked="lost_reason", lost_reason="")
    assert nothing.status_code == 422
    done = move(ann, deal, "lost", asked="lost_reason", lost_reason="Price")
    assert done["Location"] == f"{BOARD}?view=mine"
    deal.refresh_from_db()
    assert (deal.stage, deal.lost_reason, deal.outcome) == ("lost", "Price", "lost")


def test_a_drop_by_script_is_led_to_the_question(deals: None, ann: User) -> None:
    """PLT-5"""
    deal = Deal.objects.get(name="A1")
    sent = {"to": "lost", "version": str(deal.version)}

    answer = client_of(ann).post(reverse("move", args=["crm", "deals", deal.pk]), sent, headers={"HX-Request": "true"})

    assert answer["HX-Redirect"].startswith(f"/crm/deals/{deal.pk}/move?to=lost")
    part = client_of(ann).get(BOARD, headers={"HX-Request": "true", "HX-Target": "board"}).content.decode()
    assert "<!doctype" not in part
    assert 'id="board"' in part
    assert 'id="toasts"' in part


def test_a_column_can_require_fields(deals: None, ann: User) -> None:
    """CRM-7: what an admin hung on the choice."""
    won = Choice.objects.get(module="crm.deal", field="stage", value="won")
    won.more = {**won.more, "requires": ["next_step", "type"]}
    won.save()
    bump("fields")
    deal = Deal.objects.get(name="A1")  # has a type, no next step

    asked = client_of(ann).get(move(ann, deal, "won")["Location"]).content.decode()
    assert 'name="next_step"' in asked
    assert 'name="type"' not in asked
    assert move(ann, deal, "won", asked="next_step", next_step=" ").status_code == 422
    assert move(ann, deal, "won", asked="next_step", next_step="Invoice").status_code == 302
    assert Deal.objects.get(pk=deal.pk).stage == "won"


def test_a_card_someone_else_moved_is_not_moved_under_them(deals: None, ann: User, bob: User) -> None:
    """PLT-11: conflict safe; the same move twice is one."""
    seen = Deal.objects.get(name="A1")
    write.update(Deal.objects.get(name="A1"), actor=Actor(bob), stage="analysis")

    client = client_of(ann)
    client.post(reverse("move", args=["crm", "deals", seen.pk]), {"to": "won", "version": str(seen.version)})
    assert "Someone else changed “A1”" in client.get(BOARD).content.decode()
    assert Deal.objects.get(pk=seen.pk).stage == "analysis"

    events = Event.objects.count()
    assert move(ann, seen, "analysis").status_code == 302
    assert Event.objects.count() == events


def test_who_may_see_but_not_edit_has_no_way_to_move(deals: None, ann: User, bob: User, carol: User, dave: User) -> None:
    """PLT-23 to PLT-25: unseen 404, not allowed 403, a locked field 403; no buttons to tempt."""
    deal = Deal.objects.get(name="A1")
    assert move(carol, deal, "won").status_code == 404
    assert client_of(dave).get(BOARD).status_code == 404
    where = reverse("move", args=["crm", "deals", deal.pk])
    assert client_of(ann).post(where, {"to": "nowhere"}).status_code == 404
    assert client_of(ann).post(where, {"to": "won", "by": "owner"}).status_code == 404

    for number, profile in enumerate(
        (
            {"rights": {**ann.profile.rights, "crm.deal": ["view"]}},
            {"rights": ann.profile.rights, "fields": {"crm.deal": {"stage": "read"}}},
        )
    ):
        User.objects.filter(pk=bob.pk).update(profile=Profile.objects.create(name=f"P{number}", **profile))
        assert move(bob, deal, "won").status_code == 403
        page = client_of(bob).get(BOARD).content.decode()
        assert "A1" in page
        assert "data-move-form" not in page
    User.objects.filter(pk=bob.pk).update(
        profile=Profile.objects.create(name="Blind", rights=ann.profile.rights, fields={"crm.deal": {"stage": "hidden"}})
    )
    assert client_of(bob).get(BOARD).status_code == 404
    assert Deal.objects.get(pk=deal.pk).stage == "proposal"


def test_modules_without_a_board_have_none_and_others_choose_the_picklist(ann: User, account: Any) -> None:
    """PLT-9: kanban by any picklist."""
    write.create("crm.lead", actor=Actor(ann), family_name="<i>Sato</i>", rating="hot")
    client = client_of(ann)

    assert client.get("/crm/accounts/board").status_code == 404
    found = client.get("/crm/leads/board?by=rating")
    assert [(lane.option.value, lane.count) for lane in found.context["lanes"]] == [("hot", 1), ("warm", 0), ("cold", 0)]
    assert "&lt;i&gt;Sato" in found.content.decode()
    assert client.get("/crm/leads/board?by=family_name").status_code == 404


def test_the_board_works_without_anything_inline(deals: None, ann: User) -> None:
    """A7, PLT-5"""
    page = client_of(ann).get(BOARD).content.decode()

    assert "style=" not in page
    assert page.count("data-move-form") == 4
    assert page.count('draggable="true"') == 4
    assert 'data-row-key="m"' in page
