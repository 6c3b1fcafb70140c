"""What is written at LinkedIn: posts, comments, reactions; messages and invitations where the level has them.

Who acts is the account of the connection: a company page, or the member. None of it can be repeated without harm but reactions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.remote.errors import AlreadyDone, Gone, Rejected
from core.remote.network import Network
from core.remote.wires import Wire

from . import shapes
from .restli import PERSON, address, comment_parts, enc, record, versioned, written

ONESELF = _("On LinkedIn only people write messages and invitations, no pages. Choose your own account.")


class Writing(Network):
    """What of LinkedIn writes."""

    def comment(self, wire: Wire, answers: str, text: str) -> str:
        """Comment on a post, or answer a comment; the id of ours. An answer to an answer goes below the same comment as it."""
        post, _number = comment_parts(answers)
        parent = (self.above(wire, answers) or answers) if post else ""  # type: ignore[attr-defined]
        body: dict[str, Any] = {"actor": _us(wire), "object": post or answers, "message": {"text": written(text)}}
        if parent:
            body["parentComment"] = parent
        answer = wire.call(
            "POST", "comments.create", f"/rest/socialActions/{enc(parent or answers)}/comments", json=body, headers=versioned()
        )
        named = shapes.as_dict(answer.json_or_none()).get("commentUrn")
        return str(named) if named else f"urn:li:comment:({post or answers},{shapes.created(answer)})"

    def post(self, wire: Wire, text: str) -> str:
        """Publish as the page or the member; the id of the post."""
        return self._published(wire, {"commentary": written(text)})

    def repost(self, wire: Wire, item: str) -> str:
        """Share a post on; the id of ours."""
        return self._published(wire, {"commentary": "", "reshareContext": {"parent": item}})

    @staticmethod
    def _published(wire: Wire, more: dict[str, Any]) -> str:
        body = {
            "author": _us(wire),
            "visibility": "PUBLIC",
            "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
            **more,
        }
        return shapes.created(wire.call("POST", "posts.create", "/rest/posts", json=body, headers=versioned()))

    def like(self, wire: Wire, item: str) -> None:
        path = address("/rest/reactions", {"actor": _us(wire)})
        wire.post("reactions.create", path, {"root": item, "reactionType": "LIKE"}, headers=versioned())

    def unlike(self, wire: Wire, item: str) -> None:
        """Take the like back. Where there is none, that is so already."""
        key = record({"actor": _us(wire), "entity": item})
        try:
            wire.delete("reactions.delete", f"/rest/reactions/{key}", headers=versioned())
        except Gone as error:
            raise AlreadyDone from error

    def message(self, wire: Wire, target: Mapping[str, Any], text: str) -> str:
        """Write into a conversation there is, or to a person; the id of the message."""
        if target.get("conversation"):
            return self.write_in(wire, str(target["conversation"]), text)
        return self.write(wire, str(target["person"]), text)

    def write(self, wire: Wire, person: str, text: str) -> str:
        """Write to one of one's own connections; the id of the message."""
        body = {"recipients": [person], "subject": "", "body": text, "messageType": "MEMBER_TO_MEMBER"}
        return self._sent(wire, "messages", body)

    def write_in(self, wire: Wire, conversation: str, text: str) -> str:
        """Write into a conversation there is; the id of the message."""
        return self._sent(wire, "messages", {"thread": conversation, "body": text, "messageType": "MEMBER_TO_MEMBER"})

    def invite(self, wire: Wire, person: str, text: str) -> str:
        """Ask somebody to connect; the id of the invitation."""
        words = {"message": {"com.linkedin.invitations.InvitationMessage": {"body": text}}} if text.strip() else {}
        return self._sent(wire, "invitations", {"invitee": person, **words})

    @staticmethod
    def _sent(wire: Wire, kind: str, body: dict[str, Any]) -> str:
        if not _us(wire).startswith(PERSON):
            raise Rejected(ONESELF, "a page")
        return shapes.created(wire.call("POST", kind, f"/v2/{kind}", json=body))


def _us(wire: Wire) -> str:
    return str(wire.connection.chain.outside_id)
