"""What an outside call can mean, in words for people (social-APIs 8, SOC-4).

Networks translate their answers into these in one place. "Could not read" is never "nothing there".
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.utils import formats, timezone
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise
else:
    Words = str


class RemoteError(Exception):
    """An outside call did not give what was asked.

    `code` is for rows and logs, `sentence` for people (translated), `final` tells whether trying again is pointless.
    The message of the exception itself is for developers and holds no text from outside, no token and no query.
    """

    code: ClassVar[str] = "remote"
    final: ClassVar[bool] = False
    sentence: ClassVar[Words] = gettext_lazy("The network answered in a way we do not understand.")

    def for_people(self) -> str:
        return force_str(self.sentence)


class Transient(RemoteError):
    """Nothing was done; it may work soon. Retried with a growing pause."""

    code = "transient"
    sentence = gettext_lazy("The network cannot be reached. We keep trying.")


class Limited(RemoteError):
    """The allowance is used up. Nothing is sent before `until` (aware)."""

    code = "limited"
    sentence = gettext_lazy("The network's limit is used up. It goes on at %(time)s.")

    def __init__(self, until: datetime, detail: str = "") -> None:
        super().__init__(detail or f"limited until {until:%H:%M:%S}")
        self.until = until

    def for_people(self) -> str:
        return force_str(self.sentence) % {"time": formats.time_format(timezone.localtime(self.until), "H:i")}


class Revoked(RemoteError):
    """The sign-in is over. Waits for the owner to sign in again; other connections go on."""

    code = "revoked"
    sentence = gettext_lazy("The sign-in to the network has ended. Sign in again and what waits is sent.")


class Rejected(RemoteError):
    """The network says no to this very thing. `reason` is a translated sentence for people, or empty."""

    code = "rejected"
    final = True
    sentence = gettext_lazy("The network refused this.")

    def __init__(self, reason: Words = "", detail: str = "") -> None:
        super().__init__(detail or "rejected")
        self.reason = reason

    def for_people(self) -> str:
        return force_str(self.reason or self.sentence)


class Gone(RemoteError):
    """What was asked for is not there any more."""

    code = "gone"
    final = True
    sentence = gettext_lazy("It was deleted on the network.")


class NotAllowed(RemoteError):
    """The access level or the granted permissions do not include this. `needs` names what is missing."""

    code = "not_allowed"
    final = True
    sentence = gettext_lazy("The network does not allow this with the present access.")

    def __init__(self, needs: str = "", detail: str = "") -> None:
        super().__init__(detail or f"needs {needs}")
        self.needs = needs

    def for_people(self) -> str:
        if not self.needs:
            return force_str(self.sentence)
        return _("The network does not allow this without “%(needs)s”.") % {"needs": self.needs}


class Unpaid(RemoteError):
    """The app's credit at the network is used up: waits for an admin, nobody is at fault."""

    code = "unpaid"
    sentence = gettext_lazy("The credit at the network is used up. An administrator has to top it up.")


class OutcomeUnknown(RemoteError):
    """The request was on its way and no answer came: it may have been done. Never sent again blindly (SOC-6)."""

    code = "unknown"
    sentence = gettext_lazy("It is not known whether it went out. We are checking.")


class BadAddress(RemoteError):
    """The address is none that this server may call (S1)."""

    code = "bad_address"
    final = True
    sentence = gettext_lazy("This address cannot be called from here.")
