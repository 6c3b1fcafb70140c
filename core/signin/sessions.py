"""Where people are signed in: listed, ended by themselves or an admin, and ended by the house when their time is over (L4, L5, L9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models import QuerySet
from django.dispatch import receiver

from core import clock
from core.access.gate import rights
from core.access.models import User
from core.signin import policy
from core.signin.models import UserSession
from core.signin.origin import address, device

# How much later than now "last seen" may be: it is a write, and not worth one for every click.
COARSE = timedelta(minutes=5)
SEAT = "seat"
# What a page that only stands open says with every look for news: nobody is there.
BY_ITSELF = "X-By-Itself"

_ends: list[Callable[[User], Any]] = []


def ends_with_credentials(function: Callable[[User], Any]) -> Callable[[User], Any]:
    """Decorator: call `fn(user)` when a password is changed or reset or an account is shut: what else lets one in ends, too."""
    _ends.append(function)
    return function


def _store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore


def _rank(user: User) -> list[Any]:
    """What decides how much a session may do. Another one asks for another session id."""
    return [user.level, user.profile_id, user.role_id, *sorted(app for app, boss in rights(user).apps.items() if boss)]


@receiver(user_logged_in, dispatch_uid="core.signin.seat")
def _sat_down(sender: Any, request: Any, user: User, **_more: Any) -> None:
    seat(request, user)


@receiver(user_logged_out, dispatch_uid="core.signin.rise")
def _rose(sender: Any, request: Any, user: User | None, **_more: Any) -> None:
    if request.session.session_key:
        UserSession.objects.filter(key=request.session.session_key).delete()


def seat(request: Any, user: User) -> None:
    """Enter the request's session into the list, and note in it since when it lasts."""
    now = clock.now()
    request.session[SEAT] = {"at": now.timestamp(), "seen": now.timestamp(), "rank": _rank(user), "key": request.session.session_key}
    row = {"user": user, "device": device(request), "address": address(request), "started_at": now, "seen_at": now}
    UserSession.objects.update_or_create(key=request.session.session_key, defaults=row)


def look(request: Any, user: User) -> bool:
    """Whether a session still holds. Moves "last seen" on, unless the page asked by itself; a person whose rights are others gets
    a new session id."""
    held, now = request.session.get(SEAT), clock.now()
    if held is None:  # signed in before there was a list
        seat(request, user)
        return True
    moment, idle, absolute = now.timestamp(), policy.idle(), policy.absolute()
    if (idle and moment - held["seen"] > idle.total_seconds()) or (absolute and moment - held["at"] > absolute.total_seconds()):
        return False
    if held["rank"] != _rank(user):
        request.session.cycle_key()
        follow(request, user)
    elif BY_ITSELF not in request.headers and moment - held["seen"] >= min(COARSE, (idle or COARSE) / 4).total_seconds():
        request.session[SEAT] = {**held, "seen": moment}
        UserSession.objects.filter(key=held["key"]).update(seen_at=now, address=address(request))
    return True


def follow(request: Any, user: User) -> None:
    """After the session got a new id: its line in the list follows."""
    held = request.session.get(SEAT)
    if held is None:
        seat(request, user)
        return
    if not request.session.session_key:
        request.session.create()
    UserSession.objects.filter(key=held["key"]).update(key=request.session.session_key)
    request.session[SEAT] = {**held, "rank": _rank(user), "key": request.session.session_key}


def of(user: User) -> QuerySet[UserSession]:
    """Where this person is signed in, the last seen first."""
    return UserSession.objects.filter(user=user).order_by("-seen_at", "-pk")


def end(row: UserSession) -> None:
    """End one session: its next request is a stranger's."""
    _store()(row.key).delete()
    row.delete()


def end_all(user: User, *, keep: str | None = None, tokens: bool = True) -> int:
    """End all sessions of somebody but the one with the key `keep`, and what else lets them in. Gives how many ended."""
    rows = list(of(user).exclude(key=keep) if keep else of(user))
    for row in rows:
        end(row)
    if tokens:
        for function in _ends:
            function(user)
    return len(rows)


def forget(now: datetime) -> None:
    """Sessions whose time is over go, those of strangers too."""
    _store().clear_expired()
    longest = policy.absolute() or timedelta(seconds=settings.SESSION_COOKIE_AGE)
    idle = policy.idle()
    UserSession.objects.filter(started_at__lt=now - longest - timedelta(days=1)).delete()
    if idle:
        for row in UserSession.objects.filter(seen_at__lt=now - idle - COARSE)[:1000]:
            end(row)
