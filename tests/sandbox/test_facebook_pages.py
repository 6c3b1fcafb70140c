"""Reading from the sandbox's Facebook is reading from Graph: fields, lists, cursors, permissions, levels, the documented shapes."""

import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest

from .graph import ALL, APP, CAFE, ENDPOINTS, HANAKO, MODERATOR, OTHER, PAGE, SECRET, proof

POST, VISIT = "101010101010101_300000000000001", "101010101010101_300000000000002"
COMMENT, ANSWER = "300000000000003_400000000000003", "300000000000003_400000000000004"
MUG = "101010101010101_300000000000003"
COMMENT_FIELDS = (
    "id,message,from,created_time,parent{id},like_count,comment_count,user_likes,can_comment,can_like,can_hide,"
    "can_reply_privately,is_hidden,permalink_url,attachment"
)
# Where a list or a thing is, and the fields to ask for; {thread} is the thread of 佐藤 花子.
PLACES = {
    "me": ("/me", "id,name,picture{url,is_silhouette,width,height}"),
    "me.permissions": ("/me/permissions", None),
    "me.accounts": ("/me/accounts", "id,name,category,access_token,tasks"),
    "page": (f"/{PAGE}", "id,name,username,category,about,link,fan_count,followers_count,picture{url}"),
    "psid": (f"/{HANAKO}", "id,name,first_name,last_name,profile_pic"),
    "page.feed": (f"/{PAGE}/feed", "id,message,from,created_time,updated_time,permalink_url,is_hidden"),
    "page.published": (f"/{PAGE}/published_posts", "id,message,from,created_time,updated_time,permalink_url,is_hidden"),
    "page.visitor_posts": (f"/{PAGE}/visitor_posts", "id,message,from,created_time,updated_time,permalink_url,is_hidden,status_type"),
    "page.tagged": (f"/{PAGE}/tagged", "id,message,from,created_time,updated_time,permalink_url,is_hidden,tagged_time"),
    "page.ratings": (f"/{PAGE}/ratings", "created_time,reviewer,recommendation_type,review_text,has_rating,has_review"),
    "post": (f"/{POST}", "id,message,from,created_time,updated_time,permalink_url,is_hidden"),
    "comments": (f"/{MUG}/comments", COMMENT_FIELDS),
    "comment": (f"/{COMMENT}", COMMENT_FIELDS + ",object"),
    "reactions": (f"/{POST}/reactions", "id,name,type"),
    "conversations": (
        f"/{PAGE}/conversations",
        "id,link,updated_time,message_count,unread_count,can_reply,snippet,participants",
    ),
    "messages": ("/t_1234567001/messages", "id,created_time,from,to,message"),
    "subscribed": (f"/{PAGE}/subscribed_apps", None),
    "profile.picture": (f"/{PAGE}/picture", None),
}


def _kinds(value):
    """The shape of a value: names and kinds, not contents."""
    if isinstance(value, dict):
        return {name: _kinds(one) for name, one in value.items()}
    return [_kinds(one) for one in value[:1]] if isinstance(value, list) else type(value).__name__


def _lacks(wanted, got, path=""):
    """What the documented shape has and the answer has not."""
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            return [path]
        return [
            one
            for name, below in wanted.items()
            for one in (_lacks(below, got[name], f"{path}/{name}") if name in got else [f"{path}/{name}"])
        ]
    if isinstance(wanted, list) and wanted:
        return _lacks(wanted[0], got[0], f"{path}[]") if isinstance(got, list) and got else [path]
    return [] if isinstance(got, type(wanted)) or wanted == got else [path]


@pytest.mark.parametrize("name", PLACES)
def test_each_list_and_thing_has_the_documented_shape(page, name):
    """SOC-7: paths, fields and shapes of the contract."""
    path, fields = PLACES[name]
    page.post(f"/{PAGE}/subscribed_apps", subscribed_fields="feed,messages")
    token = page.user if ENDPOINTS[name]["token"] == "user" else None
    more = {"summary": "true"} if name == "comments" else {"summary": "total_count"} if name == "reactions" else {}
    more |= {"limit": 1} if name not in {"comment", "post", "page", "psid", "me"} else {}
    more |= {"redirect": "false"} if name == "profile.picture" else {}

    answer = page.get(path, token, fields=fields, **more)

    wanted = _kinds(ENDPOINTS[name]["response"]["body"])
    # What belongs to one example only: counts that were not asked for, and a page's own address.
    lacking = set(_lacks(wanted, _kinds(answer.json)))
    extra = {"/data[]/comments", "/data[]/reactions", "/data[]/shares", "/paging/next", "/data[]/review_text"}
    assert (answer.status, lacking - extra) == (200, set())


