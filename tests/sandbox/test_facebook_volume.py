"""A crowd on the sandbox's Facebook: 500 pages and a million posts that nobody stored."""

from .graph import Graph, proof

FIRST, LAST = "900000000000001", "900000000000500"


def _crowd(graph, control, **values):
    control.do("facebook/crowd", **values)
    pages = tuple(str(int(FIRST) + place) for place in range(values["pages"]))
    return graph.sign_in(pages=pages)


def _walk(client: Graph, path: str, **params):
    answer = client.get(path, **params)
    seen = []
    while True:
        seen += answer.json["data"]
        if "next" not in answer.json.get("paging", {}):
            return seen
        answer = client.send("GET", f"{answer.json['paging']['next']}&appsecret_proof={proof(client.token)}")


def test_five_hundred_pages_with_a_million_posts_are_there_at_once(graph, control):
    """SOC-7: volume mode, generated and not stored."""
    _crowd(graph, control, pages=500, posts=2000)

    accounts = _walk(graph, "/me/accounts", fields="id", limit=100)
    graph.as_page(FIRST)
    posts = _walk(graph, f"/{FIRST}/visitor_posts", fields="id,created_time", limit=100)

    assert [accounts[0]["id"], accounts[-1]["id"], len(accounts)] == [FIRST, LAST, 500]
    assert len(posts) == len({post["id"] for post in posts}) == 2000
    assert [post["created_time"] for post in posts] == sorted((post["created_time"] for post in posts), reverse=True)
    assert control.get("facebook/posts", page=FIRST) == {"posts": []}


def test_further_posts_appear_as_the_clock_goes_on(graph, control):
    """SOC-7: something to poll for."""
    _crowd(graph, control, pages=2, posts=10, gap_s=60)
    graph.as_page(FIRST)
    before = _walk(graph, f"/{FIRST}/feed", limit=100, fields="id,created_time")
    control.advance(180)
    after = _walk(graph, f"/{FIRST}/feed", limit=100, fields="id,created_time")
    fresh = _walk(graph, f"/{FIRST}/feed", limit=2, fields="id", since=before[0]["created_time"])

    assert len(before) == 10
    assert after[3:] == before
    assert [post["id"] for post in fresh] == [post["id"] for post in after[:4]]


def test_until_and_walking_back_hold_as_well(graph, control):
    _crowd(graph, control, pages=1, posts=50)
    graph.as_page(FIRST)
    whole = _walk(graph, f"/{FIRST}/feed", limit=100, fields="id,created_time")
    older = _walk(graph, f"/{FIRST}/feed", limit=7, fields="id", until=whole[20]["created_time"])
    third = graph.get(
        f"/{FIRST}/feed", limit=5, fields="id", after=graph.get(f"/{FIRST}/feed", limit=10).json["paging"]["cursors"]["after"]
    )
    back = graph.get(f"/{FIRST}/feed", limit=5, fields="id", before=third.json["paging"]["cursors"]["before"]).json["data"]

    # The times are written in whole seconds, the posts stand between them.
    assert len(older) in {29, 30}
    assert [post["id"] for post in back] == [post["id"] for post in whole[5:10]]


def test_what_is_said_about_such_a_post_is_stored(graph, control):
    _crowd(graph, control, pages=1, posts=3)
    graph.as_page(FIRST)
    post = graph.get(f"/{FIRST}/feed", limit=1, fields="id,message,from").json["data"][0]

    ours = graph.post(f"/{post['id']}/comments", message="すぐ確認します。").json["id"]
    liked = graph.post(f"/{post['id']}/likes").json

    told = graph.get(f"/{post['id']}", fields="message,comments{id,message},likes.summary(true).limit(0)").json
    assert (told["message"], told["comments"]["data"]) == (post["message"], [{"id": ours, "message": "すぐ確認します。"}])
    assert (liked, told["likes"]["summary"]["total_count"]) == ({"success": True}, 1)
    assert graph.get(f"/{FIRST}_800000000000003").code == (100, 33)
