"""What admins do to people: the only code that writes users, their apps, profile, role and level. Each function is one act
(admin_console.acts) and raises PermissionDenied or Refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from core import clock
from core.access.levels import LEVELS
from core.access.lifting import higher
from core.access.models import AppAccess, Profile, Role, User
from core.actor import Actor
from core.record.write import Refused
from core.signin import sessions
from core.web.menu import app_label, given_apps
from core.work.models import Job

from . import handover, licences, said
from .acts import act, fresh
from .states import DEACTIVATED, NO_PASSWORD, state_of


def checked_app(app: str) -> str:
    """Refused for what is no app, or is not in the plan."""
    if app not in given_apps():
        raise Refused(_("There is no such app."))
    plan = licences.plan_of(licences.subscription())
    if not plan.includes(app):
        raise Refused(_("%(app)s is not included in the plan %(plan)s.") % {"app": app_label(app), "plan": plan.label})
    return app


def reach(user: User) -> set[str]:
    """The apps a person has."""
    return set(AppAccess.objects.filter(user=user).values_list("app", flat=True))


def switch(person: User, app: str, on: bool, *, actor: Actor) -> None:
    """Give somebody an app, or take it away with what they administer of it (row 10)."""
    with act("switch", actor, said.APP_GIVEN if on else said.APP_TAKEN, target=person, apps={app}) as done:
        row = AppAccess.objects.filter(user=person, app=app).first()
        if on == bool(row):
            return
        if on:
            _there(person)
            AppAccess.objects.create(user=person, app=checked_app(app))
        else:
            assert row is not None
            if person.pk == done.by.pk and row.is_admin and not done.by.level:
                raise Refused(_("You would lock yourself out. Ask another admin to do this."))
            row.delete()
        done.changed("app", None if on else app, app if on else None)


def switch_admin(person: User, app: str, on: bool, *, actor: Actor) -> None:
    """Make somebody an admin of an app, or an ordinary member again. App admins may name further ones of their apps."""
    with act("switch", actor, said.APP_ADMIN, target=person, apps={app}) as done:
        row = AppAccess.objects.filter(user=person, app=app).first()
        if row is None or row.is_admin == on:
            return
        if not on and person.pk == done.by.pk and not done.by.level:
            raise Refused(_("You would lock yourself out. Ask another admin to do this."))
        row.is_admin = on
        row.save(update_fields=["is_admin"])
        done.changed(app, _level(not on), _level(on))


def _level(is_admin: bool) -> str:
    return "admin" if is_admin else "member"


def everything(*, actor: Actor) -> list[str]:
    """All apps of the plan for a suite or account admin who lacks some; gives those that were added (ADM-7)."""
    assert actor.user is not None
    with act("switch", actor, said.ALL_APPS, target=actor.user) as done:
        if not done.by.level:
            raise PermissionDenied
        plan = licences.plan_of(licences.subscription())
        missing = [app for app in given_apps() if app not in reach(done.by) and plan.includes(app)]
        AppAccess.objects.bulk_create([AppAccess(user=done.by, app=app) for app in missing])
        if missing:
            done.changed("apps", None, missing)
    return missing


def set_level(person: User, level: str, *, actor: Actor) -> None:
    """Make somebody a suite admin, or take that away (row 4). Whoever looks after the account stays what they are: that is
    `stand_down` and an offer."""
    if level not in {"suite", ""}:
        raise Refused(_("There is no such level."))
    with act("suite_admins", actor, said.LEVEL, target=person) as done:
        _there(person)
        held = fresh(person)
        if held.level == "account":
            raise Refused(_("An account admin is changed under “Account”, not here."))
        done.changed("level", held.level, level)
        User.objects.filter(pk=person.pk).update(level=level)


def stand_down(person: User, *, actor: Actor) -> None:
    """Take the account from one of several account admins, who stays a suite admin (row 1)."""
    with act("account_admin", actor, said.LEVEL, target=person) as done:
        if fresh(person).level != "account":
            return
        User.objects.filter(pk=person.pk).update(level="suite")
        done.changed("level", "account", "suite")


# How far a field is shut by a profile.
_SHUT = {"": 0, "read": 1, "hidden": 2}


def widens(by: User, profile: Profile | None) -> bool:
    """Whether a profile grants more than `by` holds: nobody hands out what they have not."""
    if profile is None or by.level in LEVELS:
        return False
    own = by.profile
    if own is None or set(profile.features) - set(own.features):
        return True
    if any(set(held) - set(own.rights.get(key, ())) for key, held in profile.rights.items()):
        return True
    shut = [(key, name, state) for key, held in own.fields.items() if profile.rights.get(key) for name, state in held.items()]
    return any(_SHUT[profile.fields.get(key, {}).get(name, "")] < _SHUT[state] for key, name, state in shut)


def lifts(by: User, role: Role | None) -> bool:
    """Whether a role shows records that `by` does not see: nobody places others higher than they stand."""
    return role is not None and role not in placeable(by, [role])


def placeable(by: User, roles: Iterable[Role]) -> list[Role]:
    """Those of the roles that `by` may give to somebody."""
    offered = list(roles)
    shut = set() if by.level in LEVELS else higher(by, offered)
    return [one for one in offered if one.pk not in shut]


def set_profile_and_role(person: User, profile: Profile | None, role: Role | None, *, actor: Actor) -> None:
    """What somebody may do and where they stand (row 11). An app admin does it for people all of whose apps are theirs, and
    grants nothing they do not hold."""
    assert actor.user is not None
    with act("user_in_app", actor, said.RIGHTS, target=person, apps=None if may_wide(actor.user) else reach(person)) as done:
        held = fresh(person)
        if not done.by.level and (person.pk == done.by.pk or widens(done.by, profile) or widens(done.by, held.profile)):
            raise PermissionDenied
        if role != held.role and lifts(done.by, role):
            raise PermissionDenied
        done.changed("profile", held.profile.name if held.profile else "", profile.name if profile else "")
        done.changed("role", str(held.role or ""), str(role or ""))
        User.objects.filter(pk=person.pk).update(profile=profile, role=role)


def may_wide(user: User) -> bool:
    return user.level in LEVELS


def set_facts(person: User, *, actor: Actor, **values: Any) -> None:
    """Name, title, language and zone of somebody, as an admin changes them (row 11)."""
    assert actor.user is not None
    with act("user_in_app", actor, said.FACTS, target=person, apps=None if may_wide(actor.user) else reach(person)) as done:
        held = fresh(person)
        for name, value in values.items():
            done.changed(name, getattr(held, name), value)
        if done.changes:
            User.objects.filter(pk=person.pk).update(**{name: after for name, (_before, after) in done.changes.items()})


def deactivate(person: User, to: User | None, *, actor: Actor) -> Job | None:
    """End somebody's access at once and hand what they own to `to`, in the same step (row 6). Sessions end with it; jobs
    they asked for stop at their next step. Gives the job that hands over the rest, if one is needed."""
    with act("activate", actor, said.LEFT, target=person) as done:
        held = fresh(person)
        if not held.is_active:
            return None
        if held.pk == done.by.pk:
            raise Refused(_("You would lock yourself out. Ask another admin to do this."))
        _takes_over(held, to)
        User.objects.filter(pk=held.pk).update(is_active=False, left_at=clock.now())
        sessions.end_all(held)
        done.changed("active", True, False)
        if to is not None:
            done.detail["to"] = str(to)
        return handover.begin(held, to, actor=Actor(done.by, "bulk")) if to is not None else None


def activate(person: User, *, actor: Actor) -> None:
    """Let a deactivated person in again (row 6); it takes a licence."""
    with act("activate", actor, said.BACK, target=person) as done:
        _there(person)
        if state_of(fresh(person)) != DEACTIVATED:
            return
        back = fresh(person)
        never = not back.has_usable_password() and back.last_login is None
        # Whoever never chose a password is invited anew, not let in.
        User.objects.filter(pk=person.pk).update(is_active=not never, left_at=None)
        done.changed("active", False, True)


def delete(person: User, to: User | None, *, actor: Actor) -> Job | None:
    """Delete somebody (row 9): with nothing to their name the row goes, else it stays for history alone, without address,
    password, apps, profile and role; what they own goes to `to`. Gives the job of the hand-over, if one is needed."""
    with act("delete", actor, said.DELETED, target=person) as done:
        held = fresh(person)
        if held.deleted_at is not None:
            return None
        if held.pk == done.by.pk:
            raise Refused(_("You would lock yourself out. Ask another admin to do this."))
        _takes_over(held, to)
        job = handover.begin(held, to, actor=Actor(done.by, "bulk")) if to is not None else None
        done.changed("email", held.email, None)
        forget(held)
        return job


def _takes_over(person: User, to: User | None) -> None:
    if to is None and handover.owned(person):
        raise Refused(_("Choose who takes over what %(name)s has.") % {"name": person})
    if to is not None and (to.pk == person.pk or not fresh(to).is_active):
        raise Refused(_("Choose somebody else who is active to take over."))


def _there(person: User) -> None:
    if fresh(person).deleted_at is not None:
        raise Refused(_("This person was deleted."))


def forget(person: User) -> None:
    """Take somebody out of the house within an act: nobody signs in as them, their address is free again, and only history
    still has their name. Who never came and did nothing is gone altogether."""
    sessions.end_all(person)
    held = fresh(person)
    if held.last_login is None and not held.has_usable_password():
        try:
            with transaction.atomic():
                held.delete()
            return
        except ProtectedError:  # somebody wrote them into a record
            pass
    AppAccess.objects.filter(user=person).delete()
    gone = {"is_active": False, "level": "", "profile": None, "role": None, "email": f"deleted-{person.pk}@invalid.example"}
    User.objects.filter(pk=person.pk).update(**gone, password=NO_PASSWORD, left_at=clock.now(), deleted_at=clock.now())
