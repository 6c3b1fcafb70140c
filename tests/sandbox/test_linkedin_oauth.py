"""The sandbox's sign-in is LinkedIn's: all or nothing, codes of 30 minutes, no rotation, one set of scopes at a time."""

import pytest

from .linkedin_client import APP, CALLBACK, CM, FACTS, MEI, SELF

BAD_CODE, BAD_REFRESH = FACTS["errors"]["oauth_code"]["body"], FACTS["errors"]["oauth_refresh"]["body"]
REVOKED = FACTS["errors"]["token_revoked"]["body"]


def test_the_whole_dance_ends_in_a_token_that_works(visitor):
    """SOC-7: LinkedIn's OAuth: the secret in the body, a token over 1,000 characters, scopes separated by commas."""
    page, sent_back = visitor.ask(), visitor.decide()
    code = visitor.sent_back()
    answer = visitor.exchange(code["code"])
    visitor.token = answer.json["access_token"]

    assert (page.status, "前田 芽衣" in page.text, 'name="state" value="s 1/ü"' in page.text) == (200, True, True)
    assert (sent_back.status, sent_back.headers["location"].split("?")[0]) == (302, CALLBACK)
    assert (set(code), code["state"]) == ({"code", "state"}, "s 1/ü")
    assert (answer.status, answer.headers["cache-control"], set(answer.json)) == (
        200,
        "no-store",
        {"access_token", "expires_in", "scope", "token_type"},
    )
    assert (answer.json["expires_in"], answer.json["token_type"]) == (FACTS["lives"]["access_s"], "Bearer")
    assert set(answer.json["scope"].split(",")) == set(CM.split())
    assert len(answer.json["access_token"]) > 1_000
    assert visitor.api("GET", "/v2/me").json["id"] == "782bbtaQ"


def test_scopes_come_back_with_blanks_where_the_control_says_so(visitor, control):
    control.do("linkedin/choose", scopes="blank")

    assert visitor.sign_in(scope=SELF)["scope"] == "openid profile email w_member_social"


@pytest.mark.parametrize("error", ["user_cancelled_login", "user_cancelled_authorize"])
def test_cancelling_comes_back_with_its_error(visitor, error):
    """SOC-7: the two ways to say no."""
    back = visitor.sent_back(error)

    assert (back["error"], back["state"], "code" in back) == (error, "s 1/ü", False)


def test_a_scope_whose_product_is_not_granted_comes_back_at_once(visitor, control):
    """SOC-7: the level decides what an app may ask for."""
    control.do("linkedin/level", level="self_serve")

    refused = visitor.ask(scope="openid r_organization_social")
    everything = visitor.ask(scope=SELF)

    assert (refused.status, "unauthorized_scope_error" in refused.headers["location"]) == (302, True)
    assert everything.status == 200


@pytest.mark.parametrize(
    "change",
    [{"redirect_uri": CALLBACK + "/"}, {"client_id": "nobody"}, {"response_type": "token"}, {"state": ""}, {"scope": " "}],
)
def test_a_wrong_wish_is_never_sent_anywhere(visitor, change):
    shown, posted = visitor.ask(**change), visitor.decide(**change)

    assert (shown.status, posted.status, "location" in posted.headers) == (400, 400, False)


def test_a_code_works_once_and_for_30_minutes(visitor, control):
    """SOC-7: a code lives 30 minutes; the clock is moved, nobody sleeps."""
    used, late = visitor.sent_back()["code"], visitor.sent_back()["code"]
    first, second = visitor.exchange(used), visitor.exchange(used)
    control.advance(FACTS["lives"]["code_s"] - 60)
    in_time = visitor.sent_back()["code"]
    control.advance(60)

    assert (first.status, second.status, second.json) == (200, 400, BAD_CODE)
    assert visitor.exchange(late).json == BAD_CODE
    assert visitor.exchange(in_time).status == 200


@pytest.mark.parametrize("change", [{"redirect_uri": CALLBACK.replace("localhost", "127.0.0.1")}, {"code_verifier": "v" * 43}])
def test_another_redirect_or_a_verifier_is_refused(visitor, change):
    answer = visitor.exchange(visitor.sent_back()["code"], **change)

    assert (answer.status, answer.json) == (400, BAD_CODE)


def test_the_secret_belongs_into_the_body(visitor):
    wrong = visitor.service("accessToken", grant_type="refresh_token", refresh_token="x", client_secret="wrong")
    basic = visitor.form("/oauth/v2/accessToken", {"grant_type": "refresh_token", "refresh_token": "x"})

    assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
    assert (basic.status, basic.json["error_description"]) == (400, 'A required parameter "client_id" is missing')


