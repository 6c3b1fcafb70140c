"""What Graph says when it says no: each refusal with its code, subcode and documented words."""

import secrets
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One refusal of the table; clients decide by code and subcode, the HTTP status is only what was seen."""

    status: int
    code: int
    message: str
    subcode: int | None = None
    transient: bool = False
    type: str = "OAuthException"


# The first part is the contract's, under its names; what follows "extra" is what the sign-in and the send interface say besides.
KINDS = {
    "token_deauthorised": Kind(401, 190, "Error validating access token: The user has not authorized application {app}.", 458),
    "token_checkpoint": Kind(
        401,
        190,
        "Error validating access token: You cannot access the app till you log in to www.facebook.com and follow the instructions given.",
        459,
    ),
    "token_password_changed": Kind(
        401,
        190,
        "Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed "
        "the session for security reasons.",
        460,
    ),
    "token_expired": Kind(401, 190, "Error validating access token: Session has expired on {ended}. The current time is {now}.", 463),
    "token_unconfirmed": Kind(
        401, 190, "Error validating access token: Sessions for the user are not allowed because the user is not a confirmed user.", 464
    ),
    "token_invalid": Kind(401, 190, "The access token is invalid since the user has not engaged the app in longer than 90 days.", 467),
    "token_no_page_role": Kind(401, 190, "The session is invalid because the person does not have a role on the page.", 492),
    "token_other": Kind(401, 190, "Permissions have not been granted or the token must be granted before impersonating a user's page."),
    "session_invalid": Kind(401, 102, "Session key invalid or no longer valid"),
    "permission_10": Kind(
        403, 10, "(#10) This endpoint requires the '{permission}' permission or the 'Page Public Content Access' feature."
    ),
    "window_closed": Kind(403, 10, "(#10) This message is sent outside of allowed window.", 2018278),
    "permission_200": Kind(
        403,
        200,
        "(#200) If posting to a group, requires app being installed in the group, and either publish_to_groups permission with user token, "
        "or both pages_read_engagement and pages_manage_posts permission with page token",
    ),
    "object_missing": Kind(
        400,
        100,
        "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, "
        "or does not support this operation.",
        33,
        type="GraphMethodException",
    ),
    "no_matching_user": Kind(400, 100, "(#100) No matching user found", 2018001),
    "invalid_parameter": Kind(400, 100, "(#100) {text}"),
    "alias_missing": Kind(404, 803, "(#803) Some of the aliases you requested do not exist: {id}"),
    "person_unavailable": Kind(400, 551, "(#551) This person isn't available right now.", 1545041),
    "limit_app": Kind(403, 4, "(#4) Application request limit reached", transient=True),
    "limit_user": Kind(400, 17, "(#17) User request limit reached", transient=True),
    "limit_page": Kind(403, 32, "(#32) Page request limit reached", transient=True),
    "limit_custom": Kind(400, 613, "(#613) Calls to this api have exceeded the rate limit."),
    "limit_page_buc": Kind(400, 80001, "There have been too many calls to this Page account. Wait a bit and try again.", 2446079),
    "limit_messenger": Kind(400, 80006, "There have been too many calls to this Messenger account. Wait a bit and try again."),
    "limit_341": Kind(400, 341, "(#341) Application limit reached"),
    "unknown": Kind(500, 1, "An unknown error occurred", transient=True),
    "service": Kind(500, 2, "An unexpected error has occurred. Please retry your request later.", transient=True),
    "blocked_policy": Kind(400, 368, "The action attempted has been deemed abusive or is otherwise disallowed"),
    "duplicate": Kind(400, 506, "(#506) Duplicate status message"),
    "needs_page_token": Kind(400, 1705, "(#1705) There was an error in posting to wall"),
    "no_token": Kind(400, 2500, "An active access token must be used to query information about the current user."),
    "deprecated_version": Kind(400, 12, "(#12) singular statuses API is deprecated for versions v2.4 and higher"),
    "version_too_old": Kind(
        400, 2635, "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: {version}."
    ),
    # extra
    "token_malformed": Kind(401, 190, "Invalid OAuth access token - Cannot parse access token"),
    "token_missing": Kind(400, 104, "An access token is required to request this resource."),
    "token_for_app": Kind(403, 10, "(#10) This call needs an app access token."),
    "proof_missing": Kind(400, 100, "API calls from the server require an appsecret_proof argument", type="GraphMethodException"),
    "proof_wrong": Kind(400, 100, "Invalid appsecret_proof provided in the API argument", type="GraphMethodException"),
    "app_unknown": Kind(400, 101, "Error validating application. Cannot get application info due to a system error."),
    "secret_wrong": Kind(400, 1, "Error validating client secret."),
    "code_malformed": Kind(400, 100, "Invalid verification code format."),
    "code_used": Kind(400, 100, "This authorization code has been used.", 36009),
    "code_expired": Kind(400, 100, "This authorization code has expired.", 36007),
    "code_redirect": Kind(
        400,
        100,
        "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog "
        "request",
        36008,
    ),
    "data_access_ended": Kind(403, 10, "(#10) Data access has expired: the person has not used the app for 90 days."),
    "permission_task": Kind(
        403,
        200,
        "(#200) User does not have sufficient administrative permission for this action on this page. If the page business requires "
        "Two Factor Authentication, the user also needs to enable Two Factor Authentication.",
    ),
    "permission_230": Kind(403, 230, "(#230) Requires {permission} permission to manage the object."),
    "permission_283": Kind(403, 283, "(#283) Requires {permission} permission to manage the object."),
    "permission_metadata": Kind(403, 200, "(#200) Requires {permission} permission to manage the object."),
    "permission_object": Kind(403, 200, "(#200) Permissions error"),
    "not_a_tester": Kind(
        403,
        200,
        "(#200) Cannot message users who are not admins, developers or testers of the app until pages_messaging permission is reviewed "
        "and the app is live.",
        2018028,
    ),
    "human_agent": Kind(403, 10, "(#10) The tag HUMAN_AGENT requires the 'Human Agent' permission."),
    "answered_already": Kind(400, 10900, "(#10900) Activity already replied to."),
    "answer_too_late": Kind(400, 10903, "(#10903) This user cannot reply to this activity."),
    "path_unknown": Kind(400, 2500, "Unknown path components: {path}"),
    "syntax": Kind(400, 2500, 'Syntax error "{text}" at character {place}: {fields}'),
    "field_unknown": Kind(400, 100, "(#100) Tried accessing nonexisting field ({field}) on node type ({node})"),
    "hook_challenge": Kind(
        400, 2200, "(#2200) Callback verification failed with the following errors: HTTP Status Code = {status}; {text}"
    ),
}


class Problem(Exception):  # noqa: N818 (the word of the other networks here)
    """A refusal on its way to the client."""

    def __init__(self, name: str, **words: object) -> None:
        super().__init__(name)
        self.name, self.kind = name, KINDS[name]
        self.message = self.kind.message.format(**words) if words else self.kind.message

    @property
    def status(self) -> int:
        return self.kind.status

    @property
    def body(self) -> Body:
        """Graph's one shape for everything that went wrong."""
        error: Body = {"message": self.message, "type": self.kind.type, "code": self.kind.code}
        if self.kind.subcode is not None:
            error["error_subcode"] = self.kind.subcode
        if self.kind.transient:
            error["is_transient"] = True
        return {"error": {**error, "fbtrace_id": trace()}}


def invalid(text: str) -> Problem:
    """A parameter that Graph does not take."""
    return Problem("invalid_parameter", text=text)


def missing(number: object, method: str = "GET") -> Problem:
    """Something that is not there, or not for us: Graph does not say which."""
    return Problem("object_missing", id=number, method=method.lower())


def trace() -> str:
    """The id that Meta's support asks for."""
    return "A" + secrets.token_urlsafe(16)[:21]
