"""Writing to the sandbox's Facebook keeps Graph's rules: page tokens, permissions, lengths, duplicates, whose words they are."""

import json
from datetime import datetime

import pytest

from .graph import CONTRACT, ENDPOINTS, MODERATOR, PAGE, proof

POST, MUG, VISIT = f"{PAGE}_300000000000001", f"{PAGE}_300000000000003", f"{PAGE}_300000000000002"
COMMENT, OURS = "300000000000003_400000000000003", "300000000000003_400000000000004"
DONE = {"success": True}
# What is written where: method, path, values.
WRITES = {
    "page.post": ("post", f"/{PAGE}/feed", {"message": "新商品のお知らせです"}),
    "page.photo": ("post", f"/{PAGE}/photos", {"url": "https://crm.example/p.png", "published": "false"}),
    "comments.create": ("post", f"/{MUG}/comments", {"message": "赤と青がございます。"}),
    "comment.update": ("post", f"/{COMMENT}", {"is_hidden": "true"}),
    "comment.delete": ("delete", f"/{COMMENT}", {}),
    "likes.create": ("post", f"/{COMMENT}/likes", {}),
    "likes.delete": ("delete", f"/{COMMENT}/likes", {}),
    "post.delete": ("delete", f"/{POST}", {}),
    "subscribe": ("post", f"/{PAGE}/subscribed_apps", {"subscribed_fields": "feed,messages"}),
    "unsubscribe": ("delete", f"/{PAGE}/subscribed_apps", {}),
}


@pytest.mark.parametrize("name", WRITES)
def test_each_write_answers_as_documented(page, name):
    """SOC-7: answers of the contract."""
    method, path, values = WRITES[name]

    answer = getattr(page, method)(path, **values)

    assert (answer.status, set(answer.json)) == (200, set(ENDPOINTS[name]["response"]["body"]) - {"post_id"})


@pytest.mark.parametrize(
    ("name", "permission"), [(name, one) for name in WRITES for one in ENDPOINTS[name]["permissions"] if one.startswith("pages_")]
)
def test_permissions_are_enforced_for_each_write(page, control, name, permission):
    """SOC-7: what was declined is refused by a code of 200 to 299, and nothing is written."""
    method, path, values = WRITES[name]
    control.do("facebook/permission", person="青木 太郎", permission=permission, status="declined")

    refused = getattr(page, method)(path, **values)

    assert (refused.status, 200 <= refused.code[0] < 300) == (403, True)


@pytest.mark.parametrize("name", [name for name in WRITES if ENDPOINTS[name].get("page_task")])
def test_tasks_are_enforced_for_each_write(graph, control, name):
    """SOC-7: the person needs the task on the page."""
    method, path, values = WRITES[name]
    graph.sign_in(person=MODERATOR).as_page()
    control.do("facebook/role", person=MODERATOR, tasks="ANALYZE")

    assert getattr(graph, method)(path, **values).code == (200, None)


@pytest.mark.parametrize("name", [name for name in WRITES if "/feed" in WRITES[name][1] or "comments" in name])
def test_a_users_token_may_not_write(page, name):
    """SOC-7: 1705."""
    method, path, values = WRITES[name]

    assert getattr(page, method)(path, page.user, **values).code == (1705, None)


def test_a_post_is_ours_and_at_the_top(page, control):
    number = page.post(f"/{PAGE}/feed", message="営業時間が変わります 🌷").json["id"]

    newest = page.get(f"/{PAGE}/published_posts", fields="id,message,from").json["data"][0]
    assert newest == {"id": number, "message": "営業時間が変わります 🌷", "from": {"name": "縁デモ株式会社", "id": PAGE}}
    assert control.get("facebook/posts", limit=1)["posts"][0]["by_page"] is True


