"""What a profile switches on beside rights on modules (ADM-10): one declared table, with the words its editor and Explain use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Feature:
    """One switch. `app` names the app it belongs to, empty for all; `usual` ones the built-in profile Standard has."""

    key: str
    label: Any
    help: Any
    app: str = ""
    usual: bool = False


_table = (
    Feature("see_all", _("See all records"), _("Every record of every module this profile may view, whoever owns it.")),
    Feature(
        "settings",
        _("Change settings"),
        _("Fields, layouts and scores, in the apps this person administers. Account and suite admins may anyway."),
    ),
    Feature(
        "manage_users",
        _("Manage users"),
        _("As an admin of an app: see the subscription and its licences. Account and suite admins may anyway."),
    ),
    Feature("export", _("Export"), _("Take records out as a file, where the module allows it, too."), usual=True),
    Feature("convert", _("Convert leads"), _("Make a contact, an account and a deal of a lead."), app="crm", usual=True),
    Feature("mass_mail", _("Mass mail"), _("Write to many people at once.")),
    Feature("views_all", _("Manage views for all"), _("Show a saved view to everybody.")),
    Feature("reports_all", _("Manage reports for all"), _("Show a report to everybody."), app="crm"),
    Feature("rules", _("Manage rules"), _("Make and change the rules that do something by themselves.")),
    Feature(
        "social_personal",
        _("Social: personal profiles"),
        _("See and link the profiles of people at social networks on leads, contacts and accounts."),
        app="crm",
        usual=True,
    ),
    Feature(
        "social_integrations",
        _("Manage social integrations"),
        _("Sign in with one's own accounts at social networks, and act with them."),
        app="crm",
        usual=True,
    ),
    Feature("social", _("Social app"), _("Read and answer what people say on social networks."), app="social", usual=True),
    Feature("social_channels", _("Manage channels"), _("Connect and disconnect brands and channels."), app="social"),
)
FEATURES: dict[str, Feature] = {one.key: one for one in _table}
USUAL = [one.key for one in _table if one.usual]
# Having the app is not enough: the profile must switch it on, too.
OPENS_APP = {"social": "social"}
