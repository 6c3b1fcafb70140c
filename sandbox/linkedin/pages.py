"""Company pages: who manages them, what they are, who follows, what happened on them, webhooks for them."""

import uuid
from typing import Any

from .. import apps
from ..store import Row
from ..web import Answer, as_json
from . import members, notices, shapes, urns, webhooks
from .call import Call, Later, string
from .problems import bad_path, bad_request, not_found, wrong_field

KEY = ("developerApplication", "user", "entity", "eventType")
NO_END = 2**62


def acls(call: Call) -> Answer:
    """GET /rest/organizationAcls?q=roleAssignee."""
    call.fixed("q", "roleAssignee")
    role = call.fixed("role", *members.ROLES) if call.text("role") is not None else ""
    state = call.fixed("state", *members.STATES) if call.text("state") is not None else ""
    start, count = call.span()
    rows = call.store.all(
        "SELECT * FROM li_roles WHERE member = ? AND (? IN ('', role)) AND (? IN ('', state)) ORDER BY organization, role",
        call.member,
        role,
        state,
    )
    found = [
        {
            "role": row["role"],
            "state": row["state"],
            "roleAssignee": call.me,
            "organization": urns.organization(row["organization"]),
        }
        for row in rows
    ]
    return as_json(shapes.page(found[start : start + count], start, count, len(found), call.address))


def organization(call: Call) -> Answer:
    """GET /rest/organizations/{id}: the whole page for who manages it, a few fields for everybody else."""
    value = call.path["id"]
    if not urns.NUMBER.fullmatch(value):
        raise bad_path()
    row = members.organization(call.store, int(value)) if int(value) < NO_END else None
    if row is None:
        raise not_found()
    return as_json(_organization(call, row))


def by_vanity(call: Call) -> Answer:
    """GET /rest/organizations?q=vanityName."""
    call.fixed("q", "vanityName")
    row = members.organization_by_vanity(call.store, call.needed("vanityName"))
    return as_json(shapes.page([_organization(call, row)] if row else [], 0, 10, None, call.address))


def followers(call: Call) -> Answer:
    """GET /rest/networkSizes/{urn}?edgeType=COMPANY_FOLLOWED_BY_MEMBER."""
    call.fixed("edgeType", "COMPANY_FOLLOWED_BY_MEMBER")
    row = members.organization(call.store, urns.organization_id(call.urn()))
    if row is None:
        raise not_found()
    return as_json({"firstDegreeSize": row["followers"]})


def typeahead(call: Call) -> Answer:
    """GET /rest/peopleTypeahead: followers of the page, to mention them."""
    call.fixed("q", "organizationFollowers")
    number, words = _page(call, "organization"), call.needed("keywords").casefold()
    rows = call.store.all(
        "SELECT li_members.* FROM li_followers JOIN li_members ON id = member WHERE organization = ? AND gone = 0 ORDER BY vanity", number
    )
    found = [row for row in rows if _begins(row, words)][:10]
    elements = [
        {
            "member": urns.person(row["id"]),
            "firstName": row["first"],
            "lastName": row["last"],
            "headline": row["headline"],
            "photo": f"urn:li:digitalmediaAsset:{row['id']}",
        }
        for row in found
    ]
    return as_json(shapes.page(elements, 0, 10, None, call.address))


def notifications(call: Call) -> Answer:
    """GET /rest/organizationalEntityNotifications?q=criteria."""
    call.fixed("q", "criteria")
    wanted = call.listing("actions")
    if not wanted or set(wanted) - set(notices.ACTIONS):
        raise bad_request()
    number = _page(call, "organizationalEntity")
    since, until = _range(call)
    start, count = call.span()
    rows = notices.of_page(call.store, number, wanted, since, until)
    part = [notices.shape(call.store, row) for row in rows[start : start + count]]
    return as_json(shapes.page(part, start, count, len(rows), call.address))


def subscribe(call: Call) -> Later:
    """PUT /rest/eventSubscriptions/(…): the address must answer the challenge first."""
    number = _subscribed(call)
    body = call.body()
    url = string(body, "webhook")
    if not webhooks.is_address(url):
        raise wrong_field("/webhook")
    app = apps.find(call.store, call.client_id)
    secret = app.secret if app else ""
    code = str(uuid.uuid4())

    def conclude(answered: bool) -> Answer:
        if not answered:
            raise bad_request("Webhook validation failed: the challenge was not answered")
        webhooks.subscribe(call.store, call.client_id, call.member, number, url)
        return Answer(204)

    return Later(lambda: webhooks.challenge(url, code, secret, webhooks.application_id(call.client_id)), conclude)


def subscription(call: Call) -> Answer:
    """GET of the same key."""
    row = webhooks.find(call.store, call.client_id, call.member, _subscribed(call))
    if row is None:
        raise not_found()
    return as_json({"webhook": row["url"], "eventType": notices.TYPE})


def unsubscribe(call: Call) -> Answer:
    """DELETE of the same key."""
    webhooks.unsubscribe(call.store, call.client_id, call.member, _subscribed(call))
    return Answer(204)


def _subscribed(call: Call) -> int:
    """The page of a subscription's key; application and user must be the caller's own."""
    key = call.key(*KEY)
    own = f"urn:li:developerApplication:{webhooks.application_id(call.client_id)}"
    number = urns.organization_id(key["entity"])
    if key["eventType"] != notices.TYPE or number is None:
        raise bad_request()
    if key["developerApplication"] != own or key["user"] != call.me:
        raise call.refuse()
    call.need_role(number)
    return number


def _page(call: Call, name: str) -> int:
    """The page that a parameter names; the caller must be its administrator."""
    number = urns.organization_id(call.needed(name))
    if number is None:
        raise bad_request()
    call.need_role(number)
    return number


def _range(call: Call) -> tuple[int, int]:
    given = call.record("timeRange") or {}
    if set(given) - {"start", "end"} or not all(value.isascii() and value.isdigit() and len(value) <= 15 for value in given.values()):
        raise bad_request()
    return int(given.get("start", "0")), int(given.get("end", str(NO_END)))


def _organization(call: Call, row: Row) -> dict[str, Any]:
    few = {"id": row["id"], "localizedName": row["name"], "vanityName": row["vanity"], "localizedWebsite": row["website"]}
    logo = {"logoV2": {"original": f"urn:li:digitalmediaAsset:{row['id']}"}}
    if not members.holds(call.store, call.member, row["id"]):
        return {**few, **logo}
    return {**few, **logo, "primaryOrganizationType": "NONE", "locations": []}


def _begins(row: Row, words: str) -> bool:
    names = (row["first"], row["last"], members.full_name(row))
    return any(name.casefold().startswith(words) for name in names)
