"""Silent days: LinkedIn counts without a word and starts anew at 00:00 UTC."""

from datetime import UTC, datetime, timedelta

import pytest

from .linkedin_client import ALL, CM, FACTS, HANAKO, MEI, enc

ERRORS = FACTS["errors"]
SEARCH = "/v1/people-search:(people:(id,first-name),num-results)?keywords=a"
MIDNIGHT = {
    "profile search": lambda one: one.api("GET", SEARCH, x_li_format="json"),
    "profile details": lambda one: one.api("GET", "/v1/people/id=8675309abc:(id)", x_li_format="json"),
    "private messages": lambda one: one.api("POST", "/v2/messages", {"recipients": ["urn:li:person:Kt07rYo1"], "body": "こんにちは"}),
    "invitations": lambda one: one.api("POST", "/v2/invitations", {"invitee": "urn:li:email:new@mail.example"}),
    "network updates": lambda one: one.api("GET", "/v2/activityFeeds?q=networkShares"),
}


@pytest.fixture
def partner(visitor, control):
    control.do("linkedin/level", level="historic")
    visitor.sign_in(scope=ALL)
    return visitor


def _to_midnight(control) -> float:
    now = datetime.fromisoformat(control.get("linkedin/state")["now"])
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (tomorrow - now).total_seconds()


def test_the_five_are_the_five():
    assert set(MIDNIGHT) == set(FACTS["five"])


@pytest.mark.parametrize("bucket", list(MIDNIGHT))
def test_a_members_day_ends_at_midnight_in_utc(partner, control, bucket):
    """SOC-4, SOC-7: the DAY text, no header, and 00:00 UTC by the sandbox's clock."""
    control.do("linkedin/exhaust", bucket=bucket, member="maeda-mei")
    refused = MIDNIGHT[bucket](partner)
    left = _to_midnight(control)
    control.advance(left - 30)
    late = MIDNIGHT[bucket](partner)
    control.advance(31)

    assert (refused.status, refused.json) == (ERRORS["day_limit_member"]["http"], ERRORS["day_limit_member"]["body"])
    assert [name for name in refused.headers if "limit" in name or "retry" in name] == []
    assert late.status == 429
    assert MIDNIGHT[bucket](partner).status in {200, 201}


def test_the_apps_day_is_everybodys(partner, control):
    """SOC-7: APPLICATION DAY."""
    control.do("linkedin/exhaust", bucket="profile search")
    first = MIDNIGHT["profile search"](partner)
    partner.sign_in(scope=ALL, member="aoki-shun")

    assert first.json == ERRORS["day_limit_app"]["body"]
    assert MIDNIGHT["profile search"](partner).json == ERRORS["day_limit_app"]["body"]


def test_one_members_day_is_nobody_elses(partner, control):
    control.do("linkedin/exhaust", bucket="profile search", member="maeda-mei")
    partner.sign_in(scope=ALL, member="aoki-shun")

    assert MIDNIGHT["profile search"](partner).status == 200


def test_calls_are_counted_and_refused_ones_are_not(partner, control):
    """SOC-7: the ceiling is the count at which the first 429 came."""
    control.do("linkedin/limit", bucket="profile search", per_member=3, per_app=100)

    statuses = [MIDNIGHT["profile search"](partner).status for _ in range(5)]

    assert statuses == [200, 200, 200, 429, 429]
    counters = {one["subject"]: one["used"] for one in control.get("linkedin/counters")["counters"] if one["bucket"] == "profile search"}
    assert counters == {"app:sandbox-linkedin": 3, "member:sandbox-linkedin:782bbtaQ": 3}


def test_what_is_refused_for_other_reasons_costs_nothing(linkedin, control):
    linkedin.api("GET", "/rest/organizationAcls?q=roleAssignee", Linkedin_Version="202508")
    linkedin.api("GET", SEARCH, x_li_format="json")

    assert control.get("linkedin/counters")["counters"] == []


def test_the_development_tier_has_100_calls_a_member_and_500_an_app(visitor, control):
    """SOC-7: all endpoints together."""
    control.do("linkedin/level", level="cm_development")
    visitor.sign_in(scope=CM)

    statuses = [visitor.api("GET", "/v2/me").status for _ in range(60)]
    statuses += [visitor.api("GET", "/rest/organizationAcls?q=roleAssignee").status for _ in range(41)]

    assert (statuses[:100], statuses[100]) == ([200] * 100, 429)
    assert visitor.api("GET", "/rest/organizations/5515715").json == ERRORS["day_limit_member"]["body"]
    control.do("linkedin/level", level="cm_standard")
    assert visitor.api("GET", "/rest/organizations/5515715").status == 200


def test_asking_after_a_token_is_not_counted(linkedin, control):
    for _ in range(3):
        linkedin.introspect(linkedin.token)

    assert control.get("linkedin/counters")["counters"] == []


def test_the_control_tells_when_the_day_ends(control):
    ends = datetime.fromisoformat(control.get("linkedin/counters")["ends"])

    assert (ends.hour, ends.minute, ends > datetime.now(UTC)) == (0, 0, True)


