"""The sandbox's Facebook lets people in as Facebook does: dialog, code, short and long tokens, page tokens, revocation."""

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.facebook import apps

from .graph import ALL, APP, CAFE, CALLBACK, CONTRACT, ERRORS, MODERATOR, OWNER, PAGE, ROASTERY, SECRET, STRANGER, proof

VECTOR = CONTRACT["webhooks"]["vector"]
DEAD = {"password": 460, "checkpoint": 459, "unconfirmed": 464, "unused": 467, "other": None}


def test_the_whole_way_ends_in_page_tokens_without_end(graph):
    """SOC-7: code, short token, long-lived token, page tokens, each as documented."""
    shown = graph.send("GET", "/v25.0/dialog/oauth?client_id=900000000000001&redirect_uri=" + CALLBACK + "&state=x&scope=pages_show_list")
    sent_back = urlsplit(graph.decide().headers["location"])
    short = graph.exchange(parse_qs(sent_back.query)["code"][0])
    long = graph.lengthen(short.json["access_token"])
    graph.token = graph.user = long.json["access_token"]

    accounts = graph.get("/me/accounts", fields="id,name,access_token,tasks,category").json
    told = graph.debug(accounts["data"][0]["access_token"])

    assert (shown.status, "縁デモ株式会社" in shown.text, 'name="permission" value="pages_show_list"' in shown.text) == (200, True, True)
    assert f"{sent_back.scheme}://{sent_back.netloc}{sent_back.path}" == CALLBACK
    assert (parse_qs(sent_back.query)["state"], sent_back.fragment) == (["s 1/ü"], "_=_")
    assert (short.json["token_type"], short.json["expires_in"], long.json["expires_in"]) == ("bearer", 5400, 5183944)
    assert [one["id"] for one in accounts["data"]] == [PAGE, CAFE, ROASTERY]
    assert set(accounts["data"][0]) == {"id", "name", "access_token", "tasks", "category"}
    assert (told["type"], told["is_valid"], told["expires_at"], told["profile_id"], told["app_id"]) == ("PAGE", True, 0, PAGE, APP)
    assert told["granular_scopes"][0] == {"scope": "pages_show_list", "target_ids": [PAGE, CAFE, ROASTERY]}
    assert told["data_access_expires_at"] > 0


def test_a_page_token_of_a_short_token_ends_with_it(graph):
    graph.token = graph.user = graph.exchange(graph.code()).json["access_token"]

    graph.as_page()

    assert graph.debug(graph.token)["expires_at"] == graph.debug(graph.user)["expires_at"] > 0


def test_cancel_comes_back_as_documented(graph):
    """SOC-7: cancel in the dialog."""
    answer = graph.decide(decision="cancel")

    told = {name: value[0] for name, value in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert told == CONTRACT["denied_redirect"] | {"state": "s 1/ü"}


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK + "?next=1"},
        {"client_id": "1"},
        {"response_type": "token"},
        {"state": ""},
        {"scope": "pages_show_list,everything"},
        {"config_id": "1"},
    ],
)
def test_a_wrong_wish_is_never_sent_anywhere(graph, change):
    """SOC-7: exact redirect match."""
    answer = graph.decide(**change)

    assert (answer.status, "location" in answer.headers) == (400, False)


def test_single_permissions_can_be_declined_and_are_not_asked_again_without_rerequest(graph):
    """SOC-7: decline single permissions; auth_type=rerequest asks again."""
    without = tuple(name for name in ALL if name != "pages_messaging")
    graph.sign_in(permissions=without)
    declined = graph.get("/me/permissions").json["data"]
    graph.sign_in(permissions=ALL)
    still = graph.get("/me/permissions").json["data"]
    graph.sign_in(permissions=ALL, auth_type="rerequest")
    granted = graph.get("/me/permissions").json["data"]

    wanted = {"permission": "pages_messaging", "status": "declined"}
    assert wanted in declined
    assert wanted in still
    assert {one["status"] for one in granted} == {"granted"}
    assert "pages_messaging" in graph.debug(graph.token)["scopes"]


def test_a_login_configuration_takes_the_place_of_scopes(graph):
    graph.sign_in(config_id="910000000000001", scope="")

    assert {one["permission"] for one in graph.get("/me/permissions").json["data"]} == {"public_profile", *ALL}


def test_scopes_may_be_separated_by_blanks_as_well(graph):
    graph.sign_in(scope="pages_show_list pages_messaging", permissions=("pages_show_list", "pages_messaging"))

    assert {one["permission"] for one in graph.get("/me/permissions").json["data"]} == {
        "public_profile",
        "pages_show_list",
        "pages_messaging",
    }