def test_refresh_tokens_are_for_approved_apps_and_do_not_rotate(visitor, control):
    """SOC-7: no rotation; the year runs from the first sign-in."""
    without = visitor.sign_in()
    control.do("linkedin/choose", refresh="1")
    pair = visitor.sign_in()
    control.advance(FACTS["lives"]["access_s"])
    expired = visitor.api("GET", "/v2/me")
    fresh = visitor.refresh(pair["refresh_token"]).json
    visitor.token = fresh["access_token"]

    assert "refresh_token" not in without
    assert pair["refresh_token_expires_in"] == FACTS["lives"]["refresh_s"]
    assert (expired.status, expired.json) == (401, FACTS["errors"]["token_expired"]["body"])
    assert fresh["refresh_token"] == pair["refresh_token"]
    assert abs(fresh["refresh_token_expires_in"] - (FACTS["lives"]["refresh_s"] - FACTS["lives"]["access_s"])) < 60
    assert visitor.api("GET", "/v2/me").status == 200
    control.advance(FACTS["lives"]["refresh_s"] - FACTS["lives"]["access_s"])
    late = visitor.refresh(pair["refresh_token"])
    assert (late.status, late.json) == (400, BAD_REFRESH)


def test_another_set_of_scopes_ends_every_earlier_token(visitor):
    """SOC-7: the trap of connecting twice; the same set in another order changes nothing."""
    old = visitor.sign_in(scope="w_member_social profile")["access_token"]
    visitor.sign_in(scope="profile w_member_social")
    visitor.token = old
    before = visitor.api("GET", "/v2/me").status
    visitor.sign_in(scope="profile")
    visitor.token = old

    after = visitor.api("GET", "/v2/me")

    assert (before, after.status, after.json) == (200, 401, REVOKED)
    assert visitor.introspect(old)["status"] == "revoked"


def test_another_members_tokens_stay(visitor):
    mine = visitor.sign_in(scope="profile")["access_token"]
    visitor.sign_in(scope="profile w_member_social", member="aoki-shun")
    visitor.token = mine

    assert visitor.api("GET", "/v2/me").status == 200


def test_introspection_tells_how_a_token_is(linkedin, control):
    """SOC-7: how a revocation is found, for LinkedIn tells nobody of it."""
    live = linkedin.introspect(linkedin.token)
    control.do("linkedin/revoke", member="maeda-mei")
    dead, unknown = linkedin.introspect(linkedin.token), linkedin.introspect("never seen")

    assert set(live) == {"active", "client_id", "authorized_at", "created_at", "status", "expires_at", "scope", "auth_type"}
    assert (live["active"], live["status"], live["client_id"], live["auth_type"]) == (True, "active", APP["client_id"], "3L")
    assert live["expires_at"] - live["created_at"] == FACTS["lives"]["access_s"]
    assert (dead["active"], dead["status"], unknown) == (False, "revoked", {"active": False})


def test_introspection_of_an_old_token_says_expired(linkedin, control):
    control.advance(FACTS["lives"]["access_s"])

    assert linkedin.introspect(linkedin.token)["status"] == "expired"


def test_a_member_who_takes_consent_back_ends_every_token(visitor, control):
    """SOC-7: revoke access on the control."""
    control.do("linkedin/choose", refresh="1")
    pair = visitor.sign_in()

    control.do("linkedin/revoke", member=MEI)

    answer = visitor.api("GET", "/v2/me")
    assert (answer.status, answer.json) == (401, REVOKED)
    assert visitor.refresh(pair["refresh_token"]).json == BAD_REFRESH


def test_the_member_can_do_so_on_the_site(linkedin):
    """SOC-7: the page where the network lets people take access back."""
    page = linkedin.send("GET", "/mypreferences/d/data-sharing-for-permitted-services")
    linkedin.form("/mypreferences/d/data-sharing-for-permitted-services", {"member": "782bbtaQ"}, basic="")

    assert ("sandbox-linkedin" in page.text, "前田 芽衣" in page.text) == (True, True)
    assert linkedin.api("GET", "/v2/me").json == REVOKED


def test_an_app_revokes_its_own_token(linkedin):
    answer = linkedin.service("revoke", token=linkedin.token)

    assert (answer.status, answer.text) == (200, "")
    assert linkedin.api("GET", "/v2/me").json == REVOKED


@pytest.mark.parametrize(("token", "error"), [("", "token_empty"), ("AQX" + "x" * 1_100, "token_invalid")])
def test_no_token_and_an_unknown_one(visitor, token, error):
    visitor.token = token

    answer = visitor.api("GET", "/v2/me", Authorization=f"Bearer {token}" if token else "")

    assert (answer.status, answer.json) == (FACTS["errors"][error]["http"], FACTS["errors"][error]["body"])


def test_an_app_token_is_not_given_out(visitor):
    answer = visitor.service("accessToken", grant_type="client_credentials")

    assert (answer.status, answer.json["error"]) == (401, "access_denied")
