"""The sign-in log: who tried when, from where, how, and what came of it. What strangers can make grow has an end (O5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Q, QuerySet

from core import clock
from core.access.models import User
from core.signin.models import SignInTry
from core.signin.origin import address, device

KEPT = timedelta(days=90)
# The newest of those that failed; who succeeded is never pushed out by who did not.
MOST_FAILED = 100_000
_PART = 5_000


def tried(request: Any, outcome: str, *, user: User | None = None, email: str = "", way: str = "") -> None:
    """Write one try. One that was stopped by a limit is written once a minute for each address."""
    where = address(request)
    if outcome in {"limited", "network"} and not cache.add(f"signin.{outcome}.{where}", 1, 60):
        return
    typed = "".join(sign for sign in (email or (user.email if user else "")) if sign.isprintable())
    SignInTry.objects.create(
        at=clock.now(), user=user, email=typed[:254].lower(), address=where, device=device(request), way=way[:20], outcome=outcome
    )


def find(text: str = "", outcome: str = "") -> QuerySet[SignInTry]:
    """The tries that fit, newest first; `text` is the beginning of an e-mail or an address."""
    rows = SignInTry.objects.select_related("user").order_by("-id")
    if outcome == "failed":
        rows = rows.exclude(outcome="in")
    elif outcome:
        rows = rows.filter(outcome=outcome)
    if text:
        rows = rows.filter(Q(email__istartswith=text) | Q(address__istartswith=text))
    return rows


def forget(now: datetime) -> int:
    """Let go of what is old, and of the oldest failures beyond their number. Gives how many went."""
    done = _cut(SignInTry.objects.filter(at__lt=now - KEPT))
    failed = SignInTry.objects.exclude(outcome="in").order_by("-id")
    last = failed.values_list("pk", flat=True)[MOST_FAILED : MOST_FAILED + 1].first()
    return done + (_cut(SignInTry.objects.exclude(outcome="in").filter(pk__lte=last)) if last else 0)


def _cut(rows: QuerySet[SignInTry]) -> int:
    """A part at a time, so that nobody who signs in waits for the cleaner."""
    done = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:_PART]):
        done += SignInTry.objects.filter(pk__in=ids).delete()[0]
    return done
