"""What an outside call can mean, in words for people (social-APIs 8, SOC-4, SOC-19).

Networks translate their answers into these in one place, by code and never by the words of a message. What follows from
each stands in one table, `EFFECTS`, which the wire and the outbox read. "Could not read" is never "nothing there".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils import formats, timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise
else:
    Words = str

# What happens to the sign-in …
UNTOUCHED, REFRESHED, ENDED, LACKING, PAUSED = "untouched", "refreshed", "ended", "lacking", "paused"
# … and to the work: later (at a known time), again (with a growing pause), once more at once, kept until somebody signs in or
# pays, failed for good, done already, or looked for at the network.
LATER, AGAIN, ONCE, KEPT, FAILS, DONE, LOOKED = "later", "again", "once", "kept", "fails", "done", "looked"


class RemoteError(Exception):
    """An outside call did not give what was asked.

    `code` is for rows and logs, `sentence` for people (translated). `facts` is what a row keeps of it, so that everybody reads
    it in their own language and zone (`said`). The exception's message is for developers and holds no text from outside, no
    token and no query. `network` is the network's name, set by the wire.
    """

    code: ClassVar[str] = "remote"
    action: ClassVar[str] = "backoff"
    sentence: ClassVar[Words] = gettext_lazy("The network answered in a way we do not understand.")
    network: str = ""

    @property
    def final(self) -> bool:
        """Whether trying again is pointless."""
        return EFFECTS[self.action].work == FAILS

    def facts(self) -> dict[str, Any]:
        return {"network": self.network} if self.network else {}

    @classmethod
    def words(cls, facts: dict[str, Any]) -> str:
        return force_str(cls.sentence) % {"network": facts.get("network") or _("The network")}

    def for_people(self) -> str:
        return self.words(self.facts())


class Transient(RemoteError):
    """Nothing was done; it may work soon. Retried with a growing pause."""

    code, action = "transient", "backoff"
    sentence = gettext_lazy("The network cannot be reached. We keep trying.")


class Unsettled(Transient):
    """A token of seconds that is not known everywhere yet. It will be before the minute is over."""


class Limited(RemoteError):
    """The allowance is used up. Nothing is sent before `until` (aware)."""

    code, action = "limited", "wait_reset"

    def __init__(self, until: datetime, detail: str = "") -> None:
        super().__init__(detail or f"limited until {until:%H:%M:%S}")
        self.until = until

    def seconds(self) -> float:
        """How long it is until then."""
        return max(0.0, (self.until - timezone.now()).total_seconds())

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "until": self.until.isoformat()}

    @classmethod
    def words(cls, facts: dict[str, Any]) -> str:
        until = parse_datetime(str(facts.get("until") or ""))
        network = facts.get("network") or _("The network")
        if until is None:
            return _("%(network)s cannot be reached for now: its request limit is used up.") % {"network": network}
        again = _("%(network)s cannot be reached for now: its request limit is used up. Try again after %(time)s.")
        return again % {"network": network, "time": in_readers_zone(until)}


class LimitedToday(Limited):
    """The allowance of the day is used up; it is counted anew at 00:00 UTC. `per`: of the "user" or of the "app", where it says."""

    action = "wait_daily"

    def __init__(self, until: datetime, detail: str = "", *, per: str = "") -> None:
        super().__init__(until, detail)
        self.per = per


class Stale(RemoteError):
    """The access token is refused: it is refreshed and the call repeated once, unseen by people. Then it is `Revoked`."""

    code, action = "stale", "refresh_then_retry_once"


class Revoked(RemoteError):
    """The sign-in is over. Waits for the owner to sign in again; other connections go on."""

    code, action = "revoked", "needs_signin"
    sentence = gettext_lazy("The sign-in to the network has ended. Sign in again and what waits is sent.")


class Rejected(RemoteError):
    """The network says no to this very thing, here and now. `reason` is a translated sentence for people, or empty."""

    code, action = "rejected", "not_allowed_here"
    sentence = gettext_lazy("The network refused this.")

    def __init__(self, reason: Words = "", detail: str = "") -> None:
        super().__init__(detail or "rejected")
        self.reason = reason

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "sentences": [source(self.reason)] if self.reason else []}

    @classmethod
    def words(cls, facts: dict[str, Any]) -> str:
        return " ".join(_(one) for one in facts.get("sentences") or ()) or force_str(cls.sentence)


class Outside(Rejected):
    """The network takes a message only within a time after the person's last one, and that is over."""

    code = "window"
    sentence = gettext_lazy("The time in which the network takes an answer is over. It opens again when the person writes.")


class Hidden(RemoteError):
    """It is there, and its owner does not show it to us."""

    code, action = "hidden", "privacy_hidden"
    sentence = gettext_lazy("Its owner does not show it to us.")


class Gone(RemoteError):
    """What was asked for is not there any more."""

    code, action = "gone", "gone"
    sentence = gettext_lazy("It was deleted on the network.")


