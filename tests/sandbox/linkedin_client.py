"""The least of an app that speaks to LinkedIn: the dance, a bearer token, Rest.li headers and encoding."""

import json
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from .conftest import Client, Reply

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "linkedin_facts.json").read_text())
CALLBACK = "http://localhost:8000/social/connect/linkedin/callback"
APP = {"client_id": "sandbox-linkedin", "client_secret": "sandbox-linkedin-secret"}
PAGE = "urn:li:organization:5515715"
MEI, SHUN, DANA, HANAKO = "urn:li:person:782bbtaQ", "urn:li:person:5kTq81xW", "urn:li:person:Qm42ZpLr", "urn:li:person:8675309abc"
SELF = "openid profile email w_member_social"
CM = (
    "w_member_social r_basicprofile r_organization_social w_organization_social r_organization_social_feed w_organization_social_feed "
    "w_member_social_feed rw_organization_admin r_organization_followers"
)
ALL = f"profile {CM} r_member_social r_member_social_feed w_messages w_invitations r_network r_fullprofile"
# The version of this month is alive whenever these tests run.
VERSION = f"{datetime.now(UTC):%Y%m}"
JSON = {"Content-Type": "application/json"}


def enc(urn: str) -> str:
    """A URN as it stands in a path."""
    return quote(urn, safe="")


class LinkedIn(Client):
    """An app of the demo, for one member at a time."""

    def wish(self, **changes: str) -> dict[str, str]:
        return {
            "response_type": "code",
            "client_id": APP["client_id"],
            "redirect_uri": CALLBACK,
            "scope": CM,
            "state": "s 1/ü",
        } | changes

    def ask(self, **changes: str) -> Reply:
        return self.send("GET", "/oauth/v2/authorization?" + urlencode(self.wish(**changes)))

    def decide(self, decision: str = "allow", member: str = "maeda-mei", **changes: str) -> Reply:
        return self.form("/oauth/v2/authorization", self.wish(**changes) | {"decision": decision, "member": member}, basic="")

    def sent_back(self, *args: str, **changes: str) -> dict[str, str]:
        query = urlsplit(self.decide(*args, **changes).headers["location"]).query
        return {name: values[0] for name, values in parse_qs(query).items()}

    def service(self, name: str, **values: str) -> Reply:
        """A form post to the token service, the secret in the body."""
        return self.form(f"/oauth/v2/{name}", APP | values, basic="")

    def exchange(self, code: str, **changes: str) -> Reply:  # type: ignore[override]
        return self.service("accessToken", **{"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK} | changes)

    def refresh(self, token: str) -> Reply:
        return self.service("accessToken", grant_type="refresh_token", refresh_token=token)

    def introspect(self, token: str) -> dict[str, Any]:
        return self.service("introspectToken", token=token).json

    def sign_in(self, **changes: str) -> dict[str, Any]:
        pair: dict[str, Any] = self.exchange(self.sent_back(**changes)["code"]).json
        self.token = pair["access_token"]
        return pair

    def api(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """A call with the headers that /rest wants; `None` leaves one out."""
        usual = {"Authorization": f"Bearer {self.token}"} | (JSON if body is not None else {})
        if path.startswith("/rest/"):
            usual |= {"Linkedin-Version": VERSION, "X-Restli-Protocol-Version": "2.0.0"}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {name: value for name, value in (usual | given).items() if value}
        return self.send(method, path, None if body is None else json.dumps(body, ensure_ascii=False).encode(), merged)

    def raw(self, path: str) -> Reply:
        """A GET whose body is not text; only status and headers are told."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, "")

    def publish(self, text: str, author: str = PAGE, **more: object) -> Reply:
        body = {
            "author": author,
            "commentary": text,
            "visibility": "PUBLIC",
            "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
            "lifecycleState": "PUBLISHED",
        }
        return self.api("POST", "/rest/posts", body | more)

    def posted(self, text: str, author: str = PAGE, **more: object) -> str:
        return self.publish(text, author, **more).headers["x-restli-id"]

    def by_author(self, author: str = PAGE, more: str = "") -> Reply:
        return self.api("GET", f"/rest/posts?q=author&author={enc(author)}{more}", X_RestLi_Method="FINDER")

    def comment(self, urn: str, text: str, actor: str = PAGE, **more: object) -> Reply:
        body = {"actor": actor, "object": urn, "message": {"text": text}}
        return self.api("POST", f"/rest/socialActions/{enc(urn)}/comments", body | more)

    def comments(self, urn: str, more: str = "") -> Reply:
        return self.api("GET", f"/rest/socialActions/{enc(urn)}/comments{more}")

    def react(self, urn: str, actor: str = PAGE, kind: str = "LIKE") -> Reply:
        return self.api("POST", f"/rest/reactions?actor={enc(actor)}", {"root": urn, "reactionType": kind})

    def notices(self, actions: str, more: str = "") -> Reply:
        path = f"/rest/organizationalEntityNotifications?q=criteria&actions=List({actions})&organizationalEntity={enc(PAGE)}{more}"
        return self.api("GET", path)
