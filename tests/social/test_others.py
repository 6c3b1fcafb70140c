"""What went wrong for others who connected to these networks, and the test that shows it does not go wrong here.

`TABLE` tells each story in a line; the last test holds that every test it names is there. Then the tests that stand nowhere else, and
bad days of the line itself: answers that are none, clocks that disagree, numbers and letters at the edge of what is kept.
"""

from __future__ import annotations

import importlib
import json
from collections import Counter
from datetime import timedelta
from email.utils import format_datetime

import pytest
import time_machine

from automation.models import Rule
from core import clock
from core.access.models import User
from core.event.models import Event
from core.exchange.hooks import receive
from core.exchange.models import Delivery, HookEvent
from core.exchange.outbox import post
from core.notify.models import Notification
from core.remote.errors import NotAllowed, RemoteError, Revoked, Transient
from core.remote.http import Answer, parsed
from core.remote.models import Spending, TokenChain
from core.remote.network import Asked, network, networks, seconds_until
from core.search.query import find
from core.stamps import bump
from core.work.jobs import drain
from helpdesk.models import Ticket
from sandbox.running import Control
from social.keeping import keep_posts
from social.models import Channel, Post, Stream
from social.networks.items import Person, Said, later
from tests.cast import page_of
from tests.flows.conftest import forget_budgets, poll

