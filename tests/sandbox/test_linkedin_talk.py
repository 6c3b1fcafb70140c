"""Comments, reactions, counts and what a page is told, on the sandbox's LinkedIn."""

import pytest

from .linkedin_client import FACTS, HANAKO, MEI, PAGE, SHUN, enc

ERRORS = FACTS["errors"]
LINE = "導入事例を教えてください"


@pytest.fixture
def post(linkedin):
    """A fresh post of the page; the name that comments know it by."""
    return linkedin.posted("新サービスを始めました")


def _activity(urn: str) -> str:
    return f"urn:li:activity:{int(urn.rpartition(':')[2]) + 1}"


def test_a_customers_comment_is_read_and_answered(linkedin, control, post):
    """SOC-7: comments of our page's posts, one level of answers."""
    asked = control.do("linkedin/comment", member="sato-hanako", post=post, text=LINE)["comment"]
    answered = linkedin.comment(post, "資料をお送りします", parentComment=asked["urn"])
    body = answered.json

    listed = linkedin.comments(post).json
    answers = linkedin.comments(asked["urn"]).json["elements"]

    example = FACTS["endpoints"]["comments.list"]["body"]["elements"][0]
    assert set(listed["elements"][0]) == set(example)
    assert [(one["actor"], one["message"]["text"], one["object"]) for one in listed["elements"]] == [(HANAKO, LINE, _activity(post))]
    assert listed["elements"][0]["commentUrn"] == f"urn:li:comment:({_activity(post)},{asked['id']})"
    assert listed["paging"]["total"] == 1
    assert (answered.status, answered.headers["x-restli-id"], body["parentComment"]) == (201, body["id"], asked["urn"])
    assert [one["id"] for one in answers] == [body["id"]]
    assert linkedin.api("GET", f"/rest/socialActions/{enc(post)}/comments/{asked['id']}").json == listed["elements"][0]


def test_share_and_activity_are_two_names_of_one_post(linkedin, post):
    linkedin.comment(_activity(post), "a", MEI)

    assert [one["message"]["text"] for one in linkedin.comments(post).json["elements"]] == ["a"]


def test_an_answer_to_an_answer_is_refused(linkedin, post):
    top = linkedin.comment(post, "一").json["commentUrn"]
    below = linkedin.comment(post, "二", parentComment=top).json["commentUrn"]

    answer = linkedin.comment(post, "三", parentComment=below)

    assert (answer.status, answer.json["message"]) == (422, "ERROR :: /parentComment :: is an answer itself")


def test_a_members_post_is_commented_when_its_address_is_known(linkedin, control):
    """SOC-7: paste the post's address; reading its comments is closed."""
    urn = control.do("linkedin/post", member="sato-hanako", text="おはようございます")["post"]["urn"]

    written, read = linkedin.comment(urn, "おはようございます", MEI), linkedin.comments(urn)

    assert (written.status, read.status, read.json["code"]) == (201, 403, "ACCESS_DENIED")


def test_1250_characters_fit_and_1251_do_not(linkedin, post):
    long = linkedin.comment(post, "い" * (FACTS["text"]["comment"] + 1))

    assert linkedin.comment(post, "あ" * FACTS["text"]["comment"]).status == 201
    assert (long.status, long.json["errorDetails"]["inputErrors"][0]["code"]) == (422, "FIELD_LENGTH_TOO_LONG")


def test_closed_comments_are_a_422(linkedin, control, post):
    """SOC-7: comments closed."""
    control.do("linkedin/close", post=post)

    answer = linkedin.comment(post, "まだ間に合いますか")

    assert (answer.status, answer.json) == (ERRORS["comments_closed"]["http"], ERRORS["comments_closed"]["body"])
    assert linkedin.api("GET", f"/rest/socialMetadata/{enc(post)}").json["commentsState"] == "CLOSED"


