"""Adding people: one or a file of them, each made a user who is invited by mail. All of a batch are added or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from core.access.models import LANGUAGES, Profile, Role, User
from core.actor import Actor
from core.organisation.settings import house_zone
from core.record.reading import Limits, open_table
from core.record.write import Refused
from core.signin import invitations
from core.text.emails import clean_email
from core.web.menu import app_label, given_apps

from . import people, queries
from .acts import act, fresh
from .states import INVITED, state_of

# So many people one file may name, and so large it may be.
LIMITS = Limits(size=1024 * 1024, rows=1_000, columns=50)
# Headings by what they mean, folded to letters.
HEADINGS = {
    "email": "email mail emailaddress mailaddress メールアドレス メール",
    "family_name": "familyname lastname surname name 姓 氏名 名前",
    "given_name": "givenname firstname 名",
    "title": "title jobtitle 役職",
    "language": "language 言語",
    "apps": "apps app アプリ",
    "profile": "profile プロファイル プロフィール",
    "role": "role ロール 役割",
}


class Known(Refused):
    """The address is somebody's already."""


@dataclass(frozen=True)
class Wish:
    """One person to add, checked."""

    email: str
    family_name: str
    given_name: str = ""
    title: str = ""
    language: str = "en"
    profile: Profile | None = None
    role: Role | None = None
    apps: Iterable[str] = ()

    @property
    def app_labels(self) -> list[str]:
        """The apps as people call them."""
        return [app_label(app) for app in self.apps]


@dataclass
class Row:
    """One line of a file: what it would make, or why not."""

    line: int
    email: str
    name: str
    wish: Wish | None = None
    problem: str = ""


@dataclass
class Preview:
    """What a file would do; `problem` is about the file as a whole."""

    rows: list[Row] = field(default_factory=list)
    problem: str = ""

    @property
    def good(self) -> list[Wish]:
        return [one.wish for one in self.rows if one.wish is not None]

    @property
    def bad(self) -> list[Row]:
        return [one for one in self.rows if one.problem]


def home_of(apps: Iterable[str]) -> str:
    """Whose language and zone somebody begins with: those of their app where they have a single one, else the organisation's."""
    found = list(apps)
    return found[0] if len(found) == 1 else ""


@transaction.atomic
def add(wishes: Sequence[Wish], *, actor: Actor) -> list[User]:
    """Make these people users and invite them (row 5). Raises Known, or NoLicence with the number, and adds nobody then."""
    made = []
    apps = {app for one in wishes for app in one.apps}
    with act("add_users", actor, apps=apps) as done:
        if not done.by.level and any(not set(one.apps) or _beyond(done.by, one) for one in wishes):
            raise Refused(_("As an admin of an app you add people to your apps, with rights you hold yourself."))
        taken = set(known({one.email for one in wishes}))
        for one in wishes:
            if one.email.lower() in taken:
                raise Known(_("Somebody with this e-mail address is here already."))
            taken.add(one.email.lower())
            held = {people.checked_app(app): False for app in one.apps}
            names = {"family_name": one.family_name, "given_name": one.given_name, "language": one.language}
            row = invitations.invite(one.email, actor=Actor(done.by), profile=one.profile, role=one.role, apps=held, **names)
            more = {"title": one.title, "time_zone": house_zone(home_of(one.apps)).key}
            User.objects.filter(pk=row.user_id).update(**more)
            made.append(row.user)
    return made


def _beyond(by: User, wish: Wish) -> bool:
    """Whether somebody would hold or see more than who adds them."""
    return people.widens(by, wish.profile) or people.lifts(by, wish.role)


def invite_again(person: User, *, actor: Actor) -> None:
    """A new link by mail; older ones are worth nothing from now on (row 7)."""
    with act("invite_again", actor, target=person, apps=_touched(actor, person)) as done:
        if state_of(fresh(person)) != INVITED:
            raise Refused(_("%(name)s is not invited any more.") % {"name": person})
        invitations.send_again(person, actor=Actor(done.by))


def withdraw(person: User, *, actor: Actor) -> None:
    """Take an invitation back: the link is worth nothing, and the person, who never came, goes (row 7)."""
    with act("invite_again", actor, target=person, apps=_touched(actor, person)) as done:
        if state_of(fresh(person)) != INVITED:
            raise Refused(_("%(name)s is not invited any more.") % {"name": person})
        mine = queries.apps_of_admin(done.by)
        if mine is not None and people.reach(person) - mine:
            raise Refused(_("%(name)s is invited to other apps as well. Ask a suite admin.") % {"name": person})
        if invitations.latest([person]).get(person.pk):
            invitations.withdraw(person, actor=Actor(done.by))
        people.forget(person)


