"""Webhooks of the sandbox's Facebook: registered by a challenge, signed over the raw body, sent again, doubled, out of order."""

import json

import pytest

from .graph import APP, CONTRACT, HANAKO, PAGE, SECRET

FIELDS = ",".join(CONTRACT["webhooks"]["fields"])
POST = f"{PAGE}_300000000000001"


def _register(page, ear, **changes):
    values = {"object": "page", "callback_url": ear.url, "fields": FIELDS, "verify_token": "ours"} | changes
    return page.post(f"/{APP}/subscriptions", f"{APP}|{SECRET}", **values)


@pytest.fixture
def hooked(page, ear):
    """The page's events come to us."""
    assert _register(page, ear).json == {"success": True}
    assert page.post(f"/{PAGE}/subscribed_apps", subscribed_fields=FIELDS).json == {"success": True}
    return ear


def _kinds(value):
    if isinstance(value, dict):
        return {name: _kinds(one) for name, one in value.items()}
    return [_kinds(value[0])] if isinstance(value, list) and value else type(value).__name__


def test_the_address_is_asked_for_the_challenge_and_a_wrong_token_is_refused(page, ear):
    """SOC-7: hub.challenge at registration."""
    wrong, right = _register(page, ear, verify_token="theirs"), _register(page, ear)
    told = page.get(f"/{APP}/subscriptions", f"{APP}|{SECRET}").json["data"]

    assert (wrong.status, wrong.code) == (400, (2200, None))
    assert right.json == {"success": True}
    assert [(one["object"], one["callback_url"]) for one in told] == [("page", ear.url)]


@pytest.mark.parametrize(
    "change", [{"object": "moon"}, {"fields": "feed,moods"}, {"fields": ""}, {"callback_url": "nowhere"}, {"verify_token": ""}]
)
def test_what_is_no_registration_is_error_100(page, ear, change):
    assert _register(page, ear, **change).code == (100, None)


def test_nobody_at_the_address_is_told(page):
    class Nobody:
        url = "http://127.0.0.1:9/nobody"

    assert _register(page, Nobody).code == (2200, None)


def test_registering_needs_the_apps_own_token(page, ear):
    values = {"object": "page", "callback_url": ear.url, "fields": "feed", "verify_token": "ours"}

    assert page.post(f"/{APP}/subscriptions", **values).code == (10, None)


@pytest.mark.parametrize(
    ("example", "action", "values"),
    [
        ("comment added", "comment", {"on": POST, "person": "佐藤 花子", "text": "何色がありますか?"}),
        ("visitor post", "post", {"person": "佐藤 花子", "text": "営業時間を教えてください"}),
        ("comment removed", "delete", {"id": "300000000000001_400000000000001"}),
        ("reaction", "react", {"on": POST, "person": "Ben Stone", "type": "love"}),
        ("message", "message", {"person": "佐藤 花子", "text": "ありがとうございます"}),
        ("read", "read", {"person": "佐藤 花子"}),
    ],
)
def test_each_event_has_the_documented_shape_and_is_signed(hooked, control, example, action, values):
    """SOC-7: shapes and signature of the contract."""
    control.do(f"facebook/{action}", **values)

    heard = hooked.next()

    assert _kinds(heard.json) == _kinds(CONTRACT["webhooks"]["examples"][example])
    assert heard.signed
    assert heard.body.isascii()


def test_the_raw_body_is_escaped_in_lower_case(hooked, control):
    """SOC-7: non-ASCII as \\uXXXX in lower case; who serialises again before checking fails."""
    control.do("facebook/comment", on=POST, person="佐藤 花子", text="髙い🌸 https://a.example/b")

    heard = hooked.next()

    assert b"\\u9ad9\\u3044\\ud83c\\udf38 https:\\/\\/a.example\\/b" in heard.body
    assert json.dumps(heard.json, separators=(",", ":")).encode() != heard.body


def test_our_own_words_come_back(hooked, control, page):
    """SOC-7: own comments have from.id of the page, own messages are echoes with the app's id."""
    page.post(f"/{POST}/comments", message="ours")
    comment = hooked.next().json["entry"][0]["changes"][0]["value"]
    control.do("facebook/message", person="佐藤 花子", text="hi")
    hooked.next()
    mid = page.message("hello").json["message_id"]
    echo, delivery = hooked.next().json, hooked.next().json["entry"][0]["messaging"][0]

    assert (comment["from"]["id"], comment["item"], comment["verb"]) == (PAGE, "comment", "add")
    assert _kinds(echo) == _kinds(CONTRACT["webhooks"]["examples"]["echo"])
    told = echo["entry"][0]["messaging"][0]
    assert (told["sender"]["id"], told["recipient"]["id"], told["message"]["mid"], told["message"]["app_id"]) == (
        PAGE,
        HANAKO,
        mid,
        int(APP),
    )
    assert delivery["delivery"]["mids"] == [mid]