@pytest.mark.parametrize(
    ("name", "permission"),
    [
        (name, one)
        for name in PLACES
        if ENDPOINTS[name]["token"] == "page"
        for one in ENDPOINTS[name]["permissions"]
        if one.startswith("pages_")
    ],
)
def test_permissions_are_enforced_for_each_endpoint(graph, control, name, permission):
    """SOC-7: what was declined is refused by 10 or 200 to 299, naming the permission."""
    graph.sign_in().as_page()
    control.do("facebook/permission", person="青木 太郎", permission=permission, status="declined")

    refused = graph.get(PLACES[name][0])

    assert (refused.status, refused.code[0] == 10 or 200 <= refused.code[0] < 300) == (403, True)
    assert permission in refused.json["error"]["message"]


def test_without_fields_a_few_come(page):
    assert set(page.get(f"/{POST}").json) == {"created_time", "message", "id"}
    assert page.get(f"/{PAGE}").json == {"name": "縁デモ株式会社", "id": PAGE}
    assert page.get("/me").json == {"name": "縁デモ株式会社", "id": PAGE}
    assert set(page.get(f"/{PAGE}/conversations").json["data"][0]) == {"id", "link", "updated_time"}


def test_bodies_are_escaped_as_php_writes_them(page):
    """Signs beyond ASCII as lower-case escapes, slashes escaped."""
    text = page.get(f"/{PAGE}", fields="name,link").text

    assert "\\u7e01\\u30c7\\u30e2" in text
    assert "http:\\/\\/" in text


def test_times_have_no_colon_in_the_zone(page):
    assert page.get(f"/{POST}", fields="created_time").json["created_time"] == "2026-08-03T00:00:00+0000"


def test_fields_open_what_hangs_below(page):
    """SOC-7: field expansion with modifiers."""
    comments = "comments.limit(1).summary(true).filter(stream).order(reverse_chronological){id,from{name},parent{id}}"
    fields = f"id,{comments},reactions.limit(0).summary(true)"

    body = page.get(f"/{MUG}", fields=fields).json

    comments = body["comments"]
    assert comments["summary"] == {"order": "reverse_chronological", "total_count": 3, "can_comment": True}
    assert [(one["from"]["name"], "parent" in one) for one in comments["data"]] == [("Emma Wright", False)]
    assert body["reactions"] == {"data": [], "summary": {"total_count": 12, "viewer_reaction": "NONE"}}
    second = page.send("GET", comments["paging"]["next"] + "&appsecret_proof=" + _proof(page)).json
    assert [(one["id"], one["parent"]["id"]) for one in second["data"]] == [(ANSWER, COMMENT)]


@pytest.mark.parametrize("fields", ["id,", "comments{id", "comments.limit(1", "", "a{b{c{d{e{f{g}}}}}}", "id name)"])
def test_what_is_no_list_of_fields_is_a_syntax_error(page, fields):
    answer = page.get(f"/{POST}", fields=fields or ",")

    assert answer.code in {(2500, None), (100, None)}


def test_an_unknown_field_is_named(page):
    answer = page.get(f"/{POST}", fields="id,mood")

    assert (answer.status, answer.code) == (400, (100, None))
    assert answer.json["error"]["message"] == "(#100) Tried accessing nonexisting field (mood) on node type (Post)"


def test_a_field_that_holds_nothing_is_left_out(page):
    assert page.get("/me", page.user, fields="id,verified,locale,link").json == {"id": "1220000000000901"}
    assert page.get(f"/{POST}", fields="id,story,to,place").json == {"id": POST}


def test_ids_bring_many_at_once(page):
    """SOC-7: ?ids=, up to fifty."""
    body = page.get("/", ids=f"{POST},{COMMENT}", fields="id,message").json
    missing = page.get("/", ids=f"{POST},{PAGE}_1")
    many = page.get("/", ids=",".join(str(number) for number in range(51)))

    assert (list(body), body[COMMENT]["message"]) == ([POST, COMMENT], "何色がありますか?")
    assert (missing.status, missing.code) == (404, (803, None))
    assert many.code == (100, None)