TABLE = {
    "A page's token died in silence: nothing was read any more, and answers were shown as sent.": [
        "test_others.test_a_page_whose_token_dies_at_noon_says_so",
        "test_reading.test_access_taken_back_is_told_once_and_resumes_where_it_stopped",
        "test_reading.test_who_connected_a_channel_is_told_that_it_needs_a_new_sign_in",
        "tests.core.test_exchange.test_a_lost_sign_in_holds_and_resumes",
    ],
    "An ended sign-in was known by the words of its message, and one day the words were others.": [
        "test_others.test_an_ended_sign_in_is_known_by_its_code_whatever_it_says",
        "test_facebook.test_every_refusal_means_what_the_facts_say",
    ],
    "A refused token was tried again without end.": [
        "test_others.test_a_refused_token_is_not_asked_about_for_ever",
        "tests.core.test_remote_tokens.test_a_401_refreshes_once_and_then_asks_for_a_sign_in",
    ],
    "News that a network was to tell did not come, and nobody looked.": [
        "test_others.test_what_no_webhook_told_is_read",
        "test_private.test_what_was_there_is_found_and_what_comes_arrives_once",
        "test_facebook_hearing.test_reading_and_hearing_together",
    ],
    "Tokens were refreshed too often and by several at once; the network ended all of them.": [
        "tests.core.test_remote_tokens.test_eight_threads_and_one_refresh",
        "tests.core.test_remote_tokens.test_a_token_is_refreshed_when_a_tenth_of_its_life_is_left",
    ],
    "A token of seconds was refused once, and taken for one that was taken back.": [
        "test_linkedin_signin.test_a_token_of_seconds_is_asked_again",
        "test_linkedin_signin.test_a_page_of_seconds_is_read_within_the_minute",
    ],
    "The first refusal, or trouble on the line, disconnected an account.": [
        "tests.core.test_remote_tokens.test_trouble_at_the_token_endpoint_is_no_lost_sign_in",
        "test_reading.test_half_an_answer_moves_nothing",
    ],
    "The house's own answer came back as a customer's comment.": [
        "test_others.test_our_answer_comes_back_by_both_ways_and_is_one_row_and_no_ticket",
        "test_facebook_talk.test_an_answer_goes_out_once_and_its_echo_is_known",
        "test_x_verbs.test_a_post_of_ours_is_ours_when_it_comes_back",
    ],
    "A webhook was answered late, so the network sent it again, and it was stored again.": [
        "test_facebook_hearing.test_what_is_told_is_a_post_once",
        "test_facebook_hearing.test_a_large_body_is_written_down_in_few_statements",
        "test_hearing.test_a_mention_that_is_told_is_a_post_once",
        "test_private.test_told_and_read_at_once_it_is_one",
    ],
    "An automatic answer answered its own echo, round and round.": [
        "test_others.test_our_answer_comes_back_by_both_ways_and_is_one_row_and_no_ticket",
        "test_others.test_what_the_page_itself_says_is_no_customers_word",
        "test_private.test_a_message_a_page_is_told_of",
    ],
    "An item without author, words or paging stopped the reading.": [
        "test_facebook.test_items_without_author_words_or_paging_are_kept",
        "test_x.test_a_post_without_its_author_is_kept",
    ],
    "One person had several ids, or two had one name, and were made one.": [
        "test_facebook_talk.test_people_are_kept_by_their_number",
        "test_facebook_talk.test_a_page_called_like_somebodys_handle_is_not_them",
    ],
    "A network wanted a new permission, and all that was said was that it failed.": [
        "test_facebook.test_a_missing_permission_is_named_and_one_refused_post_switches_nothing_off",
        "test_facebook_talk.test_a_permission_taken_back_is_named",
    ],
    "The limit of the day was used up while calls of the quarter of an hour were left, and was not seen.": [
        "test_x.test_a_429_with_calls_left_waits_for_the_day",
        "test_x_verbs.test_limits_are_read_when_they_end",
    ],
    "Tokens that live two hours were not refreshed, and reading ended after two hours.": [
        "test_others.test_three_hours_later_it_still_reads",
    ],
    "What it costs was asked of an endpoint that some apps do not have.": [
        "test_others.test_the_meter_asks_nobody",
        "test_network_page.test_money_is_shown_by_what_it_was_for_and_stops_robots",
    ],
    "A network publishes no limits, and each day they were run into anew.": [
        "tests.core.test_remote.test_days_end_at_midnight_and_a_limit_nobody_publishes_is_learned",
    ],
    "A write was repeated after its line was cut, and stood there twice.": [
        "tests.core.test_exchange.test_cut_after_the_write_is_found_and_sent_exactly_once",
        "test_facebook_talk.test_a_line_cut_after_the_answer_finds_it_there",
        "test_others.test_a_line_cut_after_an_answer_on_x_leaves_one_answer",
    ],
    "Robots took the whole limit, and people could not answer.": [
        "tests.core.test_remote.test_robots_leave_a_fifth_to_people",
        "test_facebook.test_robots_stop_at_eighty_per_cent",
        "test_poller.test_what_robots_leave_to_people_is_one_rule",
    ],
    "Searches were polled without a budget until the plan that paid for them was withdrawn.": [
        "test_network_page.test_without_credit_nothing_loops_and_those_who_pay_hear_of_it_once",
        "test_network_page.test_what_the_level_allows_is_said_in_both_languages",
        "test_x_verbs.test_what_the_level_allows_stands_beside_a_post",
    ],
    "An error page that was no JSON crashed the client.": [
        "test_others.test_an_answer_that_is_no_json_is_an_error_with_a_meaning",
        "test_others.test_what_is_nested_without_end_or_broken_is_no_answer",
        "test_facebook.test_what_is_no_answer_of_facebook_ends_no_sign_in",
    ],
    "A picture that is none was kept as one, and an address led into the private network.": [
        "test_picturing.test_what_cannot_be_taken_says_why_and_changes_nothing",
        "tests.core.test_remote_http.test_redirects_are_checked_at_each_hop",
        "tests.core.test_remote_http.test_an_address_of_the_inside_is_refused",
    ],
}


@pytest.mark.parametrize("story", TABLE)
def test_every_story_has_its_test(story: str) -> None:
    for name in TABLE[story]:
        place, _dot, test = name.rpartition(".")
        found = importlib.import_module(place if place.startswith("tests.") else f"tests.social.{place}")
        assert callable(getattr(found, test, None)), f"{name}: {story}"


# Sign-ins -----------------------------------------------------------------------------------------------------------------


