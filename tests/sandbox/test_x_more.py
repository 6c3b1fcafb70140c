"""The sandbox's X beside mentions and posts: people, search, likes, reposts, messages, pictures, held to the facts about X."""

import json
from urllib.parse import urlencode

import pytest

from sandbox.x.endpoints import BY_ID

from .conftest import BASIC, BRAND_ID

ALL = "tweet.read users.read tweet.write offline.access like.read like.write dm.read dm.write follows.read tweet.moderate.write media.write"


@pytest.fixture
def whole(stranger):
    """A client that was granted everything."""
    stranger.sign_in(scope=ALL)
    return stranger


def facts():
    from pathlib import Path

    from tests import contracts

    return json.loads((Path(contracts.__path__[0]) / "facts" / "x.json").read_text())


def put(client, path, **body):
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    return client.send("PUT", path, json.dumps(body).encode(), headers)


def write(client, path, **body):
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    return client.send("POST", path, json.dumps(body).encode(), headers)


def remove(client, path):
    return client.send("DELETE", path, None, {"Authorization": f"Bearer {client.token}"})


def app(client):
    answer = client.form("/oauth2/token", {"grant_type": "client_credentials"}, BASIC)
    client.token = answer.json["access_token"]
    return client


def test_every_endpoint_of_the_facts_is_there():
    """SOC-7: method, path, limits, scopes and who may, as the facts have them."""
    for fact in facts()["endpoints"]:
        if fact["id"] == "account_activity":
            continue  # deprecated; "do not build on it"
        one = BY_ID[fact["id"]]
        limit = fact["limit"]
        assert (one.method, one.path) == (fact["method"], fact["path"])
        assert (one.app, one.user) == ("app" in fact["auth"], "user" in fact["auth"]), fact["id"]
        if "user" in fact["auth"] and fact["id"] not in {"activity.subscribe", "activity.list"}:
            assert one.limits.per_user == limit.get("per_user", 0), fact["id"]
            assert set(one.scopes) == set(fact["scopes"]), fact["id"]
        if "app" in fact["auth"]:
            assert one.limits.per_app == limit["per_app"], fact["id"]
        if fact["id"] != "tweets.create":  # the site's own 2,400 a day are in no fact
            assert one.limits.per_user_24h == limit.get("per_user_24h", 0), fact["id"]
        assert one.limits.per_app_24h == limit.get("per_app_24h", 0), fact["id"]
        assert (one.level == "enterprise") == (fact["availability"]["pay_per_use"] == "no"), fact["id"]
        taken = {name for name, how in fact["params"].items() if how["in"] == "query"}
        assert taken <= set(one.params), fact["id"]


@pytest.mark.parametrize("query", ["佐藤", "a" * 51, "a-b", ""])
def test_people_are_searched_by_latin_letters_only(whole, query):
    """SOC-7: the documented pattern; a Japanese name is refused."""
    answer = whole.get("/2/users/search", query=query)
    assert (answer.status, answer.json["title"]) == (400, "Invalid Request")


def test_people_are_found_page_by_page_and_each_is_billed(whole, control):
    first = whole.get("/2/users/search", query="a", max_results=2).json
    second = whole.get("/2/users/search", query="a", max_results=2, next_token=first["meta"]["next_token"]).json
    assert first["meta"]["result_count"] == 2
    assert {one["id"] for one in first["data"]}.isdisjoint(one["id"] for one in second["data"])
    assert control.requests(limit=1)[0]["cost_usd"] == 0.02
    assert whole.get("/2/users/search", query="zzz").json == {"meta": {"result_count": 0}}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("teapot", 2),
        ("teapot -is:reply", 1),
        ('"blue teapot"', 1),
        ("from:nina_x", 2),
        ("#茶器", 1),
        ("@enishi_demo teapot OR 急須", 2),
        ("lang:ja", 1),
        ("teapot has:links", 1),
        ("(teapot OR 急須) -has:links", 2),
        ("to:nina_x", 1),
    ],
)
def test_search_knows_the_operators(whole, control, query, count):
    """SOC-32: as X's documents list them, over the last seven days."""
    first = control.say("nina_x", "@enishi_demo a blue teapot https://example.com/t", name="Nina")
    control.say("nina_x", "急須 #茶器")
    control.say("liam_obrien", "my teapot leaks", reply_to=first["id"])
    answer = whole.get("/2/tweets/search/recent", query=query)
    assert (answer.status, answer.json["meta"]["result_count"]) == (200, count), answer.text


def test_search_reaches_back_seven_days_and_no_further(whole, control):
    old = control.say("nina_x", "teapot", name="Nina")["id"]
    control.advance(8 * 86_400)
    whole.sign_in(scope=ALL)
    assert whole.get("/2/tweets/search/recent", query="teapot").json == {"meta": {"result_count": 0}}
    assert whole.get("/2/tweets/search/recent", query="teapot", since_id=old).status == 400
    assert whole.get("/2/tweets/search/recent", query="x" * 513).status == 400
    assert whole.get("/2/tweets/search/recent", query="teapot (").status == 400


