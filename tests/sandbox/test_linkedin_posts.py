"""Posts of the sandbox's LinkedIn: as oneself and as the page, with LinkedIn's refusals."""

import pytest

from .linkedin_client import ALL, FACTS, HANAKO, MEI, PAGE, SELF, enc

ERRORS = FACTS["errors"]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def _keys(shape: object) -> object:
    """The names in a shape, of lists their first element."""
    if isinstance(shape, dict):
        return {name: _keys(value) for name, value in shape.items()}
    if isinstance(shape, list):
        return [_keys(shape[0])] if shape else []
    return type(shape).__name__


def test_a_page_publishes_and_reads_back(linkedin, control):
    """SOC-7: 201 with the id in the header and an empty body; the post as documented."""
    made = linkedin.publish("新サービスを始めました {hashtag|\\#|acme}")
    urn = made.headers["x-restli-id"]

    listed = linkedin.by_author().json["elements"][0]
    one = linkedin.api("GET", f"/rest/posts/{enc(urn)}").json

    assert (made.status, made.text, made.headers["x-linkedin-id"]) == (201, "", urn)
    assert urn.startswith("urn:li:share:") and len(urn.removeprefix("urn:li:share:")) == 19
    assert _keys(one) == _keys(FACTS["endpoints"]["posts.get"]["body"])
    assert (one, one["id"], one["author"], one["commentary"]) == (listed, urn, PAGE, "新サービスを始めました {hashtag|\\#|acme}")
    assert control.get("linkedin/posts", limit=1)["posts"][0]["text"] == "新サービスを始めました #acme"


def test_a_member_posts_with_the_self_serve_product_only(visitor, control):
    """SOC-7: self_serve as oneself, and nothing else."""
    control.do("linkedin/level", level="self_serve")
    visitor.sign_in(scope=SELF)

    mine, as_page = visitor.publish("こんにちは", MEI), visitor.publish("こんにちは", PAGE)
    read = visitor.by_author(MEI)

    assert mine.status == 201
    assert (as_page.status, as_page.json["code"], as_page.json["serviceErrorCode"]) == (403, "ACCESS_DENIED", 100)
    assert (read.status, visitor.publish("x", HANAKO).status) == (403, 403)


def test_the_older_form_still_publishes(linkedin, control):
    body = FACTS["endpoints"]["posts.legacy"]["request"]

    answer = linkedin.api("POST", "/v2/ugcPosts", body)

    urn = answer.headers["x-restli-id"]
    assert (answer.status, answer.json, urn.startswith("urn:li:ugcPost:")) == (201, {"id": urn}, True)
    assert control.get("linkedin/posts", limit=1)["posts"][0]["text"] == "こんにちは"


def test_the_same_words_again_name_the_first_post(linkedin, control):
    """SOC-7: 422 duplicate naming the URN."""
    first = linkedin.posted("営業時間のお知らせ")

    again = linkedin.publish("営業時間のお知らせ")
    control.do("linkedin/choose", duplicate="400")
    otherwise = linkedin.publish("営業時間のお知らせ")
    control.advance(86_400)

    expected = {"description": f"Content is a duplicate of {first}", "code": "DUPLICATE_POST"}
    assert (again.status, again.json) == (
        422,
        {"status": 422, "message": f"Content is a duplicate of {first}", "errorDetails": {"inputErrors": [expected]}},
    )
    assert (otherwise.status, otherwise.json["message"]) == (400, f"Content is a duplicate of {first}")
    assert linkedin.publish("営業時間のお知らせ").status == 201


def test_3000_characters_fit_and_3001_do_not(linkedin):
    fits, not_any_more = linkedin.publish("あ" * FACTS["text"]["post"]), linkedin.publish("い" * (FACTS["text"]["post"] + 1))

    assert fits.status == 201
    assert (not_any_more.status, not_any_more.json) == (ERRORS["field_error"]["http"], ERRORS["field_error"]["body"])