def test_too_many_comments_in_a_minute_are_a_pause_not_a_day(linkedin, control, post):
    """SOC-7: the 429 without DAY."""
    statuses = [linkedin.comment(post, f"no {number}").status for number in range(11)]
    refused = linkedin.comment(post, "again")
    control.advance(61)

    assert statuses == [201] * 10 + [429]
    assert refused.json == ERRORS["burst"]["body"]
    assert linkedin.comment(post, "again").status == 201


def test_own_comments_are_changed_and_deleted_and_no_others(linkedin, control, post):
    own = linkedin.comment(post, "まちがい").json["id"]
    other = control.do("linkedin/comment", member="sato-hanako", post=post, text="x")["comment"]["id"]
    path = f"/rest/socialActions/{enc(post)}/comments"
    patch = {"patch": {"message": {"$set": {"text": "直しました"}}}}

    changed = linkedin.api("POST", f"{path}/{own}?actor={enc(PAGE)}", patch)
    not_mine = linkedin.api("DELETE", f"{path}/{other}?actor={enc(PAGE)}")
    deleted = linkedin.api("DELETE", f"{path}/{own}?actor={enc(PAGE)}")

    assert (changed.status, changed.json["message"]["text"]) == (200, "直しました")
    assert (not_mine.status, deleted.status) == (403, 204)
    assert [one["id"] for one in linkedin.comments(post).json["elements"]] == [other]
    assert linkedin.api("GET", f"{path}/{own}").json == ERRORS["not_found"]["body"]


def test_reactions_are_given_listed_counted_and_taken_back(linkedin, control, post):
    """SOC-7: like and unlike, as the page and as oneself."""
    control.do("linkedin/react", member="sato-hanako", post=post, kind="PRAISE")
    liked, mine = linkedin.react(post), linkedin.react(post, MEI, "EMPATHY")
    metadata = linkedin.api("GET", f"/rest/socialMetadata/{enc(post)}").json
    listed = linkedin.api("GET", f"/rest/reactions/(entity:{enc(post)})?q=entity&sort=(value:REVERSE_CHRONOLOGICAL)").json
    key = f"/rest/reactions/(actor:{enc(PAGE)},entity:{enc(post)})"
    taken, again = linkedin.api("DELETE", key), linkedin.api("DELETE", key)

    example = FACTS["endpoints"]["reactions.create"]["body"]
    assert (liked.status, set(liked.json), mine.status) == (201, set(example), 201)
    assert liked.json["id"] == f"urn:li:reaction:({PAGE},{_activity(post)})"
    assert metadata["reactionSummaries"] == {kind: {"reactionType": kind, "count": 1} for kind in ("EMPATHY", "LIKE", "PRAISE")}
    assert metadata["entity"] == _activity(post)
    assert {(one["created"]["actor"], one["reactionType"]) for one in listed["elements"]} == {
        (PAGE, "LIKE"),
        (MEI, "EMPATHY"),
        (HANAKO, "PRAISE"),
    }
    assert (taken.status, again.status) == (204, 404)


def test_a_second_reaction_takes_the_place_of_the_first(linkedin, post):
    linkedin.react(post, kind="LIKE")
    linkedin.react(post, kind="INTEREST")

    assert set(linkedin.api("GET", f"/rest/socialMetadata/{enc(post)}").json["reactionSummaries"]) == {"INTEREST"}


def test_a_comment_can_be_liked(linkedin, control, post):
    asked = control.do("linkedin/comment", member="sato-hanako", post=post, text=LINE)["comment"]["urn"]

    linkedin.react(asked)

    assert linkedin.comments(post).json["elements"][0]["likesSummary"]["totalLikes"] == 1
    assert linkedin.react(asked, kind="MEH").status == 422


