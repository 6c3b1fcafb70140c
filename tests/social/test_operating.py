"""`manage.py social`: what whoever runs the machine can read, send and see, and what it never shows."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core import clock
from core.access.models import User
from core.exchange.models import Delivery
from core.exchange.outbox import post
from core.work.models import Job
from sandbox.running import Control
from social.models import Channel, Post, Stream
from social.pull import enqueue_due


def told(*words: str) -> str:
    """What the command prints."""
    page = io.StringIO()
    call_command("social", *words, stdout=page, stderr=page)
    return page.getvalue()


def lines(*words: str) -> list[dict[str, Any]]:
    return [json.loads(one) for one in told(*words, "--json").splitlines()]


def refused(*words: str) -> tuple[int, str]:
    """The exit code and the words."""
    with pytest.raises(CommandError) as caught:
        told(*words)
    return caught.value.returncode, str(caught.value)


def test_polling_reads_what_is_due_and_prints_what_came(sandbox: Control, channel: Channel) -> None:
    """SOC-4: due ones only, unless a stream is named; what came is printed once."""
    sandbox.say("emma_w_2026", "@enishi_demo 返品できますか😀")
    assert told("poll") == "Nothing is due.\n"

    Stream.objects.update(next_due=clock.now())
    page = told("poll")
    assert "@emma_w_2026: @enishi_demo 返品できますか😀" in page
    assert page.endswith("2 streams read, 1 new.\n")
    assert lines("poll", "--stream", "@enishi_demo")[0]["new"] == 0
    sandbox.say("liam_obrien", "@enishi_demo Hello?")
    one = lines("poll", "--stream", str(Stream.objects.get(kind="mentions").pk))[0]
    assert (one["new"], one["error"], [item["text"] for item in one["items"]]) == (1, "", ["@enishi_demo Hello?"])


def test_a_long_absence_is_polled_to_its_end(sandbox: Control, channel: Channel) -> None:
    """SOC-4: more pages than one turn reads."""
    for number in range(620):
        sandbox.say("emma_w_2026", f"@enishi_demo number {number}")

    assert lines("poll", "--stream", "@enishi_demo")[0]["new"] == 620


def test_what_could_not_be_read_is_said_with_its_reason(sandbox: Control, channel: Channel) -> None:
    """SOC-19: exit code 2 and the words of the failure; what a worker reads just now is left to it."""
    sandbox.fault("429", 1, seconds=300)
    assert refused("poll", "--stream", "@enishi_demo") == (2, "1 of 2 streams could not be read to the end.")
    one = Stream.objects.get(kind="mentions")
    assert one.last_error == "limited"

    Stream.objects.update(next_due=clock.now())
    enqueue_due(clock.now())
    Job.objects.filter(state="waiting").update(state="running", lease_until=clock.now() + timedelta(minutes=2))
    assert refused("poll", "--stream", "@enishi_demo")[0] == 2


def test_wrong_questions_get_clear_answers(sandbox: Control, channel: Channel) -> None:
    """SOC-4: exit code 1; the answer names what there is."""
    assert refused("poll", "--stream", "@nobody") == (1, "No channel is called '@nobody'. There are: x:@enishi_demo.")
    assert refused("poll", "--stream", "999") == (1, "There is no stream 999; `manage.py social status` lists them.")
    assert refused("items", "--since", "yesterday")[1].startswith("'yesterday' is no time. Say 2026-11-30")
    assert refused("items", "--since", "2026-13-45")[1].startswith("'2026-13-45' is no time.")
    assert refused("items", "--network", "myspace")[1].startswith("No network is called 'myspace'. There are: ")
    assert refused("items", "--kind", "song")[1].startswith("Nothing of the kind 'song' is stored. There are: mention")
    assert refused("send", "--show", "4711") == (1, "There is no delivery 4711.")
    Channel.objects.update(state="needs_signin")
    assert "needs sign-in; nothing is read" in refused("poll", "--stream", "@enishi_demo")[1]


def test_items_stand_newest_first_and_can_be_narrowed(sandbox: Control, channel: Channel) -> None:
    """SOC-5: one JSON object a line."""
    for number in range(3):
        sandbox.say("emma_w_2026", f"@enishi_demo number {number}")
    told("poll", "--stream", "@enishi_demo")
    newest = lines("items", "--limit", "3")

    assert [one["text"] for one in newest] == [f"@enishi_demo number {number}" for number in (2, 1, 0)]
    assert (newest[0]["channel"], newest[0]["handle"], newest[0]["kind"], newest[0]["ours"]) == (
        "@enishi_demo",
        "emma_w_2026",
        "mention",
        False,
    )
    assert len(lines("items", "--limit", "0")) == Post.objects.count()
    assert [one["text"] for one in lines("items", "--since", "2m")][:1] == ["@enishi_demo number 2"]
    assert lines("items", "--since", (clock.now() + timedelta(days=1)).isoformat()) == []
    assert {one["kind"] for one in lines("items", "--kind", "mention", "--channel", "x:@enishi_demo", "--network", "x")} == {"mention"}
    assert "@emma_w_2026: @enishi_demo number 2" in told("items", "--limit", "1")


def test_what_strangers_wrote_does_not_command_the_terminal(sandbox: Control, channel: Channel) -> None:
    """Escape sequences, line breaks and marks that turn the direction are not printed as they are."""
    sandbox.say("emma_w_2026", "@enishi_demo a\x1b[2Jb\nc\x9bd\u202ee 👩\u200d🔧")
    told("poll", "--stream", "@enishi_demo")

    assert "@emma_w_2026: @enishi_demo a [2Jb c d e 👩\u200d🔧" in told("items", "--limit", "1")
    page = told("items", "--limit", "1", "--json")
    assert not {"\x1b", "\x9b", "\u202e"} & set(page)
    assert json.loads(page)["text"] == "@enishi_demo a\x1b[2Jb\nc\x9bd\u202ee 👩\u200d🔧"


def test_sending_works_the_outbox_and_tells_what_became_of_it(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-6: once, whoever sends; the fate is told; a private text only to who asks for it."""
    assert told("send") == "Nothing waits to be sent.\n"
    row = post(connection=channel.connection, action="post", key="one", text="こんにちは", asked_by=people["root"])
    page = told("send")
    row.refresh_from_db()

    assert page.startswith(f"#{row.pk} x:@enishi_demo post sent, there as {row.outside_id}: こんにちは")
    assert [one["text"] for one in sandbox.posts(limit=1)] == ["こんにちは"]
    assert told("send") == "Nothing waits to be sent.\n"
    secret = post(connection=channel.connection, action="message", key="two", text="for you alone", target={"person": "1"})
    assert "for you alone" not in told("send", "--show", str(secret.pk))
    assert lines("send", "--show", str(secret.pk))[0]["text"] is None
    assert "for you alone" in told("send", "--show", str(secret.pk), "--private")