def test_cursors_walk_to_the_end_and_back(page):
    """SOC-7: cursors; no next is the end; nothing twice, nothing lost."""
    whole = [one["id"] for one in page.get(f"/{PAGE}/feed", limit=100).json["data"]]
    seen, address = [], f"/{PAGE}/feed?limit=4&fields=id&access_token={page.token}&appsecret_proof={_proof(page)}"
    answer = page.send("GET", "/v25.0" + address)
    pages = 0
    while True:
        body = answer.json
        seen, pages = seen + [one["id"] for one in body["data"]], pages + 1
        if "next" not in body["paging"]:
            break
        answer = page.send("GET", f"{body['paging']['next']}&appsecret_proof={_proof(page)}")

    back = page.get(f"/{PAGE}/feed", limit=4, before=body["paging"]["cursors"]["before"]).json

    assert (seen, pages) == (whole, 4)
    assert len(whole) == len(set(whole)) == 14
    assert [one["id"] for one in back["data"]] == whole[8:12]


def test_the_next_address_carries_the_token_but_no_proof(page):
    following = page.get(f"/{PAGE}/feed", limit=1, fields="id").json["paging"]["next"]

    query = parse_qs(urlsplit(following).query)
    assert (query["access_token"], query["fields"], query["limit"], "appsecret_proof" in query) == ([page.token], ["id"], ["1"], False)


def test_a_cursor_of_another_list_is_refused(page, control):
    """SOC-7: an invalid cursor is error 100."""
    cursor = page.get(f"/{PAGE}/feed", limit=1).json["paging"]["cursors"]["after"]
    control.do("facebook/fault", kind="cursor")

    ordered = page.get(f"/{PAGE}/feed", limit=1, after=cursor)

    assert ordered.code == page.get(f"/{PAGE}/tagged", after=cursor).code == page.get(f"/{PAGE}/feed", after="x").code == (100, None)
    assert page.get(f"/{PAGE}/feed", limit=1, after=cursor).status == 200


@pytest.mark.parametrize("params", [{"limit": 101}, {"limit": "many"}, {"since": "yesterday noon"}])
def test_what_is_out_of_range_is_error_100(page, params):
    assert page.get(f"/{PAGE}/feed", **params).code == (100, None)


@pytest.mark.parametrize("params", [{"filter": "all"}, {"order": "random"}, {"live_filter": "x"}])
def test_comments_take_only_known_words(page, params):
    assert page.get(f"/{MUG}/comments", **params).code == (100, None)


def test_since_and_until_cut_a_part_out(page):
    by_day = page.get(f"/{PAGE}/visitor_posts", since="2026-09-01", until="2026-09-10", fields="message").json["data"]
    by_second = page.get(f"/{PAGE}/visitor_posts", since=1788220800, until=1788998400, fields="message").json["data"]

    assert [one["message"][:6] for one in by_day] == ["先日の催事で", "The li"]
    assert by_second == by_day


def test_comments_come_top_level_or_as_a_stream(page):
    """SOC-7: filter=toplevel|stream; answers hang below."""
    top = page.get(f"/{MUG}/comments", fields="id,comment_count").json["data"]
    stream = page.get(f"/{MUG}/comments", filter="stream", fields="id").json["data"]
    answers = page.get(f"/{COMMENT}/comments", fields="from{name},parent{id}").json["data"]

    assert [(one["id"], one["comment_count"]) for one in top] == [(COMMENT, 1), ("300000000000003_400000000000005", 0)]
    assert len(stream) == 3
    assert [(one["from"]["name"], one["parent"]["id"]) for one in answers] == [("縁デモ株式会社", COMMENT)]


def test_a_users_token_is_the_wrong_one_for_page_lists(page):
    """SOC-7: 1705."""
    assert page.get(f"/{PAGE}/feed", page.user).code == page.get(f"/{POST}/comments", page.user).code == (1705, None)


def test_another_pages_token_sees_nothing_of_ours(graph):
    graph.sign_in().as_page(CAFE)

    assert graph.get(f"/{POST}").code in {(100, 33), (1705, None)}
    assert graph.get(f"/{HANAKO}").code == (100, 33)
    assert graph.get("/t_1234567001/messages").code == (100, 33)


def test_a_task_that_the_person_lacks_is_refused(graph, control):
    graph.sign_in(person=MODERATOR).as_page()
    control.do("facebook/role", person=MODERATOR, tasks="ANALYZE")

    assert graph.get(f"/{PAGE}/feed").status == 200
    assert graph.get(f"/{PAGE}/conversations").code == (200, None)


def test_what_is_not_there_is_100_33(page):
    for path in ("/1", f"/{PAGE}_1", "/t_1", "/m_x", "/2400000000000004"):
        assert page.get(path).code == (100, 33), path


