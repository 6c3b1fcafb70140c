"""The second factor: codes of an app, recovery codes and passkeys, kept by allauth; sealed at rest, each code good once (L3)."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.db import transaction

from core.access.models import User
from core.remote.secrets import SealBroken, Secret

TOTP, CODES, PASSKEY = Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES, Authenticator.Type.WEBAUTHN
# Clocks of telephones are wrong by some seconds: the code before and the one after count, too.
_TOLERANCE = 1

# What a made-up credential makes the readers of passkeys raise: JSON too deep, CBOR cut short, a list where a mapping belongs.
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, struct.error)


@dataclass(frozen=True)
class Factors:
    """What somebody has."""

    app: Authenticator | None
    passkeys: list[Authenticator]
    codes_left: int

    @property
    def any(self) -> bool:
        return bool(self.app or self.passkeys)


def has(user: User) -> bool:
    """Whether signing in asks this person for more than the password."""
    return bool(Authenticator.objects.filter(user=user, type__in=[TOTP, PASSKEY]).exists())


def have(users: list[User]) -> set[int]:
    """Who of these has a second factor, by id, in one query: for lists."""
    return set(Authenticator.objects.filter(user__in=users, type__in=[TOTP, PASSKEY]).values_list("user_id", flat=True))


def of(user: User) -> Factors:
    rows = list(Authenticator.objects.filter(user=user).order_by("pk"))
    codes = next((one for one in rows if one.type == CODES), None)
    return Factors(
        next((one for one in rows if one.type == TOTP), None),
        [one for one in rows if one.type == PASSKEY],
        len(codes.wrap().get_unused_codes()) if codes else 0,
    )


def new_seed() -> str:
    return str(totp.generate_totp_secret())


def counter_of(seed: str, code: str) -> int | None:
    """Which turn of the clock a code belongs to; None for a wrong one."""
    turn = int(time.time()) // app_settings.TOTP_PERIOD
    for counter in range(turn - _TOLERANCE, turn + _TOLERANCE + 1):
        if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(seed, counter))):
            return counter
    return None


@transaction.atomic
def add_app(user: User, seed: str, code: str) -> bool:
    """Take an app on if `code` is one of its; that code is spent then. One app a person: a second one replaces it."""
    counter = counter_of(seed, code)
    if counter is None:
        return False
    Authenticator.objects.filter(user=user, type=TOTP).delete()
    Authenticator.objects.create(user=user, type=TOTP, data={"secret": Secret.of(seed).sealed, "counter": counter})
    return True


@transaction.atomic
def spend(user: User, code: str) -> Authenticator | None:
    """The app or the list of recovery codes that `code` is of, if it is good; it is good never again, on any machine."""
    rows = Authenticator.objects.select_for_update().filter(user=user, type__in=[TOTP, CODES]).order_by("-type")
    for row in rows:
        if row.type == CODES:
            if row.wrap().validate_code(code):
                row.refresh_from_db()
                return row
            continue
        counter = counter_of(Secret(row.data["secret"]).reveal(), code)
        if counter is not None and counter > row.data.get("counter", 0):
            row.data = {**row.data, "counter": counter}
            row.save(update_fields=["data"])
            return row
    return None


@transaction.atomic
def new_codes(user: User) -> list[str]:
    """Ten recovery codes, shown this once; those of before are worth nothing."""
    User.objects.select_for_update().get(pk=user.pk)
    Authenticator.objects.filter(user=user, type=CODES).delete()
    return list(RecoveryCodes.activate(user).generate_codes())


@transaction.atomic
def remove(row: Authenticator) -> None:
    """Take one off; recovery codes alone are no second factor and go with the last."""
    user = row.user
    row.delete()
    if not has(user):
        Authenticator.objects.filter(user=user).delete()


def remove_all(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user).delete()[0])


def passkey_name(row: Any) -> str:
    return str(row.data.get("name", ""))


def reseal() -> tuple[int, int]:
    """Seal the seeds anew with the newest key. Gives (resealed, those that no key opens)."""
    done = broken = 0
    for pk in list(Authenticator.objects.filter(type__in=[TOTP, CODES]).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            name = next((one for one in ("secret", "seed") if row is not None and one in row.data), "")
            if row is None or not name:
                continue
            try:
                row.data = {**row.data, name: Secret.of(Secret(row.data[name]).reveal()).sealed}
            except SealBroken:
                broken += 1
                continue
            row.save(update_fields=["data"])
            done += 1
    return done, broken