def test_the_same_again_quickly_is_a_duplicate(page, control):
    """SOC-7: 506, which after an unknown outcome means that the first went out."""
    first, second = page.post(f"/{PAGE}/feed", message="twice"), page.post(f"/{PAGE}/feed", message="twice")
    control.advance(301)

    assert (first.status, second.status, second.code) == (200, 400, (506, None))
    assert page.post(f"/{PAGE}/feed", message="twice").status == 200


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"message": " "},
        {"message": "x" * (CONTRACT["text"]["post"] + 1)},
        {"message": "x", "link": "nowhere"},
        {"message": "x", "published": "maybe"},
        {"message": "x", "scheduled_publish_time": "1790000000"},
        {"message": "x", "published": "false", "scheduled_publish_time": "1"},
        {"message": "x", "attached_media": '[{"media_fbid":"1"}]'},
        {"message": "x", "attached_media": "nonsense"},
    ],
)
def test_what_is_no_post_is_error_100(page, control, values):
    before = control.get("facebook/posts", limit=1)

    assert page.post(f"/{PAGE}/feed", **values).code == (100, None)
    assert control.get("facebook/posts", limit=1) == before


def test_a_scheduled_post_appears_when_its_time_comes(page, control):
    now = datetime.fromisoformat(control.get("state")["now"].replace("Z", "+00:00")).timestamp()
    number = page.post(f"/{PAGE}/feed", message="later", published="false", scheduled_publish_time=int(now) + 3600).json["id"]
    hidden = page.get(f"/{PAGE}/published_posts", limit=1, fields="id").json["data"][0]["id"]
    control.advance(3601)

    assert hidden != number
    assert page.get(f"/{PAGE}/published_posts", limit=1, fields="id").json["data"][0]["id"] == number


def test_a_picture_waits_for_its_post(page):
    boundary = "----xyz"
    file = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    body = b"".join(
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="published"\r\n\r\nfalse\r\n'.encode(),
            f'--{boundary}\r\nContent-Disposition: form-data; name="source"; filename="p.png"\r\nContent-Type: image/png\r\n\r\n'.encode(),
            file,
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )
    query = f"access_token={page.token}&appsecret_proof={proof(page.token)}"
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}

    photo = page.send("POST", f"/v25.0/{PAGE}/photos?{query}", body, headers).json
    post = page.post(f"/{PAGE}/feed", message="with a picture", attached_media=json.dumps([{"media_fbid": photo["id"]}])).json["id"]

    told = page.get(f"/{post}", fields="status_type,attachments,full_picture").json
    assert set(photo) == {"id"}
    assert (told["status_type"], told["attachments"]["data"][0]["target"]["id"]) == ("added_photos", photo["id"])
    assert page.post(f"/{PAGE}/photos").code == (100, None)


def test_an_answer_to_an_answer_hangs_on_the_top_comment(page, control):
    """SOC-7: read the parent back."""
    deeper = page.post(f"/{OURS}/comments", message="ほかの色も入荷予定です。").json["id"]

    parent = page.get(f"/{deeper}", fields="parent{id},object").json
    assert (parent["parent"]["id"], parent["object"]["id"]) == (COMMENT, MUG)
    assert control.get("facebook/comments", post=MUG)["comments"][0]["text"] == "ほかの色も入荷予定です。"


def test_posting_to_a_comment_itself_edits_and_only_ours(page):
    """SOC-7: POST /{comment} with message edits that comment, never answers."""
    theirs, ours = page.post(f"/{COMMENT}", message="hacked"), page.post(f"/{OURS}", message="藍と白と黒がございます。")

    assert (theirs.code, ours.json) == ((200, None), DONE)
    assert page.get(f"/{OURS}", fields="message").json["message"] == "藍と白と黒がございます。"
    assert page.get(f"/{COMMENT}", fields="message").json["message"] == "何色がありますか?"


def test_comments_are_hidden_and_shown_again(page):
    hidden, seen = page.post(f"/{COMMENT}", is_hidden="true"), page.get(f"/{COMMENT}", fields="is_hidden").json
    shown, again = page.post(f"/{COMMENT}", is_hidden="false"), page.get(f"/{COMMENT}", fields="is_hidden").json

    assert (hidden.json, shown.json, seen["is_hidden"], again["is_hidden"]) == (DONE, DONE, True, False)
    assert page.post(f"/{OURS}", is_hidden="true").code == (200, None)
    assert page.post(f"/{COMMENT}").code == (100, None)
    assert page.post(f"/{OURS}", message="changed", is_hidden="true").code == (200, None)
    assert page.get(f"/{OURS}", fields="message").json["message"] == "藍と白がございます。"