def test_a_page_whose_token_dies_at_noon_says_so(people: dict[str, User], graph: Control, our_page: Channel) -> None:
    """SOC-3, SOC-6: in red on the page, told to its owner once; what is to go out waits and is not shown as sent."""
    graph.do("facebook/revoke", person="901")
    row = post(connection=our_page.connection, action="post", key="one", text="Hello", asked_by=people["root"])
    poll()
    drain()
    poll()
    our_page.refresh_from_db()
    row.refresh_from_db()

    assert (our_page.state, row.state, row.reason_code, row.sent_at) == ("needs_signin", "held", "revoked", None)
    assert Event.objects.filter(module="social.channel", kind="needs_signin").count() == 1
    assert Notification.objects.filter(kind="social.signin", user=people["root"]).count() == 1
    assert "Sign in again" in page_of(people["root"]).get("/social/settings/channels/").content.decode()


@pytest.mark.parametrize("words", ["", "Session has expired", "何か新しい文", "Rate limit", "\u202e\x00"])
@pytest.mark.parametrize("subcode", [None, 460, 999_999])
def test_an_ended_sign_in_is_known_by_its_code_whatever_it_says(words: str, subcode: int | None) -> None:
    """SOC-19: no sentence of a network is ever compared."""
    body = {"error": {"code": 190, "message": words, "type": "OAuthException", **({"error_subcode": subcode} if subcode else {})}}
    told = network("facebook").error(Answer(400, {}, json.dumps(body).encode(), "https://graph.facebook.com/x"), Asked("comments"))

    assert isinstance(told, Revoked)


def test_a_refused_token_is_not_asked_about_for_ever(sandbox: Control, channel: Channel) -> None:
    """SOC-3: refreshed once, asked once more, then the owner is asked; nothing is called after that."""
    sandbox.fault("401", 100, path_prefix="/2/users")
    before = len(sandbox.requests(limit=1000))
    for _round in range(5):
        poll()
    channel.refresh_from_db()
    made = [one["path"] for one in sandbox.requests(limit=1000)[: len(sandbox.requests(limit=1000)) - before]]

    assert channel.state == "needs_signin"
    assert Counter(path.rsplit("/", 1)[-1] for path in made) == {"mentions": 2, "token": 1}
    v1 = Answer(401, {}, b'{"errors":[{"code":89,"message":"Invalid or expired token."}]}', "https://api.x.com/2/tweets")
    assert network("x").error(v1, Asked("tweets.create", True)).action == "needs_signin"


def test_three_hours_later_it_still_reads(sandbox: Control, channel: Channel) -> None:
    """SOC-2, SOC-3: tokens of two hours, a look every twenty minutes: refreshed before they end, by nobody's hand."""
    begun, said = clock.now(), []
    versions = [TokenChain.objects.get().version]
    for step in range(1, 10):  # the sandbox is in this process: its clock goes along
        with time_machine.travel(begun + timedelta(minutes=20 * step), tick=True):
            forget_budgets()
            said.append(sandbox.say("emma_w_2026", f"@enishi_demo after {20 * step} minutes")["text"])
            poll()
            versions.append(TokenChain.objects.get().version)
    channel.refresh_from_db()

    assert channel.state == "active"
    assert list(Post.objects.filter(text__in=said).order_by("said_at").values_list("text", flat=True)) == said
    assert 1 <= versions[-1] - versions[0] <= 2, versions


# Echoes and news ----------------------------------------------------------------------------------------------------------


def every_word_makes_a_ticket() -> None:
    rule = {"keywords": [], "action": "helpdesk.open_ticket", "params": {"department": "billing"}}
    Rule.objects.create(name_en="All", module="social.post", event="arrived", active=True, **rule)
    bump("rules")


def test_our_answer_comes_back_by_both_ways_and_is_one_row_and_no_ticket(
    people: dict[str, User], sandbox: Control, channel: Channel
) -> None:
    """SOC-5, SOC-8: read, told and told again; ours stays ours, and no rule hears of it."""
    every_word_makes_a_ticket()
    sandbox.say("emma_w_2026", "@enishi_demo Hello?")
    poll()
    asked = Post.objects.get(text="@enishi_demo Hello?")
    target = {"answers": asked.outside_id, "post": asked.pk, "conversation": asked.conversation}
    row = post(connection=channel.connection, action="reply", key="one", text="@emma_w_2026 @enishi_demo here", target=target)
    drain()
    row.refresh_from_db()
    tickets = Ticket.objects.count()
    assert tickets == 1
    told = {
        "event_uuid": "-7",
        "event_type": "post.reply.create",
        "filter": {"user_id": channel.outside_id},
        "payload": {"id": row.outside_id, "text": row.text, "author_id": channel.outside_id, "conversation_id": asked.conversation},
        "includes": {},
    }
    for number in range(3):
        receive(network("x"), json.dumps({"data": {**told, "event_uuid": str(number)}}).encode())
        poll()

    assert row.state == "sent"
    assert [one.ours for one in Post.objects.filter(outside_id=row.outside_id)] == [True]
    assert (Ticket.objects.count(), HookEvent.objects.count()) == (tickets, 0)
    assert not Event.objects.filter(module="social.post", kind="arrived", record_id=Post.objects.get(outside_id=row.outside_id).pk).exists()


