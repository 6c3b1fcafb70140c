"""What X says when it says no: each refusal with its documented status and body."""

from typing import Any

TYPES = "https://api.twitter.com/2/problems/"
BLANK = "about:blank"

Body = dict[str, Any]


class Problem(Exception):  # noqa: N818 (X's own word for it)
    """A refusal on its way to the client."""

    def __init__(self, status: int, body: Body, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(body.get("title") or body.get("error"))
        self.status, self.body, self.headers = status, body, headers


def plain(status: int, title: str, detail: str = "") -> Problem:
    """The short form that most refusals have."""
    return Problem(status, {"title": title, "type": BLANK, "status": status, "detail": detail or title})


def unauthorized() -> Problem:
    """No token, or one that is unknown, expired or taken back: X does not say which."""
    return plain(401, "Unauthorized")


def forbidden(detail: str = "Forbidden") -> Problem:
    """A missing scope, or something this access level does not hold."""
    return plain(403, "Forbidden", detail)


def unsupported_authentication() -> Problem:
    """An app token where a person is needed."""
    detail = (
        "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  "
        "Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context]."
    )
    return Problem(
        403, {"title": "Unsupported Authentication", "detail": detail, "type": TYPES + "unsupported-authentication", "status": 403}
    )


def unsupported_person() -> Problem:
    """A person's token where only the app's is taken."""
    detail = (
        "Authenticating with OAuth 2.0 User Context is forbidden for this endpoint.  "
        "Supported authentication types are [OAuth 2.0 Application-Only]."
    )
    return Problem(
        403, {"title": "Unsupported Authentication", "detail": detail, "type": TYPES + "unsupported-authentication", "status": 403}
    )


def not_enrolled(client_id: str) -> Problem:
    """An endpoint that the app's access level does not hold."""
    detail = (
        "When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a Twitter developer App "
        "that is attached to a Project."
    )
    return Problem(
        403,
        {
            "title": "Client Forbidden",
            "reason": "client-not-enrolled",
            "required_enrollment": "Appropriate Level of API Access",
            "detail": detail,
            "registration_url": "https://developer.twitter.com/en/docs/projects/overview",
            "client_id": client_id,
            "type": TYPES + "client-forbidden",
        },
    )


def invalid(name: str, value: str, message: str) -> Problem:
    """A parameter that X does not take."""
    return Problem(
        400,
        {
            "errors": [{"parameters": {name: [value]}, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": TYPES + "invalid-request",
        },
    )


def duplicate() -> Problem:
    """The same words again."""
    return forbidden("You are not allowed to create a Tweet with duplicate content.")


def not_summoned() -> Problem:
    """A reply to somebody who did not call us (rule since Feb 23 2026 for self-serve levels)."""
    return forbidden(
        "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged "
        "by the author of the post you are replying to."
    )


def gone(resource: str, parameter: str, value: str) -> Problem:
    """A write on something that is not there."""
    return Problem(404, {**missing(resource, parameter, value), "status": 404})


def missing(resource: str, parameter: str, value: str) -> Body:
    """The partial error for something that does not exist (HTTP 200)."""
    return {
        "value": value,
        "detail": f"Could not find {resource} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": value,
        "type": TYPES + "resource-not-found",
    }


def hidden(resource: str, parameter: str, value: str) -> Body:
    """The partial error for something a protected account keeps for its friends (HTTP 200)."""
    return {
        "resource_id": value,
        "parameter": parameter,
        "resource_type": resource,
        "section": "data",
        "title": "Authorization Error",
        "value": value,
        "detail": f"Sorry, you are not authorized to see the {resource} with {parameter}: [{value}].",
        "type": TYPES + "not-authorized-for-resource",
    }


def suspended(parameter: str, value: str) -> Body:
    """The partial error for an account that X closed (HTTP 200)."""
    return {
        "value": value,
        "detail": f"User has been suspended: [{value}].",
        "title": "Forbidden",
        "resource_type": "user",
        "parameter": parameter,
        "resource_id": value,
        "type": TYPES + "resource-not-found",
    }


TOO_MANY: Body = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": BLANK, "status": 429}
CAPPED: Body = {
    "title": "UsageCapExceeded",
    "detail": "Usage cap exceeded: Monthly product cap",
    "type": TYPES + "usage-capped",
    "account_id": 1,
    "product_name": "standard",
    "period": "Monthly",
    "scope": "Product",
}
NO_CREDITS: Body = {
    "title": "CreditsDepleted",
    "detail": "Your enrolled account does not have any credits to fulfill this request.",
    "type": TYPES + "credits",
    "account_id": 1,
}