class NotAllowed(RemoteError):
    """The access level or the granted permissions do not include this. `needs` names what is missing."""

    code, action = "not_allowed", "missing_permission"
    sentence = gettext_lazy("The network does not allow this with the present access.")

    def __init__(self, needs: str = "", detail: str = "") -> None:
        super().__init__(detail or f"needs {needs}")
        self.needs = needs

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "needs": self.needs}

    @classmethod
    def words(cls, facts: dict[str, Any]) -> str:
        if not facts.get("needs"):
            return force_str(cls.sentence)
        return _("The network does not allow this without “%(needs)s”.") % {"needs": facts["needs"]}


class AlreadyDone(RemoteError):
    """It was done before: counts as success. `outside_id` is what the network made of it, where it says so."""

    code, action = "done", "already_done"
    sentence = gettext_lazy("It was done already.")

    def __init__(self, outside_id: str = "") -> None:
        super().__init__("already done")
        self.outside_id = outside_id


class Unpaid(RemoteError):
    """The app's credit at the network is used up: waits for an admin, nobody is at fault."""

    code, action = "unpaid", "pay"
    sentence = gettext_lazy("The credit at the network is used up. An administrator has to top it up.")


class OverBudget(Unpaid):
    """Our own budget for a day or a month is used up; robots stop until `until`, people may go on if an admin allows it."""

    code = "over_budget"

    def __init__(self, until: datetime) -> None:
        super().__init__("over budget")
        self.until = until

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "until": self.until.isoformat()}

    @classmethod
    def words(cls, facts: dict[str, Any]) -> str:
        until = parse_datetime(str(facts.get("until") or ""))
        over = _("The budget for %(network)s is used up. It goes on at %(time)s, or when an administrator raises it.")
        return over % {"network": facts.get("network") or _("the network"), "time": in_readers_zone(until) if until else "—"}


class OutcomeUnknown(RemoteError):
    """The request was on its way and no answer came: it may have been done. Never sent again blindly (SOC-6)."""

    code, action = "unknown", "unknown_outcome"
    sentence = gettext_lazy("It is not known whether it went out. We are checking.")


class Faulty(RemoteError):
    """Our own mistake, by the network's judgement: logged, never tried again. `support` is the network's id of the request."""

    code, action = "faulty", "fix_request"
    sentence = gettext_lazy("It could not be sent; the mistake is ours.")

    def __init__(self, detail: str = "", support: str = "") -> None:
        super().__init__(detail or "faulty request")
        self.support = support

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "support": self.support[:100]}

    @classmethod
    def words(cls, facts: dict[str, Any]) -> str:
        if not facts.get("support"):
            return force_str(cls.sentence)
        return _("It could not be sent; the mistake is ours. For support: %(id)s.") % {"id": facts["support"]}


class BadAddress(RemoteError):
    """The address is none that this server may call (S1)."""

    code, action = "bad_address", "not_allowed_here"
    sentence = gettext_lazy("This address cannot be called from here.")


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows from one kind of answer: the error, what happens to the sign-in, what to the work."""

    error: type[RemoteError]
    sign_in: str
    work: str


# One classification for all networks: the actions the facts about them name, each with what it does.
EFFECTS: dict[str, Effect] = {
    "wait_reset": Effect(Limited, UNTOUCHED, LATER),
    "wait_daily": Effect(LimitedToday, UNTOUCHED, LATER),
    "backoff": Effect(Transient, UNTOUCHED, AGAIN),
    "refresh_then_retry_once": Effect(Stale, REFRESHED, ONCE),
    "needs_signin": Effect(Revoked, ENDED, KEPT),
    "missing_permission": Effect(NotAllowed, LACKING, FAILS),
    "privacy_hidden": Effect(Hidden, UNTOUCHED, FAILS),
    "not_allowed_here": Effect(Rejected, UNTOUCHED, FAILS),
    "gone": Effect(Gone, UNTOUCHED, FAILS),
    "already_done": Effect(AlreadyDone, UNTOUCHED, DONE),
    "pay": Effect(Unpaid, PAUSED, LATER),
    "unknown_outcome": Effect(OutcomeUnknown, UNTOUCHED, LOOKED),
    "fix_request": Effect(Faulty, UNTOUCHED, FAILS),
}


def _kinds(kind: type[RemoteError]) -> dict[str, type[RemoteError]]:
    made = {kind.code: kind} if "code" in vars(kind) else {}
    for below in kind.__subclasses__():
        made.update(_kinds(below))
    return made


def source(words: Words) -> str:
    """A sentence as it stands in the source, to be translated when somebody reads it."""
    with translation.override(None):
        return force_str(words)


def said(code: str, facts: dict[str, Any]) -> str:
    """What a row keeps of an error, in the reader's language and zone; empty for a code that is none of an error."""
    if told := " ".join(_(one) for one in facts.get("sentences") or ()):
        return told
    kind = _kinds(RemoteError).get(code)
    return kind.words(facts) if kind else ""


def in_readers_zone(moment: datetime) -> str:
    """The time of the reader's clock; with the day, if it is not today."""
    there, now = timezone.localtime(moment), timezone.localtime()
    time = formats.time_format(there, "H:i")
    if there.date() == now.date():
        return time
    day = formats.date_format(there, "MONTH_DAY_FORMAT")
    return pgettext("a day and a time", "%(day)s, %(time)s") % {"day": day, "time": time}