def test_what_the_page_itself_says_is_no_customers_word(people: dict[str, User], our_page: Channel) -> None:
    """SOC-8: a comment of the page, written elsewhere, is ours; no rule answers it."""
    from .test_facebook_hearing import comment, tell

    every_word_makes_a_ticket()
    assert tell(comment("6")) == 200
    drain()
    tickets = Ticket.objects.count()
    assert tickets == 1
    assert tell(comment("7", **{"from": {"id": our_page.outside_id, "name": "Enishi"}})) == 200
    drain()
    found = Post.objects.get(outside_id="300000000000001_499999999999997")

    assert (found.ours, found.state, Ticket.objects.count()) == (True, "done", tickets)


def test_what_no_webhook_told_is_read(sandbox: Control, channel: Channel) -> None:
    """SOC-8: polling is the net under what a network tells; with nothing told everything is there."""
    said = [sandbox.say("liam_obrien", f"@enishi_demo silent {number}")["text"] for number in range(3)]
    assert not HookEvent.objects.exists()
    poll()

    assert list(Post.objects.filter(text__in=said).order_by("said_at", "outside_id").values_list("text", flat=True)) == said


def test_the_meter_asks_nobody(sandbox: Control, channel: Channel) -> None:
    """SOC-9: what it cost is counted here; the network's own meter is never called."""
    sandbox.say("liam_obrien", "@enishi_demo Hello?")
    poll()

    assert sum(Spending.objects.values_list("micros", flat=True)) > 0
    assert not [one["path"] for one in sandbox.requests(limit=1000) if "usage" in one["path"]]


