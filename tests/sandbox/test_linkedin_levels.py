"""What each access level of LinkedIn opens, endpoint by endpoint, as the facts have it."""

import pytest

from .linkedin_client import ALL, APP, FACTS, HANAKO, MEI, PAGE, VERSION, LinkedIn, enc

LEVELS = FACTS["levels"]
V1 = "(id,first-name,last-name,headline,picture-url,public-profile-url,location:(name),positions,educations)"
SHARE = "urn:li:share:1"
HOOK = "/rest/eventSubscriptions/(developerApplication:{app},user:{user},entity:{page},eventType:ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS)"
# One call of every endpoint. What it answers when it is let in does not matter here, only that it is no 403.
CALLS = {
    "userinfo": ("GET", "/v2/userinfo"),
    "me": ("GET", "/v2/me"),
    "people": ("GET", "/rest/people/(id:8675309abc)"),
    "people.search": ("GET", f"/v1/people-search:(people:{V1},num-results)?keywords=a"),
    "people.full": ("GET", f"/v1/people/id=8675309abc:{V1}"),
    "people.typeahead": ("GET", f"/rest/peopleTypeahead?q=organizationFollowers&keywords=a&organization={enc(PAGE)}"),
    "org.acls": ("GET", "/rest/organizationAcls?q=roleAssignee"),
    "org": ("GET", "/rest/organizations/5515715"),
    "org.by_vanity": ("GET", "/rest/organizations?q=vanityName&vanityName=enishi-demo"),
    "org.followers": ("GET", f"/rest/networkSizes/{enc(PAGE)}?edgeType=COMPANY_FOLLOWED_BY_MEMBER"),
    "posts.by_author": ("GET", f"/rest/posts?q=author&author={enc(PAGE)}"),
    "posts.get": ("GET", f"/rest/posts/{enc(SHARE)}"),
    "posts.create": ("POST", "/rest/posts"),
    "posts.update": ("POST", f"/rest/posts/{enc(SHARE)}"),
    "posts.delete": ("DELETE", f"/rest/posts/{enc(SHARE)}"),
    "posts.legacy": ("POST", "/v2/ugcPosts"),
    "images.init": ("POST", "/rest/images?action=initializeUpload"),
    "comments.list": ("GET", f"/rest/socialActions/{enc(SHARE)}/comments"),
    "comments.get": ("GET", f"/rest/socialActions/{enc(SHARE)}/comments/1"),
    "comments.create": ("POST", f"/rest/socialActions/{enc(SHARE)}/comments"),
    "comments.update": ("POST", f"/rest/socialActions/{enc(SHARE)}/comments/1"),
    "comments.delete": ("DELETE", f"/rest/socialActions/{enc(SHARE)}/comments/1?actor={enc(PAGE)}"),
    "reactions.create": ("POST", f"/rest/reactions?actor={enc(PAGE)}"),
    "reactions.delete": ("DELETE", f"/rest/reactions/(actor:{enc(PAGE)},entity:{enc(SHARE)})"),
    "reactions.list": ("GET", f"/rest/reactions/(entity:{enc(SHARE)})?q=entity"),
    "metadata": ("GET", f"/rest/socialMetadata/{enc(SHARE)}"),
    "notifications": (
        "GET",
        f"/rest/organizationalEntityNotifications?q=criteria&actions=List(COMMENT)&organizationalEntity={enc(PAGE)}",
    ),
    "subscribe": ("PUT", HOOK),
    "mentions_of_page": (
        "GET",
        f"/rest/organizationalEntityNotifications?q=criteria&actions=List(SHARE_MENTION)&organizationalEntity={enc(PAGE)}",
    ),
    "messages": ("POST", "/v2/messages"),
    "invitations": ("POST", "/v2/invitations"),
    "network_updates": ("GET", "/v2/activityFeeds?q=networkShares"),
}
METHODS = {"posts.by_author": "FINDER", "posts.update": "PARTIAL_UPDATE"}
# "select apps only, closed to new ones": ours is none of them.
CLOSED = ("no", "select apps only, closed to new ones", "no since the *_feed scopes")


def _open(endpoint: str, level: str) -> bool:
    told = FACTS["endpoints"][endpoint]["availability"].get(level)
    if told is None:
        # Only the 2014 resources name the level; what a partner has, the sandbox's last level has too.
        told = "yes" if level == "historic" else "no"
    return not str(told).startswith(CLOSED)


