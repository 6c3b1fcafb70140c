"""Messenger in the sandbox: who may be written to, until when, and what is told about it."""

import pytest

from .graph import CONTRACT, ENDPOINTS, ERRORS, HANAKO, PAGE

DAY = 86_400


def _refused(answer, error):
    """The refusal is the documented one."""
    wanted = ERRORS[error]
    return (answer.status, answer.json["error"]["message"]) == (wanted["http"], wanted["body"]["error"]["message"])


def test_who_wrote_can_be_answered_for_24_hours(page, control):
    """SOC-7: the standard window."""
    control.do("facebook/message", person="佐藤 花子", text="在庫はありますか")
    answer = page.message("ございます。")
    control.advance(DAY)
    late = page.message("まだございます。")

    assert (answer.status, set(answer.json), answer.json["recipient_id"]) == (
        200,
        set(ENDPOINTS["messages.send"]["response"]["body"]),
        HANAKO,
    )
    assert (late.code, _refused(late, "window_closed")) == ((10, 2018278), True)
    assert control.get("facebook/messages", limit=1)["messages"][0]["text"] == "ございます。"


def test_a_human_agent_has_seven_days_with_the_permission(page, control):
    """SOC-7: HUMAN_AGENT, level human_agent."""
    control.do("facebook/message", person="佐藤 花子", text="在庫はありますか")
    control.advance(2 * DAY)
    tag = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    below = page.message("x", **tag)
    control.do("facebook/level", level="human_agent")
    allowed, other = page.message("x", **tag), page.message("x", messaging_type="MESSAGE_TAG", tag="ACCOUNT_UPDATE")
    plain = page.message("x")
    control.advance(5 * DAY)

    assert (below.code, allowed.status, other.code, plain.code) == ((10, None), 200, (100, None), (10, 2018278))
    assert page.message("x", **tag).code == (10, 2018278)


def test_nobody_is_written_to_first(page):
    """SOC-7: no first message."""
    answer = page.message(recipient={"id": "2400000000000004"})

    assert (answer.code, _refused(answer, "no_matching_user")) == ((100, 2018001), True)
    assert page.message(recipient={"id": "1"}).code == (100, 2018001)


def test_a_comment_is_answered_privately_once_within_seven_days(page, control):
    """SOC-7: private replies; they open no window."""
    comment = control.do("facebook/comment", on=f"{PAGE}_300000000000001", person="Liam O’Brien", text="How much is it?")["comment"]["id"]
    can = page.get(f"/{comment}", fields="can_reply_privately").json["can_reply_privately"]
    first, again = (page.message("Four thousand yen.", {"comment_id": comment}) for _ in range(2))
    further = page.message("Anything else?", {"id": first.json["recipient_id"]})
    late = control.do("facebook/comment", on=f"{PAGE}_300000000000001", person="Priya Nair", text="And now?")["comment"]["id"]
    control.advance(7 * DAY)

    assert (can, first.status, again.code, further.code) == (True, 200, (10900, None), (10, 2018278))
    assert page.get(f"/{comment}", fields="can_reply_privately").json["can_reply_privately"] is False
    assert page.message("too late", {"comment_id": late}).code == (10903, None)
    assert page.message("nothing there", {"comment_id": "1_2"}).code == (100, 33)


def test_a_visitors_post_is_answered_privately_too(page, control):
    post = control.do("facebook/post", person="Marcus Lee", text="Is the shop open?")["post"]["id"]

    assert page.message("From ten.", {"post_id": post}).status == 200
    assert page.message("From ten.", {"post_id": post}).code == (10900, None)
    assert page.message("x", {"post_id": f"{PAGE}_300000000000001"}).code == (10903, None)


def test_who_is_not_available_cannot_be_reached(page, control):
    """SOC-7: 551/1545041."""
    control.do("facebook/message", person="佐藤 花子", text="hi")
    control.do("facebook/unavailable", person="佐藤 花子")
    refused = page.message()
    control.do("facebook/unavailable", person="佐藤 花子", unavailable=False)

    assert (refused.code, _refused(refused, "person_unavailable")) == ((551, 1545041), True)
    assert page.message().status == 200