def test_an_alias_that_is_nobody_is_803(page):
    answer = page.get("/nobody.here")

    assert (answer.status, answer.code) == (404, (803, None))
    assert page.get("/enishi.demo", fields="id").json == {"id": PAGE}


def test_only_who_wrote_to_us_has_a_profile(page, control):
    """SOC-7: PSID profiles with a picture that is one."""
    before = page.get("/2400000000000004").code
    control.do("facebook/message", person="Liam O’Brien", text="hello")
    profile = page.get("/2400000000000004", fields="name,first_name,last_name,profile_pic").json

    assert before == (100, 33)
    assert {name: profile[name] for name in ("name", "first_name", "last_name", "id")} == {
        "name": "Liam O’Brien",
        "first_name": "Liam",
        "last_name": "O’Brien",
        "id": "2400000000000004",
    }


def test_a_picture_is_a_png_until_its_address_ends(page, control):
    address = page.get(f"/{HANAKO}", fields="profile_pic").json["profile_pic"]
    with urllib.request.urlopen(address) as answer:
        body, kind = answer.read(), answer.headers["content-type"]
    control.advance(31 * 86_400)

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address)

    assert (body[:8], kind, refused.value.code) == (b"\x89PNG\r\n\x1a\n", "image/png", 403)


def test_the_picture_edge_leads_there_or_tells_the_address(page):
    led, told = page.get(f"/{PAGE}/picture"), page.get(f"/{PAGE}/picture", redirect=0, width=120)

    assert (led.status, "/pictures/facebook/" in led.headers["location"]) == (302, True)
    assert (told.json["data"]["width"], told.json["data"]["is_silhouette"]) == (120, False)


def test_the_same_person_may_have_another_id_in_feeds(page, control):
    """SOC-7: ids of different kinds are never to be taken for each other."""
    same = page.get(f"/{COMMENT}", fields="from").json["from"]["id"]
    control.do("facebook/option", feed_ids="other")
    other = page.get(f"/{COMMENT}", fields="from").json["from"]["id"]

    assert (same, other) == (HANAKO, "2700000000000001")


def test_the_standard_level_shows_only_people_with_a_role_in_the_app(page, control):
    """SOC-7: pages come short, even empty, while next is there."""
    control.do("facebook/level", level="standard")

    visits = page.get(f"/{PAGE}/visitor_posts", limit=2, fields="from{name}").json
    names, empty = [one["from"]["name"] for one in visits["data"]], page.get(f"/{PAGE}/tagged", limit=1).json

    assert names == ["Tess Tester"]
    assert "next" in visits["paging"]
    assert (empty["data"], "next" in empty["paging"]) == ([], True)
    assert [one["snippet"][:4] for one in page.get(f"/{PAGE}/conversations", fields="snippet").json["data"]] == ["Test"]
    assert page.get(f"/{HANAKO}").code == page.get(f"/{VISIT}").code == (100, 33)
    assert page.get(f"/{PAGE}/published_posts").status == 200


def test_pages_of_others_need_the_feature_and_never_tell_who_commented(page, control):
    """SOC-7: Page Public Content Access."""
    refused = [page.get(f"/{OTHER}", page.user), page.get("/pages/search", page.user, q="Aoba")]
    control.do("facebook/level", level="ppca")

    told = page.get(f"/{OTHER}", page.user, fields="name,fan_count").json
    found = page.get("/pages/search", page.user, q="aoba", fields="id,name,link,verification_status").json["data"]
    feed = page.get(f"/{OTHER}/feed", page.user, fields="id,message").json["data"]
    comments = page.get(f"/{feed[0]['id']}/comments", f"{APP}|{SECRET}", fields="message,from").json["data"]

    assert [answer.code for answer in refused] == [(10, None), (10, None)]
    assert told == {"name": "青葉商店 Aoba Store", "fan_count": 2210, "id": OTHER}
    assert [one["id"] for one in found] == [OTHER]
    assert comments == [{"message": "方眼もありますか", "id": comments[0]["id"]}]


def test_seeds_are_the_same_on_every_machine(page):
    """SOC-7: people and posts in English and Japanese with stable ids."""
    feed = page.get(f"/{PAGE}/feed", fields="message,from{name}").json["data"]
    threads = page.get(f"/{PAGE}/conversations", fields="participants{name}").json["data"]

    assert feed[-1]["id"] == POST
    assert [one["message"] for one in feed if one["id"] == VISIT] == ["Do you ship the hand grinder to the UK?"]
    assert threads[0]["participants"]["data"][0]["name"] == "髙橋 さくら"
    assert len(ALL) == 9


def _proof(client):
    return proof(client.token)
