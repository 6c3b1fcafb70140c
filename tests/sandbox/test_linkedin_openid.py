"""OpenID Connect of the sandbox's LinkedIn, held by somebody else's cryptography."""

import base64
import json
import time
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from .linkedin_client import APP, FACTS, SELF


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _verified(token: str, keys: list[dict[str, Any]]) -> dict[str, Any]:
    head, claims, signature = token.split(".")
    told = json.loads(_bytes(head))
    key = next(one for one in keys if one["kid"] == told["kid"])
    assert (told["alg"], key["kty"], key["alg"], key["use"]) == ("RS256", "RSA", "RS256", "sig")
    public = RSAPublicNumbers(int.from_bytes(_bytes(key["e"]), "big"), int.from_bytes(_bytes(key["n"]), "big")).public_key()
    assert public.key_size == 2_048
    public.verify(_bytes(signature), f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
    found: dict[str, Any] = json.loads(_bytes(claims))
    return found


def test_discovery_leads_to_everything(visitor):
    """SOC-7: a client that knows only the discovery address finds the rest, in the sandbox."""
    found = visitor.send("GET", "/oauth/.well-known/openid-configuration").json

    assert (found["issuer"], found["id_token_signing_alg_values_supported"]) == ("https://www.linkedin.com", ["RS256"])
    assert {name: found[name] for name in found if name.endswith(("endpoint", "_uri"))} == {
        "authorization_endpoint": f"{visitor.url}/oauth/v2/authorization",
        "token_endpoint": f"{visitor.url}/oauth/v2/accessToken",
        "userinfo_endpoint": f"{visitor.url}/v2/userinfo",
        "jwks_uri": f"{visitor.url}/oauth/openid/jwks",
    }


def test_the_id_token_is_signed_by_a_key_of_the_key_set(visitor):
    """SOC-7: RS256 and JWKS."""
    token = visitor.sign_in(scope=SELF)["id_token"]
    keys = visitor.send("GET", "/oauth/openid/jwks").json["keys"]

    claims = _verified(token, keys)

    assert (claims["iss"], claims["aud"], claims["sub"]) == ("https://www.linkedin.com", APP["client_id"], "782bbtaQ")
    assert (claims["name"], claims["email"]) == ("前田 芽衣", "maeda-mei@mail.example")
    assert claims["iat"] <= time.time() < claims["exp"]


def test_a_changed_id_token_does_not_verify(visitor):
    head, claims, signature = visitor.sign_in(scope=SELF)["id_token"].split(".")
    keys = visitor.send("GET", "/oauth/openid/jwks").json["keys"]
    other = base64.urlsafe_b64encode(_bytes(claims).replace(b"782bbtaQ", b"8675309a")).rstrip(b"=").decode()

    with pytest.raises(InvalidSignature):
        _verified(f"{head}.{other}.{signature}", keys)


def test_no_id_token_without_openid(visitor):
    assert "id_token" not in visitor.sign_in(scope="profile w_member_social")


def test_userinfo_has_what_the_scopes_say(visitor, control):
    """SOC-7: userinfo, with a locale that is an object or a string."""
    visitor.sign_in(scope=SELF)
    full = visitor.api("GET", "/v2/userinfo").json
    control.do("linkedin/choose", locale="string")
    with_string = visitor.api("GET", "/v2/userinfo").json
    visitor.sign_in(scope="openid", member="harriet-whitmore")
    little = visitor.api("GET", "/v2/userinfo").json

    assert set(full) == set(FACTS["endpoints"]["userinfo"]["body"])
    assert (full["sub"], full["given_name"], full["family_name"]) == ("782bbtaQ", "芽衣", "前田")
    assert (full["locale"], with_string["locale"]) == ({"country": "JP", "language": "ja"}, "ja_JP")
    assert little == {"sub": "Wm28harT"}


def test_the_picture_is_a_picture(visitor):
    """SOC-7: what SOC-16 fetches."""
    visitor.sign_in(scope=SELF)
    address = visitor.api("GET", "/v2/userinfo").json["picture"]

    answer = visitor.raw(address.removeprefix(visitor.url))

    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")


def test_a_fresh_token_may_be_refused_for_a_moment(visitor, control):
    """SOC-7: 401 65601 on a token seconds old, which is not a revocation."""
    visitor.sign_in(scope=SELF)
    control.do("linkedin/fault", kind="revoked_token", count=2, path_prefix="/v2/userinfo")

    statuses = [visitor.api("GET", "/v2/userinfo").status for _ in range(3)]

    assert statuses == [401, 401, 200]
    assert visitor.introspect(visitor.token)["active"] is True