def test_mentions_and_recommendations_come_in_fields_of_their_own(hooked, control):
    control.do("facebook/mention", person="田中 健二", text="縁デモさんへ")
    mention = hooked.next().json["entry"][0]["changes"][0]
    control.do("facebook/rate", person="田中 健二", text="よい店です")
    rating = hooked.next().json["entry"][0]["changes"][0]

    assert (mention["field"], mention["value"]["sender_name"]) == ("mention", "田中 健二")
    assert (rating["field"], rating["value"]["recommendation_type"], rating["value"]["review_text"]) == (
        "ratings",
        "positive",
        "よい店です",
    )


def test_edits_and_hiding_are_told(hooked, control, page):
    control.do("facebook/edit", id="300000000000001_400000000000001", text="新豆、とても良いです")
    edited = hooked.next().json["entry"][0]["changes"][0]["value"]
    page.post("/300000000000001_400000000000001", is_hidden="true")
    hidden = hooked.next().json["entry"][0]["changes"][0]["value"]

    assert (edited["verb"], edited["message"], hidden["verb"]) == ("edited", "新豆、とても良いです", "hide")


def test_only_subscribed_fields_are_told(page, ear, control):
    _register(page, ear)
    page.post(f"/{PAGE}/subscribed_apps", subscribed_fields="messages")
    control.do("facebook/comment", on=POST, person="佐藤 花子", text="not told")
    control.do("facebook/message", person="佐藤 花子", text="told")

    assert ear.next().json["entry"][0]["messaging"][0]["message"]["text"] == "told"
    assert page.get(f"/{PAGE}/subscribed_apps").json["data"][0]["subscribed_fields"] == ["messages"]
    page.delete(f"/{PAGE}/subscribed_apps")
    assert page.get(f"/{PAGE}/subscribed_apps").json == {"data": []}
    assert page.post(f"/{PAGE}/subscribed_apps", subscribed_fields="weather").code == (100, None)


def test_the_standard_level_tells_only_of_people_with_a_role_in_the_app(hooked, control):
    control.do("facebook/level", level="standard")
    control.do("facebook/message", person="佐藤 花子", text="not told")
    control.do("facebook/message", person="Tess Tester", text="told")

    assert hooked.next().json["entry"][0]["messaging"][0]["message"]["text"] == "told"


def test_a_refusal_is_tried_again_later(hooked, control):
    """SOC-7: retries with growing pauses, on the sandbox's clock."""
    hooked.answers = [(500, ""), (302, "")]
    control.do("facebook/message", person="佐藤 花子", text="again")
    first = hooked.next()
    _noted(control, attempts=1)
    control.do("clock", advance_seconds=11)
    second = hooked.next()
    _noted(control, attempts=2)
    control.do("clock", advance_seconds=61)
    third = hooked.next()

    assert first.body == second.body == third.body
    assert third.signed


def test_an_address_that_fails_for_36_hours_is_switched_off_until_registered_again(hooked, page, control):
    """SOC-7: given up after 36 hours."""
    hooked.answers = [(500, "")]
    control.do("facebook/message", person="佐藤 花子", text="lost")
    hooked.next()
    _noted(control, attempts=1)
    hooked.answers = [(500, "")]
    control.do("clock", advance_seconds=36 * 3600)
    hooked.next()
    _noted(control, attempts=2, state="dead")
    control.do("facebook/message", person="佐藤 花子", text="not told")
    _register(page, hooked)
    control.do("facebook/message", person="佐藤 花子", text="told")

    assert hooked.next().json["entry"][0]["messaging"][0]["message"]["text"] == "told"


def test_duplicates_and_wrong_signatures_come_on_order(hooked, control):
    """SOC-7: duplicates, wrong signature."""
    control.do("facebook/webhooks", twice=1)
    control.do("facebook/message", person="佐藤 花子", text="twice")
    first, second = hooked.next(), hooked.next()
    control.do("facebook/webhooks", wrong=1)
    control.do("facebook/message", person="佐藤 花子", text="forged")
    forged = hooked.next()
    control.do("facebook/message", person="佐藤 花子", text="right")

    assert first.body == second.body
    assert (first.signed, second.signed, forged.signed, hooked.next().signed) == (True, True, False, True)


def test_what_was_held_back_comes_reversed_or_as_one(hooked, control):
    """SOC-7: reordering and batches."""
    control.do("facebook/webhooks", hold=True)
    for text in "abc":
        control.do("facebook/message", person="佐藤 花子", text=text)
    control.do("facebook/webhooks", release="reversed")
    got = [hooked.next().json["entry"][0]["messaging"][0]["message"]["text"] for _ in range(3)]
    control.do("facebook/webhooks", hold=True)
    for text in "de":
        control.do("facebook/message", person="佐藤 花子", text=text)
    released = control.do("facebook/webhooks", release="batch")["released"]
    batch = hooked.next()

    assert (got, released, batch.signed) == (["c", "b", "a"], 2, True)
    assert [entry["messaging"][0]["message"]["text"] for entry in batch.json["entry"]] == ["d", "e"]


def _noted(control, attempts, state="waiting"):
    """The courier notes an answer after it was given: ask until it did, before the clock is moved."""
    for _ in range(5000):
        told = control.get("facebook/deliveries", limit=1)["deliveries"][0]
        if (told["attempts"], told["state"]) == (attempts, state):
            return
    raise AssertionError(f"never {state} after {attempts}")
