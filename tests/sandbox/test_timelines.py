"""Reading from the sandbox is reading from X: pages, cursors, fields, spellings, partial errors."""

import pytest

from sandbox.text import cut, weight

from .conftest import BRAND_ID

HANAKO, FOX, OFFERS = "1500000000000000001", "1500000000000000011", "1500000000000000012"
NOTHING = {"meta": {"result_count": 0}}


def test_mentions_come_newest_first_with_only_what_was_asked_for(client, control):
    """SOC-7: default fields, and the mention somebody just posted."""
    fresh = control.say("nina_x", "@enishi_demo 返金してください", name="ニーナ")

    body = client.mentions(max_results=5).json

    assert body["data"][0] == {"id": fresh["id"], "text": "@enishi_demo 返金してください", "edit_history_tweet_ids": [fresh["id"]]}
    assert len(fresh["id"]) == 19
    assert [row["id"] for row in body["data"]] == sorted((row["id"] for row in body["data"]), reverse=True)
    assert body["meta"]["result_count"] == 5
    assert (body["meta"]["newest_id"], body["meta"]["oldest_id"]) == (fresh["id"], body["data"][-1]["id"])
    assert set(body) == {"data", "meta"}


def test_paging_with_since_id_misses_nothing_and_repeats_nothing(client, control):
    """SOC-7: pagination; the same since_id is kept while the token walks."""
    since = client.mentions().json["meta"]["newest_id"]
    said = [control.say("nina_x", f"@enishi_demo no. {number}")["id"] for number in range(12)]

    got, token, pages = [], {}, 0
    while True:
        body = client.mentions(since_id=since, max_results=5, **token).json
        got, pages = got + [row["id"] for row in body["data"]], pages + 1
        if "next_token" not in body["meta"]:
            break
        token = {"pagination_token": body["meta"]["next_token"]}

    assert (got, pages) == (said[::-1], 3)


def test_an_empty_answer_has_no_data(client):
    """SOC-7: nothing new is a meta without data."""
    newest = client.mentions().json["meta"]["newest_id"]

    assert client.mentions(since_id=newest).json == NOTHING


def test_times_and_until_id_cut_a_part_out(client):
    seen = client.mentions(
        start_time="2026-08-11T00:00:00Z", end_time="2026-08-19T17:45:00.000Z", max_results=100, tweet__fields="created_at"
    )
    oldest = seen.json["data"][-1]

    assert [row["created_at"] for row in seen.json["data"]] == ["2026-08-14T03:20:30.000Z"]
    assert client.mentions(until_id=oldest["id"], max_results=100).json["meta"]["newest_id"] < oldest["id"]


def test_expansions_bring_people_and_posts_along(client):
    """SOC-7: author_id and referenced_tweets expansions."""
    body = client.mentions(
        max_results=100,
        expansions="author_id,referenced_tweets.id",
        tweet__fields="author_id,conversation_id,created_at,entities,in_reply_to_user_id,lang,public_metrics,referenced_tweets",
        user__fields="public_metrics,profile_image_url",
    ).json
    answer = next(row for row in body["data"] if row["text"].startswith("@enishi_demo 新豆"))
    hanako = next(row for row in body["includes"]["users"] if row["id"] == HANAKO)
    parent = answer["referenced_tweets"][0]["id"]

    assert (answer["author_id"], answer["in_reply_to_user_id"], answer["lang"]) == (HANAKO, BRAND_ID, "ja")
    assert answer["entities"]["mentions"] == [{"start": 0, "end": 12, "username": "enishi_demo", "id": BRAND_ID}]
    assert answer["public_metrics"]["retweet_count"] == 0
    assert (answer["conversation_id"], answer["created_at"]) == (parent, "2026-08-03T02:14:09.000Z")
    assert parent in [row["id"] for row in body["includes"]["tweets"]]
    assert hanako["public_metrics"]["tweet_count"] == 2


def test_the_post_spelling_is_answered_in_the_post_spelling(client):
    """SOC-7: both spellings of 2026, each in its own words."""
    old = client.mentions(max_results=100, tweet__fields="referenced_tweets,public_metrics", expansions="referenced_tweets.id").json
    new = client.mentions(
        max_results=100, post__fields="referenced_posts,public_metrics,author_id", expansions="author_id,referenced_posts"
    ).json
    bare = client.mentions(max_results=5, post__fields="author_id").json["data"][0]

    assert {"edit_history_tweet_ids", "referenced_tweets"} <= set(old["data"][-1])
    assert {"edit_history_post_ids", "referenced_posts", "author_id"} <= set(new["data"][-1])
    assert "repost_count" in new["data"][0]["public_metrics"]
    assert (set(old["includes"]), set(new["includes"])) == ({"tweets"}, {"users", "posts"})
    assert [row["id"] for row in new["data"]] == [row["id"] for row in old["data"]]
    assert set(bare) == {"id", "text", "edit_history_post_ids"}


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"max_results": 4}, "max_results"),
        ({"max_results": 101}, "max_results"),
        ({"max_results": "many"}, "max_results"),
        ({"count": 5}, "count"),
        ({"since_id": "abc"}, "since_id"),
        ({"start_time": "yesterday"}, "start_time"),
        ({"start_time": "2026-02-31T00:00:00Z"}, "start_time"),
        ({"pagination_token": "7140dibdnow9c7btw423x"}, "pagination_token"),
        ({"tweet__fields": "referenced_posts"}, "tweet.fields"),
        ({"post__fields": "referenced_tweets"}, "post.fields"),
        ({"tweet__fields": "text", "post__fields": "text"}, "post.fields"),
        ({"expansions": "author"}, "expansions"),
    ],
)
def test_what_x_does_not_take_is_a_400_that_names_it(client, params, name):
    """SOC-7: strictness."""
    answer = client.mentions(**params)

    assert (answer.status, answer.json["title"]) == (400, "Invalid Request")
    assert answer.json["type"].rsplit("/", 1)[1] == "invalid-request"
    assert list(answer.json["errors"][0]["parameters"]) == [name]