def test_an_oauth_library_may_prove_the_app_by_basic(graph):
    body = urlencode({"grant_type": "authorization_code", "code": graph.code(), "redirect_uri": CALLBACK}).encode()
    right, wrong = (base64.b64encode(f"{APP}:{secret}".encode()).decode() for secret in (SECRET, "wrong"))
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    refused = graph.send("POST", "/v25.0/oauth/access_token", body, form | {"Authorization": f"Basic {wrong}"})
    answer = graph.send("POST", "/v25.0/oauth/access_token", body, form | {"Authorization": f"Basic {right}"})

    assert refused.json["error"]["message"] == "Error validating client secret."
    assert answer.json["token_type"] == "bearer"


def test_only_pages_that_were_chosen_and_are_managed_are_listed(graph):
    """SOC-7: the person chooses pages; pages in a business need business_management."""
    graph.sign_in(pages=(PAGE, "202020202020202"))
    chosen = [one["id"] for one in graph.get("/me/accounts").json["data"]]
    graph.sign_in(pages=(PAGE, ROASTERY), permissions=("pages_show_list",))
    outside = [one["id"] for one in graph.get("/me/accounts").json["data"]]
    graph.sign_in(person=MODERATOR)
    moderated = graph.get("/me/accounts", fields="tasks").json["data"]

    assert (chosen, outside) == ([PAGE], [PAGE])
    assert moderated == [{"tasks": ["MODERATE", "MESSAGING", "ANALYZE"], "id": PAGE}]


def test_without_pages_show_list_there_is_no_page(graph):
    graph.sign_in(permissions=("pages_messaging",))

    assert graph.get("/me/accounts").json == {"data": []}


def test_a_code_works_once_for_ten_minutes_and_its_own_redirect(graph, control):
    """SOC-7: code one-time, ten minutes."""
    code = graph.code()
    elsewhere = graph.exchange(code, redirect_uri=CALLBACK.replace("localhost", "127.0.0.1"))
    first, second = graph.exchange(code), graph.exchange(code)
    late = graph.code()
    control.advance(600)

    assert (elsewhere.code, first.status, second.code) == ((100, 36008), 200, (100, 36009))
    assert graph.exchange(late).code == (100, 36007)
    assert graph.exchange("nonsense").json["error"]["message"] == "Invalid verification code format."
    assert graph.exchange(graph.code(), client_secret="wrong").json["error"]["message"] == "Error validating client secret."
    assert graph.exchange(graph.code(), client_id="5").code == (101, None)


def test_an_expired_token_says_so_and_cannot_be_lengthened(graph, control):
    """SOC-7: 190/463; no exchange of an expired token."""
    graph.sign_in()
    control.advance(5_183_944)

    refused, longer = graph.get("/me"), graph.lengthen(graph.token)

    assert (refused.status, refused.code, longer.code) == (401, (190, 463), (190, 463))
    assert refused.json["error"]["message"].startswith("Error validating access token: Session has expired on ")
    assert graph.debug(graph.token)["error"]["subcode"] == 463


def test_the_proof_must_be_there_and_right(graph, control):
    """SOC-7: appsecret_proof."""
    graph.sign_in()

    missing = graph.get("/me", appsecret_proof=None)
    wrong = graph.get("/me", appsecret_proof="0" * 64)
    control.do("facebook/register-app", id=APP, needs_proof="false")

    assert (missing.code, "appsecret_proof" in missing.json["error"]["message"]) == ((100, None), True)
    assert wrong.json["error"]["message"] == "Invalid appsecret_proof provided in the API argument"
    assert graph.get("/me", appsecret_proof=None).status == 200
    assert graph.get("/me", appsecret_proof="0" * 64).code == (100, None)


def test_the_signatures_are_those_of_the_documents():
    """SOC-7: the vectors of the contract."""
    assert apps.proof(VECTOR["key"], VECTOR["access_token"]) == VECTOR["appsecret_proof"]
    assert apps.signature(VECTOR["key"], VECTOR["raw_body"].encode()) == VECTOR["x_hub_signature_256"]
    assert proof(VECTOR["access_token"], VECTOR["key"]) == VECTOR["appsecret_proof"]


def test_a_token_goes_in_the_header_as_well(graph):
    graph.sign_in()

    answer = graph.send("GET", f"/v25.0/me?appsecret_proof={proof(graph.token)}", None, {"Authorization": f"Bearer {graph.token}"})

    assert answer.json == {"name": "青木 太郎", "id": "1220000000000901"}


@pytest.mark.parametrize(
    ("path", "token", "code"), [("/me", "", (2500, None)), ("/1", "", (104, None)), ("/me", "EAABnonsense", (190, None))]
)
def test_no_token_and_nonsense_have_their_own_codes(graph, path, token, code):
    assert graph.get(path, token).code == code