def test_every_endpoint_of_the_facts_is_called_here():
    assert set(CALLS) == set(FACTS["endpoints"])


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_opens_what_the_facts_say(visitor, control, level):
    """SOC-7: levels are switched at run time, for a token that was given out before."""
    control.do("linkedin/level", level="historic")
    visitor.sign_in(scope=f"openid email r_organization_admin {ALL}")
    control.do("linkedin/level", level=level)

    statuses = {}
    for name, (method, path) in CALLS.items():
        headers = {"X_RestLi_Method": METHODS[name]} if name in METHODS else {}
        app = f"urn%3Ali%3AdeveloperApplication%3A{control.get('linkedin/state')['application_id']}"
        path = path.format(app=app, user=enc(MEI), page=enc(PAGE)) if name == "subscribe" else path
        body = {"author": MEI} if name.startswith("posts") else {"actor": PAGE} if method != "GET" else None
        answer = visitor.api(method, path, None if method == "DELETE" else body, x_li_format="json", **headers)
        statuses[name] = answer.status
        if answer.status == 403:
            assert answer.json["serviceErrorCode"] == 100
            assert (answer.json["status"], answer.json["code"]) == (403, "ACCESS_DENIED")

    shut = {name for name, status in statuses.items() if status == 403}
    # The caller manages this page but nobody of these acted on it in a way the caller may see.
    expected = {name for name in CALLS if not _open(name, level)}
    assert shut == expected
    assert not {name for name, status in statuses.items() if status in {401, 404, 405} and not path_may_miss(name)}


def path_may_miss(name: str) -> bool:
    """Calls about a post that does not exist are let in and then find nothing."""
    return name.startswith(("posts.", "comments.", "reactions.", "metadata"))


def test_the_refusal_names_resource_method_and_version(linkedin, control):
    """SOC-7: the documented body of a missing permission."""
    control.do("linkedin/level", level="self_serve")

    refused, older = linkedin.publish("x"), linkedin.api("GET", "/v2/activityFeeds?q=networkShares")

    expected = FACTS["errors"]["denied"]["body"]["message"].rpartition(".")[0]
    assert refused.json["message"] == f"{expected}.{VERSION}01"
    assert older.json == FACTS["endpoints"]["network_updates"]["body"]


def test_scopes_are_enforced_per_endpoint(visitor):
    """SOC-7: a token that may read may not write."""
    visitor.sign_in(scope="r_organization_social")

    assert visitor.by_author().status == 200
    assert [visitor.publish("x").status, visitor.comments(SHARE).status, visitor.notices("COMMENT").status] == [403] * 3


def test_pages_are_found_by_the_name_in_their_address(linkedin):
    """SOC-7: an account is linked to its company page; strangers' pages show a few fields."""
    own = linkedin.api("GET", "/rest/organizations/5515715").json
    other = linkedin.api("GET", "/rest/organizations?q=vanityName&vanityName=hikari-denshi").json["elements"]
    nobody = linkedin.api("GET", "/rest/organizations?q=vanityName&vanityName=nobody-here").json["elements"]
    size = linkedin.api("GET", f"/rest/networkSizes/{enc(PAGE)}?edgeType=COMPANY_FOLLOWED_BY_MEMBER").json

    assert set(FACTS["endpoints"]["org"]["body"]) == set(own)
    assert [(one["id"], one["localizedName"], "locations" in one) for one in other] == [(5515801, "ひかり電子株式会社", False)]
    assert (nobody, size) == ([], {"firstDegreeSize": 1342})
    assert linkedin.api("GET", "/rest/organizations/1").json == FACTS["errors"]["not_found"]["body"]


def test_followers_are_found_to_be_mentioned(linkedin):
    found = linkedin.api("GET", f"/rest/peopleTypeahead?q=organizationFollowers&keywords=%E4%BD%90%E8%97%A4&organization={enc(PAGE)}").json

    assert [one["member"] for one in found["elements"]] == [HANAKO, "urn:li:person:Hk3nW9sa"]
    assert set(found["elements"][0]) == set(FACTS["endpoints"]["people.typeahead"]["body"]["elements"][0])


def test_who_acts_on_our_page_may_be_looked_at_and_nobody_else(linkedin, control):
    """SOC-7: GET /rest/people at the Community Management levels."""
    before = linkedin.api("GET", "/rest/people/(id:Ts90saku)")
    control.do("linkedin/post", member="tsuda-sakura", text="さんに感謝", mention="enishi-demo")
    after = linkedin.api("GET", "/rest/people/(id:Ts90saku)").json

    assert before.status == 403
    assert (after["localizedLastName"], after["localizedFirstName"], after["vanityName"]) == ("津田", "桜", "tsuda-sakura")
    assert set(FACTS["endpoints"]["people"]["body"]) <= set(after)


def test_two_apps_do_not_see_each_others_tokens(linkedin, control):
    control.do("linkedin/register-app", client_id="another", client_secret="another-secret", redirect_uris=["http://localhost:9/back"])
    other = LinkedIn(linkedin.url)

    told = other.form(
        "/oauth/v2/introspectToken", {"client_id": "another", "client_secret": "another-secret", "token": linkedin.token}, basic=""
    )

    assert told.json == {"active": False}
    assert linkedin.introspect(linkedin.token)["client_id"] == APP["client_id"]