def test_a_deleted_comment_takes_its_answers_along(page):
    assert page.delete(f"/{COMMENT}").json == DONE

    left = page.get(f"/{MUG}/comments", filter="stream", fields="id").json["data"]
    assert [one["id"] for one in left] == ["300000000000003_400000000000005"]
    assert page.get(f"/{COMMENT}").code == page.post(f"/{COMMENT}/comments", message="x").code == (100, 33)


def test_likes_are_the_pages_and_the_same_in_effect(page):
    """SOC-7: like and unlike as the page."""
    page.post(f"/{COMMENT}/likes")
    twice = page.post(f"/{COMMENT}/likes")
    liked = page.get(f"/{COMMENT}", fields="like_count,user_likes").json
    page.delete(f"/{COMMENT}/likes")
    never = page.delete(f"/{COMMENT}/likes")

    assert (twice.json, never.json, liked["like_count"], liked["user_likes"]) == (DONE, DONE, 1, True)
    assert page.get(f"/{COMMENT}", fields="like_count,user_likes").json["user_likes"] is False


def test_a_page_cannot_like_what_somebody_wrote_on_their_own_profile(page):
    tagged = page.get(f"/{PAGE}/tagged", fields="id").json["data"][0]["id"]

    assert page.post(f"/{tagged}/likes").code == (200, None)
    assert page.post(f"/{tagged}/comments", message="ありがとうございます").status == 200


def test_a_review_is_answered_on_its_story(page):
    """SOC-7: ratings; the answer is a comment on open_graph_story.id."""
    review = page.get(f"/{PAGE}/ratings", fields="review_text,open_graph_story{id}").json["data"][-1]

    answered = page.post(f"/{review['open_graph_story']['id']}/comments", message="またのお越しを")

    assert (review["review_text"], answered.status) == ("親切でした", 200)


def test_posts_of_ours_are_deleted_and_gone(page):
    assert page.delete(f"/{POST}").json == DONE
    assert page.get(f"/{POST}").code == (100, 33)


def test_a_post_may_say_that_it_deletes(page):
    assert page.post(f"/{POST}", method="delete").json == DONE
    assert page.get(f"/{POST}").code == (100, 33)


@pytest.mark.parametrize("values", [{}, {"message": "x" * (CONTRACT["text"]["comment"] + 1)}])
def test_what_is_no_comment_is_error_100(page, values):
    assert page.post(f"/{MUG}/comments", **values).code == (100, None)


def test_a_batch_answers_each_call_for_itself(page, control):
    """SOC-7: batch, at most fifty, each counted."""
    batch = [
        {"method": "GET", "relative_url": f"{PAGE}?fields=id"},
        {"method": "POST", "relative_url": f"{MUG}/comments", "body": "message=from+a+batch"},
        {"method": "GET", "relative_url": "1"},
    ]
    told = page.post("/", batch=json.dumps(batch), include_headers="false").json
    log = [(row["method"], row["endpoint"], row["status"]) for row in control.requests(limit=4)]
    many = page.post("/", batch=json.dumps([{"method": "GET", "relative_url": "me"}] * 51))

    assert [one["code"] for one in told] == [200, 200, 400]
    assert log == [
        ("POST", "facebook.batch", 200),
        ("GET", "facebook.unknown", 400),
        ("POST", "facebook.comments.create", 200),
        ("GET", "facebook.page", 200),
    ]
    assert json.loads(told[0]["body"]) == {"id": PAGE}
    assert json.loads(told[2]["body"])["error"]["error_subcode"] == 33
    assert control.get("facebook/comments", post=MUG)["comments"][0]["text"] == "from a batch"
    assert many.code == (100, None)
