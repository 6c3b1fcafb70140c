"""Notes: whom they tell, who may change them, and how they are shown (PLT-10)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from core.actor import Actor
from core.event.models import Event
from core.record import mentions, notes
from core.record.models import Note
from core.tasks import sweep
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def tanaka(roles: Any) -> Any:
    """Leads like bob, with a name in two parts."""
    return factories.make_user("tanaka", role=roles["sales"], family_name="田中", given_name="さくら")


def told(lead: Any) -> list[int]:
    rows = Event.objects.filter(module="crm.lead", record_id=lead.pk, kind="mentioned").order_by("pk")
    return [one.detail["user"] for one in rows]


@pytest.mark.parametrize(
    "text",
    [
        "@田中 さくら please look",
        "見積です。@田中さくらさん、お願いします",
        "＠田中さんへ",
        "@さくら",
        "cc @TANAKA@example.com.",
        "(@tanaka@example.com)",
    ],
)
def test_one_of_us_is_found_by_name_or_address(text: str, ann: Any, tanaka: Any) -> None:
    """PLT-10: without script the name is typed out; width, case and spaces make no difference."""
    assert [one.user_id for one in mentions.find(text)] == [tanaka.pk]


@pytest.mark.parametrize("text", ["mail to x@bob", "@bobby", "@nobody", "@", "@ bob", "@\nbob", "@bob_2"])
def test_what_is_no_name_means_nobody(text: str, bob: Any) -> None:
    found = [one.user_id for one in mentions.find(text)]

    assert found == ([bob.pk] if text == "@ bob" else [])


def test_a_name_that_two_of_us_have_means_nobody(bob: Any) -> None:
    """PLT-10: the address says which."""
    other = factories.make_user("bob2", family_name="Bob")

    assert mentions.find("@Bob") == []
    assert [one.user_id for one in mentions.find("@bob2@example.com")] == [other.pk]
    assert mentions.written(other.pk) == "bob2@example.com"


def test_who_is_mentioned_and_may_see_the_record_is_told_once(ann: Any, bob: Any, carol: Any, client_of: Any) -> None:
    """PLT-10: an event for each; one who may not see it is not, and the author learns it."""
    lead, client = factories.make_lead(ann), client_of(ann)

    answer = client.post(f"/crm/leads/{lead.pk}/note", {"text": "@Bob and @bob, ask @Carol. @Ann"}, follow=True)

    assert told(lead) == [bob.pk]
    assert "They may not see this record and were not told: Carol." in answer.content.decode()
    assert '<b class="mention">@Bob</b>' in answer.content.decode()
    assert "mentioned" not in answer.content.decode().split('class="timeline"')[1]


def test_a_changed_note_tells_only_those_it_did_not_name_before(ann: Any, bob: Any, admin: Any, client_of: Any) -> None:
    """PLT-10: changing leaves an event; what it said before stands nowhere."""
    lead = factories.make_lead(ann)
    note, _remark = notes.write("crm.lead", lead, "@Bob: secret", actor=Actor(ann))

    client_of(ann).post(f"/notes/{note.pk}/", {"text": "@Bob @Admin: nothing"})

    note.refresh_from_db()
    assert (note.text, told(lead)) == ("@Bob @Admin: nothing", [bob.pk, admin.pk])
    assert [one.kind for one in Event.objects.filter(kind__startswith="note")] == ["note_changed"]
    assert not Event.objects.filter(detail__icontains="secret").exists()
    assert "changed since" in client_of(ann).get(f"/crm/leads/{lead.pk}/").content.decode()


def test_a_note_belongs_to_who_wrote_it(ann: Any, bob: Any, carol: Any, client_of: Any) -> None:
    """PLT-10: bob sees it and may not change it; for carol it is not there."""
    lead = factories.make_lead(ann)
    note, _remark = notes.write("crm.lead", lead, "Mine", actor=Actor(ann))

    for page, body in (("", {"text": "x"}), ("remove", {}), ("restore", {})):
        assert client_of(bob).post(f"/notes/{note.pk}/{page}", body).status_code == 403
        assert client_of(carol).post(f"/notes/{note.pk}/{page}", body).status_code == 404
    assert client_of(ann).post(f"/notes/{note.pk}/", {"text": " \n"}).status_code == 422

    note.refresh_from_db()
    assert (note.text, note.removed_at) == ("Mine", None)


def test_a_removed_note_can_be_brought_back_until_the_bin_forgets_it(ann: Any, client_of: Any, clock: Any, settings: Any) -> None:
    """PLT-15"""
    lead, client = factories.make_lead(ann), client_of(ann)
    note, _remark = notes.write("crm.lead", lead, "Words of mine", actor=Actor(ann))
    page = f"/crm/leads/{lead.pk}/"

    client.post(f"/notes/{note.pk}/remove")
    gone = client.get(page).content.decode()
    client.post(f"/notes/{note.pk}/restore")
    back = client.get(page).content.decode()
    client.post(f"/notes/{note.pk}/remove")
    clock.shift(timedelta(days=settings.BIN_DAYS + 1))
    from core import clock as moments

    sweep(moments.now())

    assert "Words of mine" not in gone and f"/notes/{note.pk}/restore" in gone and "removed a note" in gone
    assert "Words of mine" in back
    assert not Note.every.exists()


def test_pinned_notes_stand_on_top_whatever_happened_since(ann: Any, bob: Any, client_of: Any, clock: Any) -> None:
    """PLT-10: by those who may edit the record; ten at most."""
    lead, client = factories.make_lead(ann), client_of(ann)
    first, _remark = notes.write("crm.lead", lead, "The first of all", actor=Actor(ann))
    for number in range(40):
        clock.shift(60)
        notes.write("crm.lead", lead, f"Later {number}", actor=Actor(ann))
    page = f"/crm/leads/{lead.pk}/"
    assert "The first of all" not in client.get(page).content.decode()

    client_of(bob).post(f"/notes/{first.pk}/pin")
    shown = client.get(page).content.decode()
    for note in Note.objects.filter(text__startswith="Later")[:9]:
        notes.pin(note, on=True)
    answer = client.post(f"/notes/{Note.objects.filter(pinned_at=None).latest('pk').pk}/pin", follow=True)

    assert "The first of all" in shown.split('class="pinned"')[1].split('id="told"')[0]
    assert "Later 39" in shown.split('id="told"')[1]
    assert "Up to 10 notes can stand on top." in answer.content.decode()
    assert "The first of all" in client.get(page, {"show": "change"}).content.decode()


def test_a_note_is_text_with_links_and_never_markup(ann: Any, bob: Any) -> None:
    """H1, H3: web addresses open, nothing else does; Japanese needs no space around them."""
    text = '資料はhttps://example.com/a?b=1&c=2。\n<script>x</script> javascript:alert(1) (see https://e.com/x_(y)) @Bob"><img>'

    html = str(mentions.shown(text, [bob.pk]))

    assert '<a href="https://example.com/a?b=1&amp;c=2" rel="nofollow noopener">https://example.com/a?b=1&amp;c=2</a>。<br>' in html
    assert '<a href="https://e.com/x_(y)" rel' in html
    assert "<script" not in html and "<img" not in html and 'href="javascript' not in html


@pytest.mark.parametrize("piece", ["@", "@a", "@ ", "http://", "https://a(", "https://a)", "a.b@c.", "@田"])
def test_a_hostile_note_is_shown_in_time(piece: str, bob: Any) -> None:
    """O2"""
    text = piece * (20_000 // len(piece))
    begin = time.perf_counter()

    mentions.shown(text, [bob.pk])

    assert time.perf_counter() - begin < 2


def test_typing_an_at_offers_those_who_may_see_the_record(ann: Any, bob: Any, carol: Any, tanaka: Any, client_of: Any) -> None:
    """PLT-10: nobody is offered who could not look."""
    lead = factories.make_lead(ann)
    ask = lambda q: [one["name"] for one in client_of(ann).get(f"/crm/leads/{lead.pk}/mention", {"q": q}).json()]  # noqa: E731

    assert (ask("b"), ask("田"), ask("さく"), ask("car"), ask("ann"), ask("%")) == (["Bob"], ["田中 さくら"], ["田中 さくら"], [], [], [])
    assert client_of(carol).get(f"/crm/leads/{lead.pk}/mention").status_code == 404


def test_asking_who_may_see_costs_the_same_for_one_and_for_thirty(ann: Any, client_of: Any, django_assert_max_num_queries: Any) -> None:
    lead, client = factories.make_lead(ann), client_of(ann)
    for number in range(30):
        factories.make_user(f"many{number}", family_name=f"Many{number}")
    client.get(f"/crm/leads/{lead.pk}/mention", {"q": "many"})

    with django_assert_max_num_queries(9):
        client.get(f"/crm/leads/{lead.pk}/mention", {"q": "many"})