def test_unescaped_brackets_cut_the_post_without_a_word(linkedin, control):
    """SOC-7: what happens to a client that forgets little text."""
    assert linkedin.publish("新商品(数量限定)です").status == 201

    assert control.get("linkedin/posts", limit=1)["posts"][0]["text"] == "新商品"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"commentary": None}, "/commentary"),
        ({"commentary": 7}, "/commentary"),
        ({"visibility": "SECRET"}, "/visibility"),
        ({"lifecycleState": "DRAFT"}, "/lifecycleState"),
        ({"distribution": {}}, "/distribution/feedDistribution"),
        ({"mood": "good"}, "/mood"),
        ({"content": {"media": {"id": "urn:li:image:nothing"}}}, "/content/media/id"),
        ({"reshareContext": {"parent": "urn:li:share:1"}}, "/reshareContext/parent"),
    ],
)
def test_a_body_linkedin_does_not_take_is_a_422_that_names_the_field(linkedin, control, change, path):
    before = control.get("linkedin/posts", limit=1)

    answer = linkedin.publish("x", **change)

    assert (answer.status, answer.json["errorDetails"]["inputErrors"][0]["input"]["inputPath"]["fieldPath"]) == (422, path)
    assert control.get("linkedin/posts", limit=1) == before


def test_a_post_is_shared_on(linkedin, control):
    """SOC-7: reshare."""
    first = linkedin.posted("元の投稿")

    shared = linkedin.posted("", MEI, reshareContext={"parent": first})
    closed = linkedin.posted("広めないでください", isReshareDisabledByAuthor=True)
    refused = linkedin.publish("", MEI, reshareContext={"parent": closed})

    assert control.get("linkedin/posts", limit=2)["posts"][1]["shares"] == first != shared
    assert (refused.status, refused.json["message"]) == (422, "Reshare is disabled by the author of the original post")


def test_editing_needs_the_method_header(linkedin):
    """SOC-7: partial updates."""
    urn = linkedin.posted("まちがい")
    patch = {"patch": {"$set": {"commentary": "直しました"}}}

    without = linkedin.api("POST", f"/rest/posts/{enc(urn)}", patch)
    edited = linkedin.api("POST", f"/rest/posts/{enc(urn)}", patch, X_RestLi_Method="PARTIAL_UPDATE")

    post = linkedin.api("GET", f"/rest/posts/{enc(urn)}").json
    assert (without.status, edited.status, edited.text) == (400, 204, "")
    assert (post["commentary"], post["lifecycleStateInfo"]) == ("直しました", {"isEditedByAuthor": True})
    assert post["lastModifiedAt"] >= post["createdAt"]


def test_only_the_text_can_be_edited(linkedin):
    urn = linkedin.posted("x")
    patch = {"patch": {"$set": {"visibility": "CONNECTIONS"}}}

    assert linkedin.api("POST", f"/rest/posts/{enc(urn)}", patch, X_RestLi_Method="PARTIAL_UPDATE").status == 422


def test_deleting_twice_is_204_twice(linkedin):
    urn = linkedin.posted("消します")

    statuses = [linkedin.api("DELETE", f"/rest/posts/{enc(urn)}").status for _ in range(2)]
    gone = linkedin.api("GET", f"/rest/posts/{enc(urn)}")

    assert statuses == [204, 204]
    assert (gone.status, gone.json) == (ERRORS["not_found"]["http"], ERRORS["not_found"]["body"])


def test_other_peoples_posts_stay(linkedin, control):
    urn = control.do("linkedin/post", member="sato-hanako", text="おはようございます")["post"]["urn"]

    assert linkedin.api("DELETE", f"/rest/posts/{enc(urn)}").status == 403


def test_a_person_without_a_role_on_the_page_is_refused(visitor):
    visitor.sign_in(member="sato-hanako")

    assert (visitor.publish("x", PAGE).status, visitor.by_author().status) == (403, 403)


def test_a_role_that_is_lost_is_seen_in_the_acls(linkedin, control):
    """SOC-7: which of product, scope and role is missing, organizationAcls tells."""
    acls = "/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED"
    before = linkedin.api("GET", acls).json
    control.do("linkedin/role", member="maeda-mei", state="REVOKED")

    after = linkedin.api("GET", acls).json

    role = {"role": "ADMINISTRATOR", "state": "APPROVED", "roleAssignee": MEI, "organization": PAGE}
    assert (before["elements"], after["elements"]) == ([role], [])
    assert linkedin.publish("x").status == 403


def test_pages_of_a_list_follow_each_other(linkedin):
    """SOC-7: start, count, total and the next link."""
    said = [linkedin.posted(f"no {number}") for number in range(7)]

    address, got = "&count=3&sortBy=CREATED", []
    first = linkedin.by_author(more=address).json
    link = first["paging"]["links"][0]["href"]
    second = linkedin.api("GET", link, X_RestLi_Method="FINDER").json
    got = [one["id"] for one in first["elements"] + second["elements"]]

    assert got == said[::-1][:6]
    assert (first["paging"]["start"], first["paging"]["count"], first["paging"]["links"][0]["rel"]) == (0, 3, "next")
    total = first["paging"]["total"]
    assert linkedin.by_author(more=f"&start={total - 1}&count=3").json["paging"]["links"] == []
    assert linkedin.by_author(more=f"&start={total}&count=3").json["elements"] == []