def test_counts_are_for_the_app_and_cost_one_call(whole, control):
    """SOC-9: the estimate before a keyword is saved."""
    for number in range(3):
        control.say("nina_x", f"teapot {number}", name="Nina")
    assert whole.get("/2/tweets/counts/recent", query="teapot").json["title"] == "Unsupported Authentication"
    answer = app(whole).get("/2/tweets/counts/recent", query="teapot", granularity="day").json
    assert answer["meta"] == {"total_tweet_count": 3}
    assert sum(one["tweet_count"] for one in answer["data"]) == 3
    assert control.requests(limit=1)[0]["cost_usd"] == 0.005


def test_likes_are_for_enterprise(whole, control):
    """SOC-7: switchable; below it the documented refusal; liking twice is liked again."""
    post = control.say("nina_x", "like me", name="Nina")["id"]
    path = f"/2/users/{BRAND_ID}/likes"
    refused = write(whole, path, tweet_id=post)
    control.level("enterprise")
    twice = [write(whole, path, tweet_id=post).json for _time in range(2)]
    seen = whole.get(f"/2/tweets/{post}", tweet__fields="public_metrics").json["data"]["public_metrics"]["like_count"]

    assert (refused.status, refused.json["title"], refused.json["reason"]) == (403, "Client Forbidden", "client-not-enrolled")
    assert twice == [{"data": {"liked": True}}] * 2
    assert seen == 1
    assert [one["id"] for one in whole.get(f"/2/users/{BRAND_ID}/liked_tweets").json["data"]] == [post]
    assert [one["username"] for one in whole.get(f"/2/tweets/{post}/liking_users").json["data"]] == ["enishi_demo"]
    assert remove(whole, f"{path}/{post}").json == {"data": {"liked": False}}
    assert whole.get(f"/2/users/{BRAND_ID}/liked_tweets").json == {"meta": {"result_count": 0}}
    assert write(whole, "/2/users/1500000000000000001/likes", tweet_id=post).status == 403


def test_a_repost_is_one_post_however_often_it_is_asked_for(whole, control):
    post = control.say("nina_x", "share me", name="Nina")["id"]
    path = f"/2/users/{BRAND_ID}/retweets"
    assert [write(whole, path, tweet_id=post).json for _time in range(2)] == [{"data": {"retweeted": True, "rest_id": post}}] * 2
    mine = whole.get(f"/2/users/{BRAND_ID}/tweets", tweet__fields="referenced_tweets").json["data"]
    assert [one["referenced_tweets"] for one in mine if "referenced_tweets" in one][0] == [{"type": "retweeted", "id": post}]
    assert remove(whole, f"{path}/{post}").json == {"data": {"retweeted": False}}


def test_posts_and_reposts_share_three_hours(whole, control):
    """SOC-7: 300 together, told in no header."""
    for number in range(3):
        for one in range(95):
            assert whole.post(text=f"{number} {one}").status == 201
        control.advance(901)
    for one in range(15):
        assert whole.post(text=f"last {one}").status == 201
    refused = whole.post(text="one more")
    assert (refused.status, refused.headers["x-rate-limit-remaining"]) == (429, "85")


def test_messages_are_of_thirty_days_unencrypted_and_of_ones_own(whole, control):
    """SOC-14, SOC-7."""
    fields = {"dm_event__fields": "sender_id,dm_conversation_id,created_at", "expansions": "sender_id"}
    answer = whole.get("/2/dm_events", **fields).json
    assert "only the two of them" not in json.dumps(answer, ensure_ascii=False)
    assert {one["event_type"] for one in answer["data"]} == {"MessageCreate"}
    assert all("participant_ids" not in one for one in answer["data"])
    assert {one["username"] for one in answer["includes"]["users"]} >= {"liam_obrien", "nakamura_ai"}

    made = write(whole, "/2/dm_conversations/with/1500000000000000004/messages", text="of today")
    assert made.status == 201
    conversation = made.json["data"]["dm_conversation_id"]
    assert conversation == f"1500000000000000004-{BRAND_ID}"
    turned = "-".join(conversation.split("-")[::-1])
    assert whole.get(f"/2/dm_conversations/{turned}/dm_events").json["data"][0]["text"] == "of today"
    assert write(whole, f"/2/dm_conversations/{conversation}/messages", text="and more").status == 201
    control.do("message-as-customer", username="sato_hanako", to="emma_w_2026", text="not yours")
    between = "1500000000000000001-1500000000000000003"
    assert whole.get(f"/2/dm_conversations/{between}/dm_events").status == 403
    assert remove(whole, f"/2/dm_events/{made.json['data']['dm_event_id']}").json == {"data": {"deleted": True}}


def test_a_closed_mailbox_opens_for_whom_its_owner_wrote_to(whole, control):
    path = "/2/dm_conversations/with/1500000000000000009/messages"
    refused = write(whole, path, text="hello")
    told = whole.get("/2/users/by/username/marcus_lee", user__fields="receives_your_dm").json["data"]["receives_your_dm"]
    control.do("message-as-customer", username="marcus_lee", text="Is the blue mug back?")
    assert (refused.status, refused.json["detail"]) == (403, "You do not have permission to DM one or more participants.")
    assert told is False
    assert write(whole, path, text="Yes!").status == 201