def test_at_the_standard_level_only_testers_are_written_to(page, control):
    """SOC-7: levels."""
    for person in ("佐藤 花子", "Tess Tester"):
        control.do("facebook/message", person=person, text="hi")
    control.do("facebook/level", level="standard")

    assert page.message().code == (200, 2018028)
    assert page.message(recipient={"id": "2400000000000011"}).status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"message": {"text": "x" * (CONTRACT["text"]["message"] + 1)}},
        {"message": {"text": ""}},
        {"message": {}},
        {"message": "hello"},
        {"recipient": {}},
        {"recipient": "somebody"},
        {"messaging_type": "SHOUT"},
        {"sender_action": "dance"},
    ],
)
def test_what_is_no_message_is_error_100(page, control, change):
    control.do("facebook/message", person="佐藤 花子", text="hi")
    before = control.get("facebook/messages", limit=1)

    assert page.message(**change).code == (100, None)
    assert control.get("facebook/messages", limit=1) == before


def test_two_thousand_signs_fit_and_pictures_go_along(page, control):
    control.do("facebook/message", person="佐藤 花子", text="hi")
    picture = {"attachment": {"type": "image", "payload": {"url": "https://crm.example/p.png"}}}

    assert page.message("あ" * 2000).status == 200
    assert page.message(message=picture).status == 200
    newest = page.get(f"/{PAGE}/conversations", fields="messages.limit(1){attachments}", limit=1).json["data"][0]
    assert newest["messages"]["data"][0]["attachments"]["data"][0]["type"] == "image"


def test_typing_and_seen_are_told(page, control):
    control.do("facebook/message", person="佐藤 花子", text="hi")
    before = page.get(f"/{PAGE}/conversations", fields="unread_count", limit=1).json["data"][0]["unread_count"]

    seen = page.post(f"/{PAGE}/messages", recipient=f'{{"id":"{HANAKO}"}}', sender_action="mark_seen")

    after = page.get(f"/{PAGE}/conversations", fields="unread_count", limit=1).json["data"][0]["unread_count"]
    assert (seen.json, before, after) == ({"recipient_id": HANAKO}, 2, 0)


def test_conversations_come_newest_first_and_by_person(page, control):
    """SOC-7: conversations, user_id."""
    control.do("facebook/message", person="佐藤 花子", text="一番新しい")
    newest = page.get(f"/{PAGE}/conversations", fields="snippet,can_reply,message_count").json["data"][0]
    one = page.get(f"/{PAGE}/conversations", user_id=HANAKO, platform="MESSENGER").json["data"]
    control.advance(2)

    assert (newest["snippet"], newest["can_reply"], newest["message_count"]) == ("一番新しい", True, 4)
    assert [thread["id"] for thread in one] == ["t_1234567001"]
    assert page.get(f"/{PAGE}/conversations", platform="INSTAGRAM").json == {"data": []}
    assert page.get(f"/{PAGE}/conversations", platform="pigeon").code == (100, None)


def test_conversations_are_asked_twice_a_second_at_most(page):
    """SOC-7: 2 calls a second for a page."""
    statuses = [page.get(f"/{PAGE}/conversations", limit=1).status for _ in range(3)]

    assert statuses in ([200, 200, 400], [200, 200, 200])
    if statuses[2] == 400:
        assert page.get(f"/{PAGE}/conversations").code == (613, None)


def test_only_of_the_twenty_newest_the_details_are_told(page, control):
    """SOC-7: older messages answer as deleted."""
    for number in range(20):
        control.do("facebook/message", person="佐藤 花子", text=f"no. {number}")

    messages = page.get("/t_1234567001/messages", fields="id,message", limit=100).json["data"]

    assert [("message" in one) for one in messages] == [True] * 20 + [False] * 3
    assert page.get(f"/{messages[0]['id']}", fields="message,from").json["message"] == "no. 19"
    assert page.get(f"/{messages[20]['id']}").code == (100, 33)


def test_sending_needs_the_permission_and_the_task(page, control):
    """SOC-7: pages_messaging."""
    control.do("facebook/message", person="佐藤 花子", text="hi")
    control.do("facebook/permission", person="青木 太郎", permission="pages_messaging", status="declined")

    refused = page.message()

    assert (refused.code, "pages_messaging" in refused.json["error"]["message"]) == ((230, None), True)