def test_several_posts_at_once_from_the_standard_tier_on(linkedin, control):
    one, two = linkedin.posted("一"), linkedin.posted("二")
    path = f"/rest/posts?ids=List({enc(one)},{enc(two)},{enc('urn:li:share:1')})"

    found = linkedin.api("GET", path, X_RestLi_Method="BATCH_GET")
    control.do("linkedin/level", level="cm_development")
    refused = linkedin.api("GET", path, X_RestLi_Method="BATCH_GET")

    assert (found.status, set(found.json["results"]), list(found.json["errors"])) == (200, {one, two}, ["urn:li:share:1"])
    assert refused.status == 403


def test_a_picture_is_uploaded_and_posted(linkedin):
    """SOC-7: initializeUpload, PUT, AVAILABLE; the owner must be the author."""
    wish = {"initializeUploadRequest": {"owner": PAGE}}
    begun = linkedin.api("POST", "/rest/images?action=initializeUpload", wish).json["value"]
    path = begun["uploadUrl"].removeprefix(linkedin.url)
    early = linkedin.api("GET", f"/rest/images/{enc(begun['image'])}").json["status"]
    put = linkedin.send("PUT", path, PNG, {"Authorization": f"Bearer {linkedin.token}", "Content-Type": "image/png"})
    late = linkedin.api("GET", f"/rest/images/{enc(begun['image'])}").json["status"]

    media = {"media": {"id": begun["image"], "altText": "店先"}}
    as_page, as_me = linkedin.publish("写真です", content=media), linkedin.publish("写真です", MEI, content=media)

    assert set(begun) == set(FACTS["endpoints"]["images.init"]["body"]["value"])
    assert (early, put.status, late) == ("WAITING_UPLOAD", 201, "AVAILABLE")
    assert (as_page.status, as_me.status) == (201, 422)
    assert linkedin.api("GET", f"/rest/posts/{enc(as_page.headers['x-restli-id'])}").json["content"] == media


def test_a_picture_stands_under_a_comment(linkedin):
    begun = linkedin.api("POST", "/rest/images?action=initializeUpload", {"initializeUploadRequest": {"owner": PAGE}}).json["value"]
    headers = {"Authorization": f"Bearer {linkedin.token}", "Content-Type": "image/png"}
    linkedin.send("PUT", begun["uploadUrl"].removeprefix(linkedin.url), PNG, headers)
    urn, content = linkedin.posted("写真はコメントに"), [{"entity": {"image": begun["image"]}}]

    as_page, as_me = linkedin.comment(urn, "こちらです", content=content), linkedin.comment(urn, "こちらです", MEI, content=content)

    assert (as_page.status, as_page.json["content"]) == (201, content)
    assert (as_me.status, as_me.json["message"]) == (422, "ERROR :: /content/entity/image :: is not valid")


def test_what_is_no_picture_fails(linkedin):
    begun = linkedin.api("POST", "/rest/images?action=initializeUpload", {"initializeUploadRequest": {"owner": PAGE}}).json["value"]
    headers = {"Authorization": f"Bearer {linkedin.token}", "Content-Type": "image/png"}
    linkedin.send("PUT", begun["uploadUrl"].removeprefix(linkedin.url), b"<html>", headers)

    assert linkedin.api("GET", f"/rest/images/{enc(begun['image'])}").json["status"] == "PROCESSING_FAILED"


def test_posts_of_members_are_for_partners(visitor, control):
    """SOC-7: posts of people, closed below partner; what is for connections only shows to them."""
    control.do("linkedin/level", level="historic")
    visitor.sign_in(scope=ALL)
    connected, stranger = visitor.by_author("urn:li:person:Kt07rYo1"), visitor.by_author(HANAKO)
    control.do("linkedin/level", level="cm_standard")
    closed = visitor.by_author(HANAKO)

    assert [one["visibility"] for one in connected.json["elements"]] == ["CONNECTIONS"]
    assert [one["commentary"] for one in stranger.json["elements"]] == ["朝の散歩。金木犀の香り。"]
    assert closed.status == 403