def _touched(actor: Actor, person: User) -> set[str] | None:
    """The apps an act upon an invited person touches: for an app admin it is enough that one of them is theirs."""
    assert actor.user is not None
    mine = queries.apps_of_admin(fresh(actor.user))
    return None if mine is None else people.reach(person) & mine


def known(emails: Iterable[str]) -> list[str]:
    """Those of the addresses that are somebody's, in small letters."""
    asked = {one.lower() for one in emails}
    return [one.lower() for one in User.objects.values_list("email", flat=True) if one.lower() in asked]


def read(file: BinaryIO, name: str, by: User, usual: dict[str, Any]) -> Preview:
    """What a file would add. `usual` holds profile, role, language and apps of lines that name none. Raises UnreadableFile."""
    table = open_table(file, name, LIMITS)
    columns = {at: key for at, head in enumerate(table.headers) if (key := _meaning(head))}
    if "email" not in columns.values():
        return Preview(problem=_("The file needs a column “E-mail”. Download the sample to see how it looks."))
    words = _Words(by, usual)
    preview = Preview([_row(line, {key: cells[at].strip() for at, key in columns.items()}, words) for line, cells in table.rows()])
    there, seen = set(known(one.email for one in preview.rows)), dict[str, int]()
    for row in preview.rows:
        key = row.email.lower()
        if row.problem:
            continue
        if key in there:
            row.wish, row.problem = None, _("Somebody with this e-mail address is here already.")
        elif key in seen:
            row.wish, row.problem = None, _("The same address stands in line %(line)d.") % {"line": seen[key]}
        seen.setdefault(key, row.line)
    return preview


def _meaning(head: str) -> str:
    folded = re.sub(r"[\W_]+", "", head).casefold()
    return next((key for key, names in HEADINGS.items() if folded in names.split()), "")


class _Words:
    """Names in a file and what they stand for, gathered once."""

    def __init__(self, by: User, usual: dict[str, Any]) -> None:
        self.by, self.usual = by, usual
        offered = [one for one in queries.profiles() if not people.widens(by, one)]
        self.profiles = {str(name).casefold(): one for one in offered for name in (one.name, one)}
        self.roles = {one.name.casefold(): one for one in people.placeable(by, queries.roles())}
        self.languages = {word.casefold(): key for key, label in LANGUAGES for word in (key, label)}
        mine = queries.apps_of_admin(by)
        keys = [app for app in given_apps() if mine is None or app in mine]
        self.apps = {word.casefold(): app for app in keys for word in (app, app_label(app))}


def _row(line: int, cells: dict[str, str], words: _Words) -> Row:
    email, wrong = clean_email(cells.get("email", ""))
    family, given = cells.get("family_name", ""), cells.get("given_name", "")
    row = Row(line, email or cells.get("email", ""), " ".join(filter(None, (family, given))))
    if not cells.get("email"):
        row.problem = _("There is no e-mail address.")
    elif wrong == "invalid" or any(sign in email for sign in "\r\n\0"):
        row.problem = _("This is no e-mail address.")
    elif max(len(family), len(given)) > 60:
        row.problem = _("A name is longer than 60 characters.")
    else:
        try:
            row.wish = _wish(email, family or email.partition("@")[0][:60], given, cells, words)
        except Refused as error:
            row.problem = str(error)
    return row


def _wish(email: str, family: str, given: str, cells: dict[str, str], words: _Words) -> Wish:
    usual, found = words.usual, dict[str, Any]()
    for key, table in (("profile", words.profiles), ("role", words.roles), ("language", words.languages)):
        if not cells.get(key):
            found[key] = usual[key]
        elif (one := table.get(cells[key].casefold())) is not None:
            found[key] = one
        else:
            raise Refused(_("There is no “%(word)s” to choose.") % {"word": cells[key][:60]})
    names = [part.strip() for part in re.split(r"[,;、/+]", cells.get("apps", "")) if part.strip()]
    if unknown := [one for one in names if one.casefold() not in words.apps]:
        raise Refused(_("There is no app “%(word)s” to give.") % {"word": unknown[0][:60]})
    apps = [people.checked_app(words.apps[one.casefold()]) for one in names] or list(usual["apps"])
    if not apps and not words.by.level:
        raise Refused(_("No app is named."))
    return Wish(email.lower(), family, given, cells.get("title", "")[:80], apps=tuple(dict.fromkeys(apps)), **found)