def test_out_of_range_says_the_range(client):
    assert client.mentions(max_results=3).json["errors"] == [
        {"parameters": {"max_results": ["3"]}, "message": "The `max_results` query parameter value [3] is not between 5 and 100"}
    ]


def test_protected_and_suspended_people_are_partial_errors(client):
    """SOC-7: HTTP 200 with errors beside or instead of data."""
    ids = client.get("/2/users", ids=f"{HANAKO},{OFFERS},1500000000000000777").json
    fox, unknown = client.get(f"/2/users/{FOX}/tweets").json, client.get("/2/users/by/username/nobody_here_x").json

    assert [row["username"] for row in ids["data"]] == ["sato_hanako"]
    assert [row["detail"] for row in ids["errors"]] == [
        f"User has been suspended: [{OFFERS}].",
        "Could not find user with ids: [1500000000000000777].",
    ]
    assert fox["errors"][0]["type"].endswith("/not-authorized-for-resource")
    assert set(fox) == {"errors"}
    assert unknown["errors"][0]["detail"] == "Could not find user with username: [nobody_here_x]."
    assert {row["text"] for row in client.mentions(max_results=100).json["data"]}.isdisjoint(
        {"@enishi_demo (only my friends can see this)", "@enishi_demo CHEAP FOLLOWERS https://offers.example/now"}
    )


def test_handles_are_found_whatever_their_case(client):
    one, many = client.get("/2/users/by/username/SATO_Hanako").json, client.get("/2/users/by", usernames="emma_w_2026,yuki_mori").json

    assert one["data"]["id"] == HANAKO
    assert [row["username"] for row in many["data"]] == ["emma_w_2026", "yuki_mori"]
    assert client.get("/2/users/by/username/has-a-dash").status == 400
    assert client.get("/2/users/by").status == 400


def test_a_long_post_is_cut_and_whole_in_the_note(client):
    body = client.get("/2/users/1500000000000000005/tweets", tweet__fields="note_tweet").json
    (post,) = body["data"]

    assert weight(post["text"]) <= 280 < weight(post["note_tweet"]["text"])
    assert post["text"].endswith("…")


def test_replies_can_be_left_out_of_a_timeline(client):
    every = client.get(f"/2/users/{BRAND_ID}/tweets").json
    own = client.get(f"/2/users/{BRAND_ID}/tweets", exclude="replies,retweets").json

    assert (every["meta"]["result_count"], own["meta"]["result_count"]) == (5, 2)


def test_a_deleted_post_is_gone_from_look_up_and_timeline(client, control):
    """SOC-7: delete on the control."""
    post = control.say("nina_x", "@enishi_demo oops")
    control.delete_post(post["id"])

    found = client.get("/2/tweets", ids=post["id"]).json

    assert [row["type"].rsplit("/", 1)[1] for row in found["errors"]] == ["resource-not-found"]
    assert "data" not in found
    assert client.mentions(max_results=5).json["meta"]["newest_id"] != post["id"]
    assert client.get(f"/2/tweets/{post['id']}").json["errors"][0]["detail"] == f"Could not find tweet with id: [{post['id']}]."


def test_a_repeated_page_holds_old_and_new(client, control):
    """SOC-7: overlapping pages, for a client that must not store twice."""
    since = client.mentions().json["meta"]["newest_id"]
    fresh = control.say("nina_x", "@enishi_demo new")["id"]
    control.repeat()

    first, second = client.mentions(since_id=since).json, client.mentions(since_id=since).json

    assert [row["id"] for row in first["data"]][:2] == [fresh, since]
    assert [row["id"] for row in second["data"]] == [fresh]


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("hello", 5),
        ("返金", 4),
        ("ｶﾅ", 4),
        ("👏🏽", 2),
        ("👨‍👩‍👧", 2),
        ("🇯🇵", 2),
        ("e\u0301", 1),
        ("see https://a.example/long/path", 27),
        ("’", 1),
    ],
)
def test_weight_counts_as_x_counts(text, units):
    assert weight(text) == units


def test_a_short_text_is_never_cut():
    assert cut("あ" * 140) == "あ" * 140