def test_what_was_not_sent_ends_with_a_code(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-6, SOC-19: a refusal is told with its reason."""
    post(connection=channel.connection, action="post", key="one", text="twice", asked_by=people["root"])
    told("send")
    post(connection=channel.connection, action="post", key="two", text="twice", asked_by=people["root"])

    assert refused("send") == (2, "1 of 1 were not sent, or may not have been.")
    assert lines("send", "--show", str(Delivery.objects.get(key="two").pk))[0]["state"] == "failed"


def test_the_status_tells_all_but_secrets(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-3, SOC-4, T3: sign-ins, limits, lag and outbox; never a token."""
    post(connection=channel.connection, action="message", key="two", text="for you alone", target={"person": "1"})
    one, page = lines("status")[0], told("status")
    chain = channel.connection.chain

    assert (one["credentials"][0]["account"], one["credentials"][0]["state"], one["credentials"][0]["renews_itself"]) == (
        "@enishi_demo",
        "active",
        True,
    )
    limit = next(line for line in one["budgets"] if line["calls"] == "users.mentions")
    assert (limit["account"], limit["limit"], limit["used"] + limit["left"]) == ("@enishi_demo", 300, 300)
    assert limit["used"] > 0
    assert 0 < limit["resets_in"] <= 900
    assert one["streams"][0]["kind"] == "mentions"
    assert one["outbox"]["counts"]["waiting"] == 1
    for secret in (chain.access.reveal(), chain.refresh.reveal(), "sandbox-secret", "for you alone"):
        assert secret not in page + json.dumps(one)
    assert "Nothing needs a person." in page
    assert told("status", "--check")


def test_the_check_says_what_needs_a_person(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-3, SOC-6: an ended sign-in, an unclear delivery, a stream nobody reads."""
    row = post(connection=channel.connection, action="post", key="one", text="?", asked_by=people["root"])
    Delivery.objects.filter(pk=row.pk).update(state="unknown")
    Stream.objects.update(next_due=clock.now() - timedelta(hours=2))
    assert refused("status", "--check") == (2, "2 things need a person.")
    sandbox.revoke()
    assert refused("poll", "--stream", "@enishi_demo")[0] == 2

    assert [words.split(":")[0].split("(")[0].strip() for words in lines("status")[0]["needs"]] == [
        "x @enishi_demo needs a new sign-in",
        "1 deliveries may have gone out or not",
    ]
