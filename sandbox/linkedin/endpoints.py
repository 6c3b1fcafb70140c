"""The table of endpoints, as the contract lists them."""

import re

from . import pages, profiles, publishing, reaching, talking
from .call import Endpoint
from .levels import CM_STANDARD, HISTORIC, PARTNER, SELF_SERVE

LIST = ("start", "count")
ADMIN = ("rw_organization_admin|r_organization_admin",)
FEED, FEED_ADMIN = ("r_organization_social_feed|r_member_social_feed",), ("r_organization_social_feed", "rw_organization_admin")
WRITE_POST, WRITE_FEED = ("w_member_social|w_organization_social",), ("w_member_social_feed|w_organization_social_feed",)
READ_POST = ("r_organization_social|r_member_social",)
SEARCH = ("keywords", "first-name", "last-name", "company-name", "title", "school-name", *LIST)
ACTIONS, HOOK = "/rest/socialActions/{urn}/comments", "/rest/eventSubscriptions/{key}"
PARTIAL, FINDER = "PARTIAL_UPDATE", "FINDER"

ENDPOINTS = (
    Endpoint("userinfo", "GET", "/v2/userinfo", "GET /userinfo", profiles.userinfo, ("openid",), SELF_SERVE),
    Endpoint(
        "me", "GET", "/v2/me", "GET /me", profiles.me, ("profile|r_basicprofile",), SELF_SERVE, ("projection",), bucket="profile details"
    ),
    Endpoint("people", "GET", "/rest/people/{key}", "people.GET", profiles.person, ("r_basicprofile",), bucket="profile details"),
    Endpoint(
        "people.search",
        "GET",
        "/v1/people-search{selector}",
        "GET /people-search",
        profiles.search,
        ("r_network",),
        HISTORIC,
        SEARCH,
        bucket="profile search",
    ),
    Endpoint(
        "people.full",
        "GET",
        "/v1/people/{selector}",
        "GET /people",
        profiles.full,
        ("r_fullprofile",),
        HISTORIC,
        bucket="profile details",
    ),
    Endpoint(
        "people.typeahead",
        "GET",
        "/rest/peopleTypeahead",
        "peopleTypeahead.FINDER-organizationFollowers",
        pages.typeahead,
        ("r_organization_followers|rw_organization_admin",),
        params=("q", "keywords", "organization", *LIST),
        restli_method=FINDER,
    ),
    Endpoint(
        "org.acls",
        "GET",
        "/rest/organizationAcls",
        "organizationAcls.FINDER-roleAssignee",
        pages.acls,
        ADMIN,
        params=("q", "role", "state", *LIST),
        restli_method=FINDER,
    ),
    Endpoint("org", "GET", "/rest/organizations/{id}", "organizations.GET", pages.organization, ADMIN),
    Endpoint(
        "org.by_vanity",
        "GET",
        "/rest/organizations",
        "organizations.FINDER-vanityName",
        pages.by_vanity,
        ADMIN,
        params=("q", "vanityName", *LIST),
        restli_method=FINDER,
    ),
    Endpoint(
        "org.followers",
        "GET",
        "/rest/networkSizes/{urn}",
        "networkSizes.GET",
        pages.followers,
        ("r_organization_social|rw_organization_admin",),
        params=("edgeType",),
    ),
    Endpoint(
        "posts.batch",
        "GET",
        "/rest/posts",
        "partnerApiPosts.BATCH_GET",
        publishing.batch,
        READ_POST,
        CM_STANDARD,
        ("ids", "viewContext"),
        mark="ids",
        restli_method="BATCH_GET",
        restli_required=True,
    ),
    Endpoint(
        "posts.by_author",
        "GET",
        "/rest/posts",
        "partnerApiPosts.FINDER-author",
        publishing.by_author,
        READ_POST,
        params=("q", "author", "sortBy", "isDsc", "viewContext", *LIST),
        restli_method=FINDER,
        restli_required=True,
    ),
    Endpoint("posts.get", "GET", "/rest/posts/{urn}", "partnerApiPosts.GET", publishing.get, READ_POST, params=("viewContext",)),
    Endpoint("posts.create", "POST", "/rest/posts", "partnerApiPosts.CREATE", publishing.create, WRITE_POST, SELF_SERVE),
    Endpoint(
        "posts.update",
        "POST",
        "/rest/posts/{urn}",
        "partnerApiPosts.PARTIAL_UPDATE",
        publishing.update,
        WRITE_POST,
        SELF_SERVE,
        restli_method=PARTIAL,
        restli_required=True,
    ),
    Endpoint("posts.delete", "DELETE", "/rest/posts/{urn}", "partnerApiPosts.DELETE", publishing.delete, WRITE_POST, SELF_SERVE),
    Endpoint("posts.legacy", "POST", "/v2/ugcPosts", "POST /ugcPosts", publishing.create_legacy, WRITE_POST, SELF_SERVE),
    Endpoint(
        "images.init",
        "POST",
        "/rest/images",
        "partnerApiImages.ACTION-initializeUpload",
        publishing.start_upload,
        WRITE_POST,
        SELF_SERVE,
        ("action",),
    ),
    Endpoint("images.upload", "PUT", publishing.UPLOAD + "{name}", "PUT /dms-uploads", publishing.upload, WRITE_POST, SELF_SERVE),
    Endpoint("images.get", "GET", "/rest/images/{urn}", "partnerApiImages.GET", publishing.image, WRITE_POST, SELF_SERVE),
    Endpoint("comments.list", "GET", ACTIONS, "partnerApiSocialActions.GET_ALL-comments", talking.comments, FEED, params=LIST),
    Endpoint("comments.get", "GET", ACTIONS + "/{id}", "partnerApiSocialActions.GET-comments", talking.comment, FEED),
    Endpoint("comments.create", "POST", ACTIONS, "partnerApiSocialActions.CREATE-comments", talking.create, WRITE_FEED),
    Endpoint(
        "comments.update",
        "POST",
        ACTIONS + "/{id}",
        "partnerApiSocialActions.PARTIAL_UPDATE-comments",
        talking.update,
        WRITE_FEED,
        params=("actor",),
        restli_method=PARTIAL,
    ),
    Endpoint(
        "comments.delete",
        "DELETE",
        ACTIONS + "/{id}",
        "partnerApiSocialActions.DELETE-comments",
        talking.delete,
        WRITE_FEED,
        params=("actor",),
    ),
    Endpoint("reactions.create", "POST", "/rest/reactions", "reactions.CREATE", talking.react, WRITE_FEED, params=("actor",)),
    Endpoint("reactions.delete", "DELETE", "/rest/reactions/{key}", "reactions.DELETE", talking.unreact, WRITE_FEED),
    Endpoint(
        "reactions.list",
        "GET",
        "/rest/reactions/{key}",
        "reactions.FINDER-entity",
        talking.reactions,
        FEED,
        params=("q", "sort", *LIST),
        restli_method=FINDER,
    ),
    Endpoint("metadata", "GET", "/rest/socialMetadata/{urn}", "socialMetadata.GET", talking.metadata, FEED),
    Endpoint(
        "notifications",
        "GET",
        "/rest/organizationalEntityNotifications",
        "organizationalEntityNotifications.FINDER-criteria",
        pages.notifications,
        FEED_ADMIN,
        params=("q", "actions", "organizationalEntity", "timeRange", *LIST),
        restli_method=FINDER,
    ),
    Endpoint("subscribe", "PUT", HOOK, "eventSubscriptions.UPDATE", pages.subscribe, FEED_ADMIN, CM_STANDARD),
    Endpoint("subscription", "GET", HOOK, "eventSubscriptions.GET", pages.subscription, FEED_ADMIN, CM_STANDARD),
    Endpoint("unsubscribe", "DELETE", HOOK, "eventSubscriptions.DELETE", pages.unsubscribe, FEED_ADMIN, CM_STANDARD),
    Endpoint("messages", "POST", "/v2/messages", "POST /messages", reaching.message, ("w_messages",), PARTNER, bucket="private messages"),
    Endpoint(
        "invitations", "POST", "/v2/invitations", "POST /invitations", reaching.invite, ("w_invitations",), PARTNER, bucket="invitations"
    ),
    Endpoint(
        "network_updates",
        "GET",
        "/v2/activityFeeds",
        "GET /activityFeeds",
        reaching.network,
        ("r_network",),
        HISTORIC,
        ("q", *LIST),
        bucket="network updates",
    ),
)

BY_ID = {endpoint.id: endpoint for endpoint in ENDPOINTS}
_PATTERNS = tuple((re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", one.path)), one) for one in ENDPOINTS)


def bucket(endpoint: Endpoint) -> str:
    """What a call of this endpoint is counted as."""
    return endpoint.bucket or endpoint.id


def find(method: str, path: str, names: set[str]) -> tuple[Endpoint | None, dict[str, str], bool]:
    """The endpoint, the encoded values in its path, and whether the path exists for another method."""
    elsewhere = False
    for pattern, endpoint in _PATTERNS:
        match = pattern.fullmatch(path)
        if match and endpoint.method == method and (not endpoint.mark or endpoint.mark in names):
            return endpoint, match.groupdict(), False
        elsewhere = elsewhere or match is not None
    return None, {}, elsewhere
