"""What LinkedIn says when it says no: each refusal with its documented status and body."""

from typing import Any

Body = dict[str, Any]
TOO_MANY = "TOO_MANY_REQUESTS"
DAY = "Resource level throttle {who} DAY limit for calls to this resource is reached."


class Problem(Exception):  # noqa: N818 (it names what is on its way)
    """A refusal on its way to the client."""

    def __init__(self, status: int, body: Body) -> None:
        super().__init__(body.get("message") or body.get("error"))
        self.status, self.body = status, body


def _plain(status: int, code: str, message: str, service: int | None = None) -> Problem:
    number = {} if service is None else {"serviceErrorCode": service}
    return Problem(status, {"status": status, **number, "code": code, "message": message})


def token_empty() -> Problem:
    """No token at all."""
    return _plain(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token", 65604)


def token_invalid() -> Problem:
    """A token nobody gave out."""
    return _plain(401, "INVALID_ACCESS_TOKEN", "Invalid access token", 65600)


def token_revoked() -> Problem:
    """A token that the member, the app or another set of scopes ended."""
    return _plain(401, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user", 65601)


def token_expired() -> Problem:
    """A token older than 60 days."""
    return _plain(401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired", 65602)


def denied(what: str) -> Problem:
    """Product not granted, scope missing, or the page role lost: LinkedIn does not say which."""
    return _plain(403, "ACCESS_DENIED", f"Not enough permissions to access: {what}", 100)


def version_missing() -> Problem:
    """A /rest call without Linkedin-Version."""
    message = "A version must be present. Please specify a version by adding the LinkedIn-Version header."
    return _plain(400, "VERSION_MISSING", message)


def version_dead(version: str) -> Problem:
    """A version that ended, or one that never was."""
    day = "01" if version.isdigit() and len(version) == 6 else ""
    return _plain(426, "NONEXISTENT_VERSION", f"Requested version {version}{day} is not active")


def bad_request(message: str = "Invalid query parameters passed to request") -> Problem:
    """Our mistake in parameters, headers or encoding; only the code and the usual message are documented."""
    return _plain(400, "ILLEGAL_ARGUMENT", message)


def bad_path() -> Problem:
    """A key in the path that is not encoded as Rest.li 2.0 has it."""
    return bad_request("Syntax exception in path variables")


def no_resource() -> Problem:
    """An address that is none."""
    return _plain(404, "RESOURCE_NOT_FOUND", "No virtual resource found")


def not_found() -> Problem:
    """Something that is not there, or not any more."""
    return _plain(404, "RESOURCE_NOT_FOUND", "Could not find entity")


def no_method() -> Problem:
    """A method this resource does not have."""
    return _plain(405, "METHOD_NOT_ALLOWED", "Method is not allowed on this resource")


def conflict() -> Problem:
    """Two writes at once."""
    return Problem(409, {"status": 409, "message": "Write conflict"})


def too_large() -> Problem:
    """An address over 4 KB that did not come through the tunnel."""
    return _plain(414, "URI_TOO_LONG", "Request URI is longer than 4096 bytes: use query tunneling")


def media_type() -> Problem:
    """A body that is not JSON."""
    return _plain(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json")


def field_error(path: str, code: str, description: str, message: str) -> Problem:
    """A field of the body that LinkedIn does not take."""
    found = {"description": description, "input": {"inputPath": {"fieldPath": path}}, "code": code}
    return Problem(
        422,
        {
            "status": 422,
            "errorDetailType": "com.linkedin.common.error.BadRequest",
            "message": f"ERROR :: {path} :: {message}",
            "errorDetails": {"inputErrors": [found]},
        },
    )


def too_long(path: str) -> Problem:
    """A text beyond its limit."""
    return field_error(path, "FIELD_LENGTH_TOO_LONG", "value is too long", "is too long")


def missing_field(path: str) -> Problem:
    """A field that must be there."""
    return field_error(path, "MISSING_FIELD", "field is required but not found", "field is required but not found and has no default value")


def wrong_field(path: str, why: str = "is not valid") -> Problem:
    """A field with a value that cannot be."""
    return field_error(path, "INVALID_VALUE", f"value {why}", why)


def duplicate(urn: str, status: int = 422) -> Problem:
    """The same text again; the message names the first post. It was seen as a 400 too."""
    said = f"Content is a duplicate of {urn}"
    return Problem(
        status, {"status": status, "message": said, "errorDetails": {"inputErrors": [{"description": said, "code": "DUPLICATE_POST"}]}}
    )


def comments_closed() -> Problem:
    """A post under which nobody may comment any more."""
    return Problem(422, {"status": 422, "message": "Comments are closed for this thread"})


def refused(message: str) -> Problem:
    """A write that LinkedIn understands and does not do."""
    return Problem(422, {"status": 422, "message": message})


def day_limit(who: str) -> Problem:
    """APPLICATION or MEMBER: used up until 00:00 UTC; no header says so."""
    return _plain(429, TOO_MANY, DAY.format(who=who), 101)


def burst() -> Problem:
    """Too many comments in a minute."""
    return _plain(429, TOO_MANY, "Comment create throttled: creation rate limit exceeded for member")


def broken(status: int) -> Problem:
    """A bad day of the network itself."""
    said = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}[status]
    return Problem(status, {"status": status, "message": said})


def sign_in(error: str, description: str, status: int = 400) -> Problem:
    """The shape of the token service."""
    return Problem(status, {"error": error, "error_description": description})


def bad_code() -> Problem:
    """A code that is unknown, used, too old, or belongs to another address or app."""
    return sign_in(
        "invalid_request",
        "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. "
        "Or authorization code expired. Or external member binding exists",
    )


def bad_refresh() -> Problem:
    """A refresh token that is unknown, over or revoked."""
    return sign_in("invalid_grant", "The provided authorization grant or refresh token is invalid, expired or revoked.")
