"""The three levels and what each may do in the console (ADM-1, ADM-2): one table that the gate, pages, acts and tests read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

YES, NO, OWN, GRANTED = "yes", "no", "own", "granted"
LEVELS = {"account": _("Account admin"), "suite": _("Suite admin")}


@dataclass(frozen=True)
class Operation:
    """One row of the table. A cell is YES, NO, OWN (own apps alone) or GRANTED: with the switch `grant` of the profile, which
    the levels that say YES bring along whatever the profile says."""

    number: int
    label: Any
    account: str
    suite: str
    app: str
    grant: str = ""

    def cell(self, level: str) -> str:
        """What a level may; anything but the two wide ones is that of an admin of apps."""
        return {"account": self.account, "suite": self.suite}.get(level, self.app)


OPERATIONS: dict[str, Operation] = {
    "account_admin": Operation(1, _("Change the account admin"), YES, NO, NO),
    "portal_url": Operation(2, _("Change the portal address"), YES, NO, OWN),
    "organisation": Operation(3, _("Change the organisation's information"), YES, NO, OWN),
    "suite_admins": Operation(4, _("Add and remove suite admins"), YES, YES, NO),
    "add_users": Operation(5, _("Add users"), YES, YES, OWN),
    "activate": Operation(6, _("Activate and deactivate users"), YES, YES, NO),
    "invite_again": Operation(7, _("Invite again"), YES, YES, OWN),
    "export": Operation(8, _("Export user data"), YES, YES, NO),
    "delete": Operation(9, _("Delete users"), YES, YES, NO),
    "switch": Operation(10, _("Switch a user's access to an app on and off"), YES, YES, OWN),
    "user_in_app": Operation(11, _("Change a user's information in an app"), YES, YES, OWN),
    "see_subscription": Operation(12, _("See the subscription"), YES, YES, GRANTED, grant="manage_users"),
    "change_subscription": Operation(13, _("Change the subscription"), YES, YES, NO),
}
# Beside the table: who decides what profiles grant, how roles stand and what is shared; and who sets up apps (fields, layouts,
# currencies, scores): an admin of an app in their own.
FURTHER = {
    "rights": Operation(0, _("Change profiles, roles and sharing"), YES, YES, NO),
    "settings": Operation(0, _("Change fields, layouts and other settings"), YES, YES, GRANTED, grant="settings"),
}
_ALL = (*OPERATIONS.values(), *FURTHER.values())
# The switches of a profile that a level has by itself.
BROUGHT = {level: frozenset(row.grant for row in _ALL if row.grant and row.cell(level) == YES) for level in LEVELS}
WORDS = {YES: pgettext_lazy("level", "yes"), NO: pgettext_lazy("level", "no"), OWN: _("own apps")}