def test_a_person_who_takes_the_app_off_ends_every_token_and_the_app_is_told(graph, control, ear):
    """SOC-7: revocation, the deauthorize callback and its signed_request."""
    control.do("facebook/register-app", id=APP, deauthorize_url=ear.url)
    graph.sign_in().as_page()

    control.do("facebook/revoke", person=OWNER)

    heard = ear.next()
    signature, payload = heard.form["signed_request"].split(".")
    told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    right = base64.urlsafe_b64encode(hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    assert (signature, told["user_id"], told["algorithm"]) == (right, "1220000000000901", "HMAC-SHA256")
    assert isinstance(told["issued_at"], int)
    assert graph.get(f"/{PAGE}").code == graph.get("/me", graph.user).code == (190, 458)
    assert graph.get("/me", graph.user).json["error"]["message"].endswith(f"has not authorized application {APP}.")
    dead = graph.debug(graph.user)
    assert (dead["is_valid"], dead["scopes"], dead["error"]["code"], dead["error"]["subcode"]) == (False, [], 190, 458)


def test_the_app_takes_itself_off_or_gives_one_permission_back(graph):
    """SOC-7: DELETE /{user-id}/permissions and /permissions/{name}."""
    graph.sign_in()

    one = graph.delete("/me/permissions/pages_messaging")
    left = graph.get("/me/permissions").json["data"]
    everything = graph.delete("/1220000000000901/permissions", f"{APP}|{SECRET}")

    assert (one.json, everything.json) == ({"success": True}, {"success": True})
    assert {"permission": "pages_messaging", "status": "declined"} in left
    assert graph.get("/me").code == (190, 458)


def test_data_deletion_is_asked_for_and_its_answer_kept(control, graph, ear):
    """SOC-7: the data-deletion callback."""
    ear.answers = [(200, json.dumps({"url": "https://crm.example/deletion/1", "confirmation_code": "1"}))]
    control.do("facebook/register-app", id=APP, deletion_url=ear.url)

    control.do("facebook/forget", person="佐藤 花子")

    assert "signed_request" in ear.next().form
    graph.send("GET", "/healthz")
    told = control.get("facebook/deliveries")["deliveries"][0]
    assert told["kind"] == "deletion"


@pytest.mark.parametrize(("why", "subcode"), DEAD.items())
def test_each_death_of_a_token_has_its_subcode(graph, control, why, subcode):
    """SOC-7: 190 with each subcode, as the contract words it."""
    graph.sign_in().as_page()
    control.do("facebook/kill", person=OWNER, why=why)

    answer = graph.get(f"/{PAGE}")

    wanted = next(one for one in ERRORS.values() if one["match"] == {"code": 190, **({"subcode": subcode} if subcode else {})})
    assert (answer.status, answer.code) == (wanted["http"], (190, subcode))
    assert answer.json["error"]["message"] == wanted["body"]["error"]["message"]


def test_who_loses_the_role_loses_the_page_token_only(graph, control):
    """SOC-7: 190/492."""
    graph.sign_in(person=MODERATOR).as_page()
    control.do("facebook/role", person=MODERATOR, tasks="")

    assert graph.get(f"/{PAGE}").code == (190, 492)
    assert graph.get("/me", graph.user).status == 200


def test_ninety_days_without_use_end_the_access_to_personal_data(graph, control):
    """SOC-7: data_access_expires_at."""
    graph.sign_in().as_page()
    control.advance(90 * 86_400)

    assert graph.get(f"/{PAGE}").status == 200
    assert graph.get(f"/{PAGE}/visitor_posts").code == (10, None)

    graph.sign_in().as_page()
    assert graph.get(f"/{PAGE}/visitor_posts").status == 200


def test_at_the_standard_level_only_people_with_a_role_in_the_app_come_in(graph, control):
    """SOC-7: levels."""
    control.do("facebook/level", level="standard")

    refused, allowed = graph.decide(person=STRANGER), graph.decide(person=OWNER)

    assert (refused.status, allowed.status) == (400, 302)


def test_the_app_token_is_the_same_by_both_ways(graph):
    query = f"/v25.0/oauth/access_token?grant_type=client_credentials&client_id={APP}&client_secret={SECRET}"
    issued = graph.send("GET", query).json["access_token"]
    graph.sign_in()

    answer = graph.get("/debug_token", issued, input_token=graph.token)

    assert (answer.json["data"]["type"], answer.json["data"]["user_id"]) == ("USER", "1220000000000901")
    assert graph.get("/debug_token", issued, input_token="nonsense").json["data"]["is_valid"] is False
    assert graph.get("/debug_token", input_token=graph.token).code == (10, None)


def test_the_log_keeps_no_secret(page, control):
    page.get(f"/{PAGE}/feed", limit=1)

    queries = [row["query"] for row in control.requests()]

    assert "limit=1" in queries[0]
    assert not any(word in query for query in queries for word in (page.token, page.user, SECRET, proof(page.token)))
