"""Members' profiles: one's own, those who act on our page, and what the 2014 API told of everybody."""

import json
import re
from typing import Any
from urllib.parse import unquote

from ..store import Row
from ..web import Answer, as_json
from . import levels, members, openid, urns
from .call import Call
from .problems import bad_path, bad_request, not_found

MOST_HITS = 25
WORDS = {"first-name": "first", "last-name": "last"}
SELECTOR = re.compile(r"[a-z0-9,:()-]+")
# The 2014 names, as the address asks for them and as the answer has them.
FIELDS = {
    "id": "id",
    "first-name": "firstName",
    "last-name": "lastName",
    "headline": "headline",
    "picture-url": "pictureUrl",
    "public-profile-url": "publicProfileUrl",
    "location": "location",
    "positions": "positions",
    "educations": "educations",
}
Shape = dict[str, Any]


def userinfo(call: Call) -> Answer:
    """GET /v2/userinfo."""
    return as_json(openid.claims_of(call.store, call.request, _me(call), " ".join(call.scopes)))


def me(call: Call) -> Answer:
    """GET /v2/me: id and name; the rest with r_basicprofile."""
    row = _me(call)
    shape: Shape = {"id": row["id"], "localizedFirstName": row["first"], "localizedLastName": row["last"]}
    if call.may("r_basicprofile"):
        shape |= {"vanityName": row["vanity"], "localizedHeadline": row["headline"]}
    return as_json(shape)


def person(call: Call) -> Answer:
    """GET /rest/people/(id:…): who acts on a page of ours; anybody by contract."""
    row = members.by_id(call.store, call.key("id")["id"])
    if row is None or row["gone"]:
        raise not_found()
    if row["id"] != call.member and not levels.reaches(call.level, levels.PARTNER) and not _acted(call, urns.person(row["id"])):
        raise call.refuse()
    shape = {
        "id": row["id"],
        "localizedFirstName": row["first"],
        "localizedLastName": row["last"],
        "localizedHeadline": row["headline"],
        "vanityName": row["vanity"],
        "profilePicture": {"displayImage": f"urn:li:digitalmediaAsset:{row['id']}"},
    }
    return as_json(shape)


def search(call: Call) -> Answer:
    """GET /v1/people-search:(people:(…),num-results)."""
    match = re.fullmatch(r":\(people:\((.+)\)(?:,num-results)?\)", _selector(call))
    if match is None:
        raise bad_path()
    fields = _fields(match.group(1))
    start, count = call.whole("start", 0), call.whole("count", 10, MOST_HITS)
    found = [row for row in members.everybody(call.store) if _fits(call, row)]
    part = [_old(call, row, fields) for row in found[start : start + count]]
    people = {"_count": len(part), "_start": start, "_total": len(found), "values": part}
    return as_json({"numResults": len(found), "people": people})


def full(call: Call) -> Answer:
    """GET /v1/people/id=…:(…), or /v1/people/~:(…) for oneself."""
    match = re.fullmatch(r"(~|id=[^:]+)(?::\((.+)\))?", _selector(call))
    if match is None:
        raise bad_path()
    number = call.member if match.group(1) == "~" else match.group(1).removeprefix("id=")
    row = members.by_id(call.store, number)
    if row is None or row["gone"]:
        raise not_found()
    return as_json(_old(call, row, _fields(match.group(2) or "id,first-name,last-name,headline")))


def _me(call: Call) -> Row:
    row = members.by_id(call.store, call.member)
    if row is None:
        raise not_found()
    return row


def _acted(call: Call, actor: str) -> bool:
    """Whether a member commented on, reacted to or mentioned a page that the caller manages."""
    sql = """SELECT generated, decorated FROM li_notifications JOIN li_roles USING (organization)
        WHERE li_roles.member = ? AND state = 'APPROVED'"""
    owners = (one.get("owner") for row in call.store.all(sql, call.member) for one in json.loads(row["decorated"]).values())
    return actor in owners


def _selector(call: Call) -> str:
    """What follows the name of a 2014 resource; ids keep their letters, everything else is plain."""
    if call.request.headers.get("x-li-format") != "json":
        # The answer would be XML; nobody here reads it.
        raise bad_request("Only x-li-format: json is served")
    try:
        return unquote(call.path["selector"], errors="strict")
    except UnicodeDecodeError:
        raise bad_path() from None


def _fields(text: str) -> list[str]:
    """The selected fields; what stands in brackets behind one (location:(name)) is told whole."""
    names = re.sub(r":\([^()]*\)", "", text).split(",")
    for name in names:
        if name not in FIELDS:
            raise bad_request(f"Unknown field {{{name}}} in resource {{Person}}")
    return names


def _fits(call: Call, row: Row) -> bool:
    """Whether a member matches every word that was asked for."""
    companies = " ".join(str(one["company"]["name"]) for one in json.loads(row["positions"]))
    titles = " ".join(str(one["title"]) for one in json.loads(row["positions"]))
    schools = " ".join(str(one["schoolName"]) for one in json.loads(row["educations"]))
    places = {
        "first-name": row["first"],
        "last-name": row["last"],
        "company-name": companies,
        "title": f"{titles} {row['headline']}",
        "school-name": schools,
        "keywords": " ".join((row["first"], row["last"], row["first"], row["headline"], companies, titles, schools)),
    }
    wanted = {name: (call.text(name) or "").casefold().split() for name in places}
    return all(word in places[name].casefold() for name, words in wanted.items() for word in words)


def _old(call: Call, row: Row, fields: list[str]) -> Shape:
    positions, educations = json.loads(row["positions"]), json.loads(row["educations"])
    whole: Shape = {
        "id": row["id"],
        "firstName": row["first"],
        "lastName": row["last"],
        "headline": row["headline"],
        "pictureUrl": openid.picture(call.store, call.request, row),
        "publicProfileUrl": f"https://www.linkedin.com/in/{row['vanity']}",
        "location": {"name": row["place"]},
        "positions": {"_total": len(positions), "values": positions},
        "educations": {"_total": len(educations), "values": educations},
    }
    return {FIELDS[name]: whole[FIELDS[name]] for name in fields}
