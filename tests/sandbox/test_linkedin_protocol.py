"""LinkedIn's strictness: versions, Rest.li headers, percent-encoding, known parameters only."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from sandbox.linkedin import little

from .linkedin_client import FACTS, PAGE, VERSION, enc

ERRORS = FACTS["errors"]
ACLS = "/rest/organizationAcls?q=roleAssignee"


def test_a_missing_version_is_a_400(linkedin):
    """SOC-7: Linkedin-Version is enforced."""
    answer = linkedin.api("GET", ACLS, Linkedin_Version="")

    assert (answer.status, answer.json) == (ERRORS["version_missing"]["http"], ERRORS["version_missing"]["body"])


def test_a_dead_version_is_a_426(linkedin):
    """SOC-7: 202508 ended on Aug 17 2026."""
    answer = linkedin.api("GET", ACLS, Linkedin_Version="202508")

    assert (answer.status, answer.json) == (ERRORS["version_dead"]["http"], ERRORS["version_dead"]["body"])


def test_a_version_dies_about_a_year_after_its_month(linkedin, control):
    """SOC-7: the clock ends a version that worked."""
    born = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ends = born.replace(year=born.year + 1, day=17)
    alive = linkedin.api("GET", ACLS).status
    control.advance((ends - datetime.now(UTC)).total_seconds() - 3_600)
    linkedin.sign_in()
    last_hour = linkedin.api("GET", ACLS).status
    control.advance(3_700)

    assert (alive, last_hour, linkedin.api("GET", ACLS).status) == (200, 200, 426)


@pytest.mark.parametrize("version", ["209912", "2026-08", "202613", "2", "latest"])
def test_a_version_that_never_was_is_a_426(linkedin, version):
    answer = linkedin.api("GET", ACLS, Linkedin_Version=version)

    assert (answer.status, answer.json["code"]) == (426, "NONEXISTENT_VERSION")


def test_v2_takes_no_version(linkedin):
    assert linkedin.api("GET", "/v2/me").status == 200


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", ACLS, {"X_Restli_Protocol_Version": ""}),
        ("GET", ACLS, {"X_Restli_Protocol_Version": "1.0.0"}),
        ("GET", ACLS, {"X_RestLi_Method": "BATCH_GET"}),
        ("GET", f"/rest/posts?q=author&author={enc(PAGE)}", {}),
        ("GET", f"/rest/posts?ids=List({enc('urn:li:share:1')})", {}),
        ("GET", "/rest/posts?q=author&author=urn:li:organization:5515715", {"X_RestLi_Method": "FINDER"}),
        ("GET", "/rest/posts/urn:li:share:1", {}),
        ("GET", "/rest/posts/" + quote("urn:li:share:1", safe=":"), {}),
        ("GET", "/rest/posts/nothing", {}),
        ("GET", "/rest/networkSizes/urn:li:organization:5515715?edgeType=COMPANY_FOLLOWED_BY_MEMBER", {}),
        ("GET", ACLS + "&mood=good", {}),
        ("GET", ACLS + "&role=KING", {}),
        ("GET", ACLS + "&count=101", {}),
        ("GET", ACLS + "&count=-1", {}),
        ("GET", ACLS + "&q=roleAssignee", {}),
        ("GET", "/rest/organizationAcls?q=organization", {}),
        (
            "GET",
            f"/rest/organizationalEntityNotifications?q=criteria&actions=List%28COMMENT%29&organizationalEntity={enc(PAGE)}",
            {},
        ),
        ("GET", f"/rest/organizationalEntityNotifications?q=criteria&actions=List(WAVE)&organizationalEntity={enc(PAGE)}", {}),
        ("DELETE", "/rest/reactions/(actor:urn:li:person:782bbtaQ,entity:urn:li:share:1)", {}),
        ("DELETE", "/rest/reactions/" + quote(f"(actor:{PAGE},entity:urn:li:share:1)", safe=""), {}),
    ],
)
def test_what_breaks_the_protocol_is_a_400(linkedin, method, path, headers):
    """SOC-7: path and parameters are checked for their encoding."""
    answer = linkedin.api(method, path, **headers)

    assert (answer.status, answer.json["code"], answer.json["status"]) == (400, "ILLEGAL_ARGUMENT", 400)


def test_invalid_parameters_have_the_documented_body(linkedin):
    assert linkedin.api("GET", ACLS + "&mood=good").json == ERRORS["bad_request"]["body"]


def test_an_unknown_path_is_404_and_a_wrong_method_405(linkedin):
    assert linkedin.api("GET", "/rest/nothing").json["code"] == "RESOURCE_NOT_FOUND"
    assert linkedin.api("PUT", "/rest/organizationAcls").status == 405


def test_every_answer_names_its_request(linkedin):
    headers = linkedin.api("GET", ACLS).headers

    assert (len(headers["x-li-uuid"]), headers["x-restli-protocol-version"], "x-li-fabric" in headers) == (36, "2.0.0", True)
    assert [name for name in headers if "limit" in name or name == "retry-after"] == []


def test_long_addresses_go_through_the_tunnel(linkedin):
    """SOC-7: over 4 KB as a POST with the query in the body."""
    names = ",".join(enc(f"urn:li:share:{10**18 + number}") for number in range(200))

    direct = linkedin.api("GET", f"/rest/posts?ids=List({names})", X_RestLi_Method="BATCH_GET")
    tunnelled = linkedin.send(
        "POST",
        "/rest/posts",
        f"ids=List({names})".encode(),
        {
            "Authorization": f"Bearer {linkedin.token}",
            "Content-Type": "application/x-www-form-urlencoded",
            "X-HTTP-Method-Override": "GET",
            "X-RestLi-Method": "BATCH_GET",
            "X-Restli-Protocol-Version": "2.0.0",
            "Linkedin-Version": VERSION,
        },
    )

    assert direct.status == 414
    assert (tunnelled.status, len(tunnelled.json["errors"]), tunnelled.json["results"]) == (200, 200, {})


@pytest.mark.parametrize(
    ("written", "kept", "plain"),
    [
        ("普通の文です。", "普通の文です。", "普通の文です。"),
        ("a \\(b\\) c", "a \\(b\\) c", "a (b) c"),
        ("before (after) lost", "before ", "before "),
        ("{hashtag|\\#|縁} and #tag", "{hashtag|\\#|縁} and #tag", "#縁 and #tag"),
        ("@[縁デモ](urn:li:organization:1) さん", "@[縁デモ](urn:li:organization:1) さん", "縁デモ さん"),
        ("mail me@x.example", "mail me", "mail me"),
        ("snake_case", "snake", "snake"),
        ("done \\", "done ", "done "),
        ("👩‍👩‍👧 が (笑)", "👩‍👩‍👧 が ", "👩‍👩‍👧 が "),
    ],
)
def test_little_text_is_cut_at_what_is_not_escaped(written, kept, plain):
    """SOC-7: the trap of unescaped brackets."""
    assert (little.kept(written), little.plain(written)) == (kept, plain)


def test_escaping_loses_nothing():
    text = "a|b {c} @d [e] (f) <g> #h *i* _j_ ~k~ \\l"

    assert (little.plain(little.escape(text)), little.kept(little.escape(text))) == (text, little.escape(text))