def test_people_are_searched_as_in_2014(partner):
    """SOC-21: the search of the historic level: name, company, title, school, in both languages."""
    fields = "(id,first-name,last-name,headline,picture-url,public-profile-url,location:(name),positions,educations)"

    def ask(query: str) -> list[str]:
        answer = partner.api("GET", f"/v1/people-search:(people:{fields},num-results)?{query}", x_li_format="json").json
        assert answer["numResults"] == answer["people"]["_total"]
        return [one["publicProfileUrl"].rpartition("/")[2] for one in answer["people"].get("values", [])]

    assert ask(f"keywords={enc('佐藤')}") == ["sato-hanako", "sato-miwako", "sato-miwako-design"]
    assert ask(f"last-name={enc('佐藤')}&first-name={enc('美和子')}&company-name={enc('ひかり電子')}") == ["sato-miwako"]
    assert ask("keywords=harriet+whitmore") == ["harriet-whitmore"]
    assert ask(f"title={enc('部長')}&school-name={enc('大阪大学')}") == ["kakiku-keiko"]
    assert ask("keywords=nobody+here") == []
    assert len(ask("keywords=&count=5")) == 5
    assert partner.api("GET", f"/v1/people-search:(people:{fields},num-results)?count=26", x_li_format="json").status == 400


def test_a_full_profile_has_work_and_school(partner):
    """SOC-22: position, education, work history at the historic level."""
    path = "/v1/people/id=8675309abc:(id,first-name,last-name,headline,picture-url,public-profile-url,location:(name),positions,educations)"
    got = partner.api("GET", path, x_li_format="json").json
    example = FACTS["endpoints"]["people.full"]["body"]

    assert set(got) == set(example)
    assert (got["id"], got["lastName"], got["firstName"]) == (example["id"], example["lastName"], example["firstName"])
    assert got["positions"]["values"][0] == example["positions"]["values"][0]
    assert got["educations"]["values"][0] == example["educations"]["values"][0]
    assert partner.api("GET", "/v1/people/id=8675309abc:(id,shoe-size)", x_li_format="json").status == 400
    assert partner.api("GET", "/v1/people/id=nobody:(id)", x_li_format="json").status == 404


def test_messages_go_to_connections_and_into_conversations(partner, control):
    """SOC-22: private messages, as the other side sees them."""
    sent = partner.api(
        "POST",
        "/v2/messages",
        {"recipients": ["urn:li:person:Hk3nW9sa"], "subject": "ご挨拶", "body": "はじめまして。", "messageType": "MEMBER_TO_MEMBER"},
    )
    thread = control.get("linkedin/sent")["messages"][0]["thread"]
    more = partner.api("POST", "/v2/messages", {"thread": thread, "body": "もう一言"})

    seen = control.get("linkedin/sent")["messages"]
    assert (sent.status, sent.text, sent.headers["x-restli-id"].startswith("urn:li:message:")) == (201, "", True)
    assert more.status == 201
    assert [(one["from"], one["to"], one["body"]) for one in seen] == [
        ("前田 芽衣", ["佐藤 美和子"], "もう一言"),
        ("前田 芽衣", ["佐藤 美和子"], "はじめまして。"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"recipients": [HANAKO], "body": "not connected"},
        {"recipients": ["urn:li:person:Hk3nW9sa"], "body": "<b>bold</b>"},
        {"recipients": ["urn:li:person:Hk3nW9sa"], "body": " "},
        {"recipients": ["urn:li:person:Hk3nW9sa"], "thread": "urn:li:messagingThread:1", "body": "both"},
        {"body": "neither"},
    ],
)
def test_messages_linkedin_does_not_take(partner, control, body):
    assert partner.api("POST", "/v2/messages", body).status == 422
    assert control.get("linkedin/sent")["messages"] == []


def test_an_invitation_waits_until_it_is_accepted(partner, control):
    """SOC-22: an invitation to connect; once accepted, messages are open."""
    text = {"com.linkedin.invitations.InvitationMessage": {"body": "よろしくお願いします"}}
    first = partner.api("POST", "/v2/invitations", {"invitee": HANAKO, "message": text})
    again = partner.api("POST", "/v2/invitations", {"invitee": HANAKO})
    control.do("linkedin/accept", invitation=first.headers["x-linkedin-id"])
    connected = partner.api("POST", "/v2/invitations", {"invitee": HANAKO})
    message = partner.api("POST", "/v2/messages", {"recipients": [HANAKO], "body": "ありがとうございます"})

    assert (first.status, first.headers["x-linkedin-id"].startswith("urn:li:invitation:")) == (201, True)
    assert (again.status, connected.status, message.status) == (422, 422, 201)


def test_network_updates_are_the_posts_of_connections(partner, control):
    mine = control.do("linkedin/post", member="sato-miwako", text="今日の研究棟")["post"]["urn"]
    control.do("linkedin/post", member="sato-hanako", text="知らない人の投稿")

    found = partner.api("GET", "/v2/activityFeeds?q=networkShares&count=100").json["elements"]

    assert found[0]["id"] == mine
    assert HANAKO not in {one["author"] for one in found}


def test_oneself_needs_no_id(partner):
    assert partner.api("GET", "/v1/people/~", x_li_format="json").json["id"] == MEI.rpartition(":")[2]
