"""Sign in with LinkedIn using OpenID Connect: discovery, keys, id_token, and what userinfo tells."""

from typing import Any

from .. import pictures
from ..store import Row, Store
from ..web import Answer, Request, as_json
from . import members, signing

ISSUER = "https://www.linkedin.com"
PICTURE_LIFE_S = 86_400
ID_TOKEN_LIFE_S = 3_600


def base(request: Request) -> str:
    """Where the sandbox is, as the caller knows it."""
    scheme = request.headers.get("x-forwarded-proto", "http")
    return f"{scheme}://{request.headers.get('host', 'localhost')}"


def discovery(store: Store, request: Request) -> Answer:
    """GET /oauth/.well-known/openid-configuration. The issuer is LinkedIn's name; the addresses are where it answers here."""
    site = base(request)
    return as_json(
        {
            "issuer": ISSUER,
            "authorization_endpoint": f"{site}/oauth/v2/authorization",
            "token_endpoint": f"{site}/oauth/v2/accessToken",
            "userinfo_endpoint": f"{site}/v2/userinfo",
            "jwks_uri": f"{site}/oauth/openid/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email"],
            "claims_supported": [
                "iss",
                "aud",
                "iat",
                "exp",
                "sub",
                "name",
                "given_name",
                "family_name",
                "picture",
                "email",
                "email_verified",
                "locale",
            ],
        }
    )


def jwks(store: Store, request: Request) -> Answer:
    """GET /oauth/openid/jwks."""
    return as_json({"keys": [signing.key(store).public()]})


def id_token(store: Store, request: Request, client_id: str, member: Row, scope: str) -> str:
    """Who signed in, signed. A nonce is not returned reliably by LinkedIn, so not at all here: state is the guard."""
    now_s = store.now_ms() // 1000
    claims = {"iss": ISSUER, "aud": client_id, "iat": now_s, "exp": now_s + ID_TOKEN_LIFE_S, **claims_of(store, request, member, scope)}
    return signing.key(store).token(claims)


def claims_of(store: Store, request: Request, member: Row, scope: str) -> dict[str, Any]:
    """What the scopes tell about the member."""
    scopes = scope.split()
    claims: dict[str, Any] = {"sub": member["id"]}
    if "profile" in scopes:
        claims |= {
            "name": members.full_name(member),
            "given_name": member["first"],
            "family_name": member["last"],
            "picture": picture(store, request, member),
            "locale": _locale(store, member),
        }
    if "email" in scopes:
        claims |= {"email": member["email"], "email_verified": True}
    return claims


def picture(store: Store, request: Request, member: Row) -> str:
    """The address of the member's photo; it ends after a day."""
    ends_s = (store.now_ms() // 1000 // PICTURE_LIFE_S + 2) * PICTURE_LIFE_S
    return pictures.address(base(request), "linkedin", member["id"], 200, ends_s)


def _locale(store: Store, member: Row) -> Any:
    """It has been an object and a string; the control chooses."""
    if store.setting("li_locale", "object") == "string":
        return f"{member['language']}_{member['country']}"
    return {"country": member["country"], "language": member["language"]}
