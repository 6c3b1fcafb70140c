"""The sandbox's sign-in is X's: PKCE, one-time codes of 30 seconds, rotation that kills a reused chain."""

from urllib.parse import parse_qs, urlsplit

import pytest

from .conftest import CALLBACK, SCOPES

BAD_TOKEN = {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}
BAD_CODE = {"error": "invalid_request", "error_description": "Value passed for the authorization code was invalid."}
NO_CLIENT = {"error": "unauthorized_client", "error_description": "Missing valid authorization header"}


def test_the_whole_dance_ends_in_a_token_that_works(stranger):
    """SOC-7: the OAuth flow of X with PKCE."""
    page = stranger.get("/i/oauth2/authorize", **stranger.wish())
    sent_back = urlsplit(stranger.decide().headers["location"])
    answer = stranger.exchange(parse_qs(sent_back.query)["code"][0])

    stranger.token = answer.json["access_token"]
    me = stranger.get("/2/users/me")

    assert (page.status, "縁デモ株式会社" in page.text, 'name="state" value="s 1/ü"' in page.text) == (200, True, True)
    assert f"{sent_back.scheme}://{sent_back.netloc}{sent_back.path}" == CALLBACK
    assert parse_qs(sent_back.query)["state"] == ["s 1/ü"]
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert {key: answer.json[key] for key in ("token_type", "expires_in", "scope")} == {
        "token_type": "bearer",
        "expires_in": 7200,
        "scope": SCOPES,
    }
    assert me.json == {"data": {"id": "1500000000000000900", "name": "縁デモ株式会社", "username": "enishi_demo"}}


def test_cancel_comes_back_as_access_denied(stranger):
    answer = stranger.decide("cancel")

    assert answer.status == 302
    assert parse_qs(urlsplit(answer.headers["location"]).query) == {"error": ["access_denied"], "state": ["s 1/ü"]}


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": CALLBACK + "/"},
        {"client_id": "nobody"},
        {"response_type": "token"},
        {"state": ""},
        {"state": "x" * 501},
        {"scope": "tweet.read everything"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
    ],
)
def test_a_wrong_wish_is_never_sent_anywhere(stranger, change):
    shown, posted = stranger.get("/i/oauth2/authorize", **stranger.wish(**change)), stranger.decide(**change)

    assert (shown.status, posted.status) == (400, 400)
    assert "location" not in posted.headers


def test_a_wrong_verifier_or_redirect_is_refused(stranger):
    """SOC-7: PKCE is verified."""
    code = stranger.code()

    wrong_verifier = stranger.exchange(code, verifier="another")
    wrong_redirect = stranger.exchange(code, redirect_uri=CALLBACK.replace("localhost", "127.0.0.1"))

    assert wrong_verifier.status == 400
    assert wrong_verifier.json["error_description"] == "Value passed for the code verifier did not match the code challenge."
    assert wrong_redirect.status == 400
    assert wrong_redirect.json["error"] == "invalid_request"


def test_a_code_works_once(stranger):
    code = stranger.code()

    first, second = stranger.exchange(code), stranger.exchange(code)

    assert first.status == 200
    assert (second.status, second.json) == (400, BAD_CODE)


def test_a_code_dies_after_thirty_seconds(stranger, control):
    """SOC-7: a code lives 30 s; the clock is moved, nobody sleeps."""
    code = stranger.code()
    control.advance(30)

    answer = stranger.exchange(code)

    assert (answer.status, answer.json) == (400, BAD_CODE)


@pytest.mark.parametrize("basic", ["", "Basic nonsense", "Basic c2FuZGJveC1jbGllbnQ6d3Jvbmc=", "Bearer x"])
def test_a_confidential_app_must_prove_itself(stranger, basic):
    answer = stranger.exchange(stranger.code(), basic=basic)

    assert (answer.status, answer.json) == (401, NO_CLIENT)


def test_a_public_app_names_itself_in_the_body(stranger, control):
    control.register_app("public", "", CALLBACK)
    values = {"grant_type": "refresh_token", "refresh_token": "x"}

    named = stranger.form("/2/oauth2/token", values | {"client_id": "public"}, basic="")
    confidential = stranger.form("/2/oauth2/token", values | {"client_id": "sandbox-client"}, basic="")

    assert (named.status, named.json) == (400, BAD_TOKEN)
    assert (confidential.status, confidential.json) == (401, NO_CLIENT)


def test_no_refresh_token_without_offline_access(stranger):
    pair = stranger.sign_in(scope="tweet.read users.read")

    assert "refresh_token" not in pair


def test_an_access_token_ends_after_two_hours_and_a_refresh_brings_a_new_pair(stranger, control):
    """SOC-7: expiry and rotation."""
    old = stranger.sign_in()
    control.advance(7200)
    expired = stranger.get("/2/users/me")

    new = stranger.refresh(old["refresh_token"]).json
    stranger.token = new["access_token"]

    assert (expired.status, expired.json) == (
        401,
        {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"},
    )
    assert stranger.get("/2/users/me").status == 200
    assert new["refresh_token"] != old["refresh_token"]
    assert new["scope"] == SCOPES


def test_a_reused_refresh_token_kills_the_chain(stranger):
    """SOC-7: what happens when two workers refresh at once without a lock."""
    old = stranger.sign_in()
    new = stranger.refresh(old["refresh_token"]).json
    stranger.token = new["access_token"]

    reused = stranger.refresh(old["refresh_token"])

    assert (reused.status, reused.json) == (400, BAD_TOKEN)
    assert stranger.get("/2/users/me").status == 401
    assert stranger.refresh(new["refresh_token"]).json == BAD_TOKEN


def test_a_revoked_token_is_dead_and_so_is_its_chain(client):
    pair = client.sign_in()

    answer = client.form("/2/oauth2/revoke", {"token": pair["refresh_token"], "token_type_hint": "refresh_token"})

    assert (answer.status, answer.json) == (200, {"revoked": True})
    assert client.get("/2/users/me").status == 401


def test_an_account_that_takes_its_consent_back_ends_every_token(stranger, control):
    """SOC-7: revoke access on the control."""
    pair = stranger.sign_in()

    control.revoke("enishi_demo")

    assert stranger.get("/2/users/me").status == 401
    assert stranger.refresh(pair["refresh_token"]).json == BAD_TOKEN


def test_an_app_token_reads_but_is_nobody(stranger):
    answer = stranger.form("/oauth2/token", {"grant_type": "client_credentials"})
    stranger.token = answer.json["access_token"]

    found, me = stranger.get("/2/users/by/username/sato_hanako"), stranger.get("/2/users/me")

    assert (found.status, found.headers["x-rate-limit-limit"]) == (200, "300")
    assert (me.status, me.json["title"]) == (403, "Unsupported Authentication")