def test_fifteen_calls_in_a_quarter_of_an_hour_read_messages(whole):
    """SOC-7: the tightest limit of X."""
    statuses = [whole.get("/2/dm_events").status for _time in range(16)]
    assert statuses == [200] * 15 + [429]


def test_followers_in_pages(whole):
    first = whole.get(f"/2/users/{BRAND_ID}/followers", max_results=3).json
    rest = whole.get(f"/2/users/{BRAND_ID}/followers", max_results=3, pagination_token=first["meta"]["next_token"]).json
    assert (len(first["data"]), len(rest["data"])) == (3, 1)
    assert len(whole.get(f"/2/users/{BRAND_ID}/following").json["data"]) == 2
    whole.sign_in()
    assert whole.get(f"/2/users/{BRAND_ID}/followers").status == 403


def test_only_answers_below_ones_own_posts_are_hidden(whole, control):
    ours = whole.post(text="new beans").json["data"]["id"]
    answer = control.say("nina_x", "rude", name="Nina", reply_to=ours)["id"]
    other = control.say("nina_x", "elsewhere")["id"]
    assert put(whole, f"/2/tweets/{answer}/hidden", hidden=True).json == {"data": {"hidden": True}}
    assert put(whole, f"/2/tweets/{other}/hidden", hidden=True).status == 403
    assert put(whole, f"/2/tweets/{answer}/hidden", hidden="yes").status == 400


def test_pictures_go_up_in_parts_and_into_a_post(whole):
    """SOC-35: announced, carried, finished; nobody else's, and nothing half."""

    def form(path, **parts):
        edge = "edge"
        lines = b"".join(
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n" for name, value in parts.items()
        )
        headers = {"Authorization": f"Bearer {whole.token}", "Content-Type": f"multipart/form-data; boundary={edge}"}
        return whole.send("POST", path, lines + f"--{edge}--\r\n".encode(), headers)

    key = write(whole, "/2/media/upload/initialize", media_type="image/png", total_bytes=6, media_category="tweet_image").json["data"]["id"]
    assert form(f"/2/media/upload/{key}/append", segment_index=b"0", media=b"abc").status == 200
    assert form(f"/2/media/upload/{key}/finalize").status == 400
    assert form(f"/2/media/upload/{key}/append", segment_index=b"1", media=b"def").status == 200
    assert form(f"/2/media/upload/{key}/finalize").json["data"]["size"] == 6
    assert whole.post(text="with a picture", media={"media_ids": [key]}).status == 201
    assert whole.post(text="with another's", media={"media_ids": ["1"]}).status == 400
    assert form("/2/media/upload", media=b"abc", media_category=b"tweet_image").json["data"]["media_key"].startswith("3_")


def test_bodies_are_strict(whole):
    """SOC-7: unknown names, wrong types and wrong content types are refused as X refuses them."""
    path = "/2/dm_conversations/with/1500000000000000004/messages"
    assert write(whole, path, text="a", extra=1).status == 400
    assert write(whole, path, text=5).status == 400
    assert whole.form(path, {"text": "a"}, basic="").status == 401
    bearer = {"Authorization": f"Bearer {whole.token}", "Content-Type": "application/x-www-form-urlencoded"}
    assert whole.send("POST", path, urlencode({"text": "a"}).encode(), bearer).status == 400


def test_a_million_posts_are_generated_not_stored(stranger, control):
    """SOC-7, volume mode: pages, cursors and single posts of 500 channels; an answer makes a post a stored one."""
    control.do("volume", channels=500, posts=1_000_000, rate=5_000)
    control.advance(60)
    stranger.sign_in(username="volume_0007")
    path = "/2/users/1600000000000000007/mentions"
    first = stranger.get(path, max_results=100, tweet__fields="author_id,created_at").json
    second = stranger.get(path, max_results=100, pagination_token=first["meta"]["next_token"]).json
    ids = [one["id"] for one in first["data"] + second["data"]]
    assert ids == sorted(set(ids), key=int, reverse=True)
    assert len(ids) == 200
    control.advance(1)
    fresh = stranger.get(path, max_results=100, since_id=first["meta"]["newest_id"]).json
    assert 9 <= fresh["meta"]["result_count"] <= 12
    assert all(int(one["id"]) > int(ids[0]) for one in fresh["data"])
    assert all("@volume_0007" in one["text"] for one in fresh["data"])
    assert len(control.posts(limit=1000)) < 100

    seen = stranger.get(f"/2/tweets/{ids[150]}").json["data"]
    assert seen["id"] == ids[150]
    answer = stranger.post(text="Sorry! We look into it.", reply={"in_reply_to_tweet_id": ids[150]})
    assert answer.status == 201
    again = stranger.get(path, max_results=100, pagination_token=first["meta"]["next_token"]).json
    assert [one["id"] for one in again["data"]] == ids[100:]
