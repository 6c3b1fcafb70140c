"""Writing to the sandbox keeps X's rules: summoned replies, no duplicates, a weight of 280, own posts only."""

import pytest

from .conftest import BRAND_ID


def test_a_reply_to_somebody_who_mentioned_us_goes_out(client, control):
    """SOC-7: a reply, as the customer and the log see it."""
    post = control.say("nina_x", "@enishi_demo 返金してください", name="ニーナ")

    answer = client.post(text="@nina_x すぐ確認します。", reply={"in_reply_to_tweet_id": post["id"]})

    number = answer.json["data"]["id"]
    assert (answer.status, answer.json) == (
        201,
        {"data": {"id": number, "text": "@nina_x すぐ確認します。", "edit_history_tweet_ids": [number]}},
    )
    seen = control.posts(limit=1)[0]
    assert (seen["id"], seen["username"], seen["reply_to"], seen["conversation_id"]) == (number, "enishi_demo", post["id"], post["id"])
    log = control.requests(limit=1)[0]
    assert (log["method"], log["path"], log["username"], log["status"], log["cost_usd"]) == ("POST", "/2/tweets", "enishi_demo", 201, 0.01)


def test_the_customers_answer_to_our_reply_is_a_mention(client, control):
    post = control.say("nina_x", "@enishi_demo hello?")
    ours = client.post(text="@nina_x Here we are.", reply={"in_reply_to_tweet_id": post["id"]}).json["data"]["id"]

    back = control.say("nina_x", "thanks!", reply_to=ours)

    newest = client.mentions(tweet__fields="conversation_id").json["data"][0]
    assert newest == {
        "id": back["id"],
        "text": "@enishi_demo thanks!",
        "conversation_id": post["id"],
        "edit_history_tweet_ids": [back["id"]],
    }


def test_a_reply_nobody_asked_for_is_refused_below_enterprise(client, control):
    """SOC-7: the access level decides, and can be switched."""
    post = control.say("nina_x", "I wonder about grinders")
    reply = {"in_reply_to_tweet_id": post["id"]}

    refused = client.post(text="Try ours!", reply=reply)
    control.level("enterprise")
    allowed = client.post(text="Try ours!", reply=reply)

    assert (refused.status, refused.json["title"], refused.json["type"]) == (403, "Forbidden", "about:blank")
    assert refused.json["detail"].startswith("Reply to this conversation is not allowed because you have not been mentioned")
    assert allowed.status == 201


def test_who_quotes_us_may_be_answered(client, control):
    ours = client.post(text="New beans today").json["data"]["id"]
    quote = control.say("nina_x", "Look at this", quote_of=ours)

    answer = client.post(text="Thank you!", reply={"in_reply_to_tweet_id": quote["id"]})

    assert answer.status == 201


def test_quoting_is_for_enterprise(client, control):
    post = control.say("nina_x", "@enishi_demo best beans")

    refused = client.post(text="So kind", quote_tweet_id=post["id"])
    control.level("enterprise")
    allowed = client.post(text="So kind", quote_tweet_id=post["id"])

    assert (refused.status, allowed.status) == (403, 201)


def test_the_same_words_again_are_a_duplicate(client):
    """SOC-7: duplicate content."""
    first, second = client.post(text="営業時間のお知らせ"), client.post(text="営業時間のお知らせ")

    assert first.status == 201
    assert (second.status, second.json["detail"]) == (403, "You are not allowed to create a Tweet with duplicate content.")


def test_280_units_fit_and_281_do_not(client):
    assert client.post(text="あ" * 140).status == 201
    assert client.post(text="い" * 140 + "a").status == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": " "},
        {"text": "a", "mood": "good"},
        {"text": "a", "reply": {}},
        {"text": "a", "reply": {"in_reply_to_tweet_id": 12}},
        {"text": "a", "media": {"media_ids": ["1"]}},
        {"text": "a", "reply_settings": "nobody"},
        {"text": "$AAA and $BBB"},
        {"text": "a", "made_with_ai": "yes"},
    ],
)
def test_a_body_x_does_not_take_is_a_400(client, control, body):
    before = control.posts(limit=1)

    answer = client.post(**body)

    assert (answer.status, answer.json["title"]) == (400, "Invalid Request")
    assert control.posts(limit=1) == before


def test_a_deleted_post_cannot_be_answered(client, control):
    post = control.say("nina_x", "@enishi_demo oops")
    control.delete_post(post["id"])

    answer = client.post(text="hello", reply={"in_reply_to_tweet_id": post["id"]})

    assert (answer.status, answer.json["type"].rsplit("/", 1)[1]) == (404, "resource-not-found")


def test_own_posts_can_be_deleted_and_no_others(client, control):
    own, other = client.post(text="typo").json["data"]["id"], control.say("nina_x", "@enishi_demo hi")["id"]

    gone = client.delete(own)

    assert (gone.status, gone.json) == (200, {"data": {"deleted": True}})
    assert client.delete(own).status == 404
    assert client.delete(other).status == 403
    assert "errors" in client.get(f"/2/tweets/{own}").json


def test_scopes_are_enforced_per_endpoint(stranger):
    """SOC-7: a token that may read may not write."""
    stranger.sign_in(scope="tweet.read users.read offline.access")

    refused = stranger.post(text="hello")

    assert stranger.mentions().status == 200
    assert (refused.status, refused.json) == (403, {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": "Forbidden"})
    assert (refused.headers["x-access-level"], refused.headers["x-rate-limit-remaining"]) == ("read", "99")


def test_an_unknown_path_is_404_and_a_wrong_method_405(client):
    assert client.get("/2/nothing/here").status == 404
    assert client.get(f"/2/users/{BRAND_ID}/bookmarks").status == 404
    assert client.send("PUT", "/2/tweets").status == 405