def test_one_call_tells_everything_that_happened(linkedin, control, post):
    """SOC-7: notifications: comments, mentions, likes, shares, our own words, edits and deletions."""
    comment = control.do("linkedin/comment", member="sato-hanako", post=post, text=LINE)["comment"]["urn"]
    control.do("linkedin/react", member="sato-hanako", post=post)
    shared = control.do("linkedin/post", member="sato-hanako", text="おすすめです", shares=post)["post"]["urn"]
    mention = control.do("linkedin/post", member="sato-hanako", text="さんの新サービス(試用中)", mention="enishi-demo")["post"]["urn"]
    linkedin.comment(post, "ありがとうございます")
    control.do("linkedin/edit-comment", comment=comment, text=LINE + "。")
    control.do("linkedin/delete", comment=comment)
    since = f"&timeRange=(start:{linkedin.api('GET', f'/rest/posts/{enc(post)}').json['createdAt']},end:9999999999999)&count=100"

    found = linkedin.notices(",".join(FACTS["actions"]), since).json["elements"]
    mentions = linkedin.notices("SHARE_MENTION", since).json["elements"]

    assert [one["action"] for one in found] == [
        "COMMENT_DELETE",
        "COMMENT_EDIT",
        "ADMIN_COMMENT",
        "SHARE_MENTION",
        "SHARE",
        "LIKE",
        "COMMENT",
    ]
    example = FACTS["endpoints"]["notifications"]["body"]["elements"][0]
    assert set(found[-1]) == set(example)
    assert found[-1]["generatedActivity"] == comment
    assert found[-1]["decoratedGeneratedActivity"] == {"comment": {"entity": comment, "owner": HANAKO, "text": LINE}}
    assert found[-1]["decoratedSourcePost"] == {"entity": post, "owner": PAGE, "text": "新サービスを始めました"}
    assert [(one["generatedActivity"], one["decoratedGeneratedActivity"]["share"]["text"]) for one in mentions] == [
        (mention, "縁デモ株式会社 さんの新サービス(試用中)")
    ]
    assert found[4]["generatedActivity"] == shared
    assert len({one["notificationId"] for one in found}) == 7


def test_only_public_posts_are_told_and_for_60_days(linkedin, control):
    control.do("linkedin/post", member="sato-hanako", text="内緒", mention="enishi-demo", visibility="CONNECTIONS")
    hidden = linkedin.notices("SHARE_MENTION", "&count=1").json
    urn = control.do("linkedin/post", member="sato-hanako", text="みんなへ", mention="enishi-demo")["post"]["urn"]
    shown = linkedin.notices("SHARE_MENTION", "&count=1").json["elements"][0]
    control.advance(59 * 86_400)
    linkedin.sign_in()
    kept = linkedin.notices("SHARE_MENTION").json["elements"]
    control.advance(86_400 + 60)

    assert "内緒" not in str(hidden)
    assert shown["generatedActivity"] == urn
    assert [one["generatedActivity"] for one in kept] == [urn]
    assert linkedin.notices("SHARE_MENTION").json["elements"] == []


def test_notifications_are_for_administrators(visitor):
    """SOC-7: the subscriber must hold ADMINISTRATOR; a content administrator may still comment."""
    visitor.sign_in(member="dana-cole")
    urn = visitor.posted("from Dana, as the page")

    assert visitor.notices("COMMENT").status == 403
    assert visitor.comment(urn, "and a comment").status == 201


def test_nobody_speaks_for_others(linkedin, post):
    assert [linkedin.comment(post, "x", SHUN).status, linkedin.react(post, SHUN).status, linkedin.comment(post, "x", HANAKO).status] == [
        403
    ] * 3


def test_what_is_deleted_is_gone_for_everybody(linkedin, control, post):
    """SOC-7: a deleted post."""
    control.do("linkedin/delete", post=post)

    answers = [linkedin.comments(post), linkedin.comment(post, "x"), linkedin.react(post)]

    assert [(one.status, one.json) for one in answers] == [(404, ERRORS["not_found"]["body"])] * 3


def test_who_left_is_seen_no_more(linkedin, control):
    urn = control.do("linkedin/post", member="sato-hanako", text="さようなら")["post"]["urn"]
    control.do("linkedin/leave", member="sato-hanako")

    assert linkedin.comment(urn, "また来てね", MEI).status == 404
    assert linkedin.api("GET", "/rest/people/(id:8675309abc)").status == 404
