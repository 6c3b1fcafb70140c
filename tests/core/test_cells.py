"""Cells of a list edit where they stand (PLT-8, PLT-10), with script and without."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.access.models import Profile, User
from core.actor import Actor
from core.event.models import Event
from core.record import write
from core.stamps import bump
from tests.crm.reports_cast import *  # noqa: F403
from tests.crm.reports_cast import (
    _english,  # noqa: F401
    client_of,
)

pytestmark = pytest.mark.django_db
COLUMNS = "name account amount stage probability"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/crm/deals/?view=mine&sort=name"}


def cell(deal: Any, key: str, columns: str = COLUMNS) -> str:
    return f"/crm/deals/{deal.pk}/field/{key}?cell={columns.replace(' ', '+')}"


def test_a_cell_becomes_its_form_and_then_the_row_anew(deal: Any, ann: User) -> None:
    """PLT-8, PLT-10: what follows from the value (the probability) stands in the row, too."""
    one, client = deal(ann, "A", amount=100), client_of(ann)

    form = client.get(cell(one, "stage"), headers=HTMX).content.decode()
    answer = client.post(cell(one, "stage"), {"stage": "proposal", "version": one.version}, headers=HTMX)

    assert 'hx-target="closest tr"' in form and f'hx-post="/crm/deals/{one.pk}/field/stage?cell=' in form
    row = answer.content.decode()
    assert row.startswith(f'<tr data-pk="{one.pk}">') and row.count("<td") == 5 and "Proposal" in row and "50%" in row
    assert answer.headers["HX-Trigger"] == '{"toast": "Saved: Stage"}'
    assert client.get(cell(one, "stage") + "&shown=1", headers=HTMX).content.decode() == row


def test_a_wrong_value_and_a_conflict_ask_again_in_the_cell(deal: Any, ann: User) -> None:
    """PLT-11: 422 and 409 put the form back into its cell with what was typed; nothing is written."""
    one, client = deal(ann, "A", amount=100), client_of(ann)
    wrong = client.post(cell(one, "amount"), {"amount": "abc", "version": one.version}, headers=HTMX)
    write.update(one, actor=Actor(ann), amount=200)
    late = client.post(cell(one, "amount"), {"amount": "300", "version": one.version - 1}, headers=HTMX)

    for answer, status, typed in ((wrong, 422, "abc"), (late, 409, "300")):
        assert answer.status_code == status and typed in answer.content.decode()
        assert answer.headers["HX-Retarget"] == f'tr[data-pk="{one.pk}"] form.inplace'
    one.refresh_from_db()
    assert one.amount == 200


def test_what_a_stage_asks_for_leads_back_to_the_list(deal: Any, ann: User) -> None:
    """CRM-7: a cell set to Lost asks for the reason on the page that asks; it comes back to the list as it was."""
    one, client = deal(ann, "A"), client_of(ann)

    asked = client.post(cell(one, "stage"), {"stage": "lost", "version": one.version}, headers=HTMX).headers["HX-Redirect"]
    sent = {key: values[0] for key, values in parse_qs(urlsplit(asked).query).items()}
    done = client.post(asked.partition("?")[0], {**sent, "asked": sent["asks"], "lost_reason": "Price"})

    assert done.url == "/crm/deals/?view=mine&sort=name"
    one.refresh_from_db()
    assert (one.stage, one.lost_reason) == ("lost", "Price")


def test_a_record_given_away_leaves_the_list(deal: Any, ann: User, carol: User) -> None:
    """PLT-24: whose records one does not see is gone from the table after the change."""
    one = deal(ann, "A")

    answer = client_of(ann).post(cell(one, "owner", "name owner"), {"owner": carol.pk, "version": one.version}, headers=HTMX)

    assert (answer.status_code, answer.content) == (200, b"")


def test_columns_one_may_not_see_do_not_come_back_with_the_row(deal: Any, ann: User) -> None:
    """A6: the columns in the address pass the same gate as those of the list."""
    one = deal(ann, "A", amount=123456)
    ann.profile = Profile.objects.create(name="No amounts", rights=ann.profile.rights, fields={"crm.deal": {"amount": "hidden"}})
    ann.save()
    bump("access")

    row = client_of(ann).get(cell(one, "name") + "&shown=1", headers=HTMX).content.decode()

    assert "123,456" not in row and row.count("<td") == 4
    assert client_of(ann).get(cell(one, "amount"), headers=HTMX).status_code == 404


def test_a_list_says_which_columns_may_be_edited(deal: Any, ann: User) -> None:
    """PLT-8: one mark a column and no byte a row; none of them for who may only look."""
    deal(ann, "A")
    page = client_of(ann).get("/crm/deals/").content.decode()
    ann.profile = Profile.objects.create(name="Reader", rights={"crm.deal": ["view"]})
    ann.save()
    bump("access")
    looked = client_of(ann).get("/crm/deals/").content.decode()

    assert 'data-cells="name account amount stage probability closing_on owner changed_at"' in page
    assert page.count(" data-may") == 7  # all but the moment of the last change
    assert "field/" not in page
    assert "data-may" not in looked and "data-cells" not in looked


def test_without_script_a_pencil_leads_to_the_form_and_back(deal: Any, ann: User) -> None:
    """PLT-5: `cells=1` shows a link in each cell; saving comes back to the list, at the row."""
    one, client = deal(ann, "A"), client_of(ann)
    page = client.get("/crm/deals/?view=mine&sort=name&cells=1").content.decode()
    link = re.search(rf'href="(/crm/deals/{one.pk}/field/amount\?[^"]+)"', page)
    assert link is not None

    form = client.get(link[1].replace("&amp;", "&")).content.decode()
    action = re.search(r'<form class="inplace[^>]* action="([^"]+)"', form)
    assert action is not None
    done = client.post(action[1].replace("&amp;", "&"), {"amount": "300", "version": one.version})

    assert done.url == f"/crm/deals/?view=mine&sort=name&cells=1#r{one.pk}"
    assert f'id="r{one.pk}"' in page and Event.objects.filter(kind="updated").count() == 1


def test_who_may_not_change_a_record_has_no_pencil_in_its_row(deal: Any, ann: User, carol: User) -> None:
    """PLT-24: rights are asked for each row; the address refuses, too."""
    one = deal(ann, "A")

    assert client_of(carol).get(cell(one, "amount"), headers=HTMX).status_code == 404
    assert f"/crm/deals/{one.pk}/field/" not in client_of(carol).get("/crm/deals/?cells=1").content.decode()