def test_a_line_cut_after_an_answer_on_x_leaves_one_answer(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-6: found there, and sent is what it was."""
    sandbox.fault("cut", 1, path_prefix="POST /2/tweets")
    row = post(connection=channel.connection, action="post", key="one", text="今日は休みです😀", asked_by=people["root"])
    drain(clock.now() + timedelta(minutes=5))
    row.refresh_from_db()
    there = [one for one in sandbox.posts(limit=50) if one["text"] == "今日は休みです😀"]

    assert (row.state, row.outside_id, len(there)) == ("sent", there[0]["id"], 1)
    assert Delivery.objects.count() == 1


# The line itself ------------------------------------------------------------------------------------------------------------

NO_JSON = [
    b"",
    b"<!DOCTYPE html><title>502</title>",
    b"Not Found",
    b"\xff\xfe",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b'{"error": "text"}',
    b'{"errors": [7, null]}',
]


@pytest.mark.parametrize("body", NO_JSON)
def test_an_answer_that_is_no_json_is_an_error_with_a_meaning(body: bytes) -> None:
    """SOC-19: of every network, with every status, reading and writing; only what is said of a token ends a sign-in."""
    for net in networks():
        for status in (400, 401, 402, 403, 404, 409, 410, 422, 426, 429, 500, 502, 503, 504, 599):
            for writing in (False, True):
                told = net.error(Answer(status, {}, body, "https://api.example/2"), Asked("x", writing))
                assert isinstance(told, RemoteError), (net.key, status, body)
                assert status == 401 or not isinstance(told, Revoked), (net.key, status, body)
                assert status in {401, 403} or not isinstance(told, NotAllowed), (net.key, status, body)


def test_what_is_nested_without_end_or_broken_is_no_answer() -> None:
    """F7: it is trouble on the line, not a crash of the worker."""
    for body in (b"[" * 200_000, b'{"a":' * 100_000, b"{]", b"\xed\xa0\x80"):
        with pytest.raises(Transient):
            Answer(200, {}, body, "https://api.example").json()
        assert Answer(200, {}, body, "https://api.example").json_or_none() is None


def test_what_no_database_takes_is_left_out(our_page: Channel) -> None:
    """SOC-5: NUL and halves of characters in what a network tells stop neither the answer to it nor the reading."""
    from .test_facebook_hearing import comment, tell

    assert parsed(b'{"a\\u0000": ["x\\ud83d", "\\ud83d\\ude00", "\\\\u0000"]}') == {"a": ["x", "😀", "\\u0000"]}
    assert tell(comment("8", message="いくら\x00ですか\ud83d")) == 200
    drain()
    assert Post.objects.get(outside_id="300000000000001_499999999999998").text == "いくらですか"


TEXTS = ["𠮷野家の𩸽定食😀", "👩‍👩‍👧‍👦 e\u0301 が\u3099", "ﾊﾝｶｸ ﾃﾞｽ", "مرحبا \u202eabc", "a" * 4_000]


def test_letters_beyond_the_usual_are_kept_as_they_are(sandbox: Control, channel: Channel) -> None:
    """SOC-5: signs of four bytes, joined and turned ones, on both databases: stored, found and sent as they were said."""
    at = clock.now()
    said = [Said(str(9_223_372_036_854_775_800 + n), Person(f"7{n}", f"edge_{n}", "𠮷田 😀"), text, at) for n, text in enumerate(TEXTS)]
    made = keep_posts(channel, said)
    row = post(connection=channel.connection, action="post", key="one", text="𩸽は売り切れです😀")
    drain()
    row.refresh_from_db()

    assert sorted(Post.objects.filter(pk__in=[one.pk for one in made]).values_list("text", flat=True)) == sorted(TEXTS)
    assert [hit.record_id for hit in find("social.post", "𠮷野家")] == [made[0].pk]
    assert row.state == "sent"
    assert "𩸽は売り切れです😀" in [one["text"] for one in sandbox.posts(limit=10)]


def test_numbers_of_nineteen_digits_stay_whole(sandbox: Control, channel: Channel) -> None:
    """SOC-5: ids are text: compared by length and signs, never as a number that loses its last digits."""
    assert later("999999999999999999", "1000000000000000000") == "1000000000000000000"
    assert later("9223372036854775806", "9223372036854775807") == "9223372036854775807"
    said = sandbox.say("liam_obrien", "@enishi_demo Hello?")
    poll()
    assert len(said["id"]) == 19
    assert Post.objects.get(text="@enishi_demo Hello?").outside_id == said["id"]
    assert Stream.objects.get(kind="mentions").since_id == said["id"]
    assert json.loads(json.dumps(parsed(b'{"id": 9223372036854775807}')))["id"] == 9_223_372_036_854_775_807


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_network_whose_clock_is_wrong_is_waited_for_by_its_own(hours: int) -> None:
    """SOC-4, rule 3: their reset is compared with the Date they send, not with our clock."""
    there = clock.now() + timedelta(hours=hours)
    answer = Answer(429, {"Date": format_datetime(there, usegmt=False)}, b"", "https://api.example")

    assert seconds_until(int(there.timestamp()) + 300, answer) == pytest.approx(300, abs=2)
    assert seconds_until(int(there.timestamp()) - 300, answer) == 0


def test_posts_of_a_clock_that_goes_ahead_are_read_and_stay_in_order(sandbox: Control, channel: Channel) -> None:
    """F8, F13: the cursor is the network's; what comes after has no gap when its clock is put right."""
    sandbox.advance(3_600)
    said = [sandbox.say("emma_w_2026", f"@enishi_demo ahead {number}")["text"] for number in range(2)]
    poll()
    sandbox.do("clock", reset=True)
    said.append(sandbox.say("emma_w_2026", "@enishi_demo put right")["text"])
    poll()

    assert list(Post.objects.filter(text__in=said).order_by("outside_id").values_list("text", flat=True)) == said
    assert Channel.objects.get().state == "active"
