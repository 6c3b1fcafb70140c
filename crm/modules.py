"""Leads, accounts, contacts, deals and activities as modules."""

from types import MappingProxyType

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.access.gate import opens
from core.access.models import User
from core.module.module import Identity, Module, Related, Section, View
from core.module.registry import register

from .forms import DealForm
from .models import Account, Activity, Contact, Deal, Lead, Participant

MINE = {"all": [{"field": "owner", "op": "me"}]}
# The field whose value follows from rules, and the page that says which (crm.scoring).
WHY = {"score": "score"}
_REACH = "email email2 phone mobile website x_handle facebook linkedin email_opt_out"


def _lately(field: str) -> dict[str, list[dict[str, object]]]:
    return {"all": [{"field": field, "op": "last_n_days", "value": 7}]}


ALWAYS = (
    View("all", _("All")),
    View("mine", _("Mine"), MINE),
    View("unread", _("Unread"), {"all": [{"field": "owner", "op": "me_unread"}]}),
    View("created", _("Recently created"), _lately("created_at"), "-created_at"),
    View("changed", _("Recently changed"), _lately("changed_at"), "-changed_at"),
)


@register
class Leads(Module):
    model = Lead
    icon = "user-plus"
    columns = "name company email phone status source owner changed_at"
    facts = "company status phone email"
    layout = (
        Section(
            _("Lead"),
            "family_name given_name family_kana given_kana company job_title department source status rating score industry employees annual_revenue owner tags",
        ),
        Section(_("Reach"), _REACH),
        Section(_("Address"), "postal_code region city street building country"),
        Section(_("Description"), "description"),
    )
    search = "name company email email2 phone mobile x_handle"
    same = "email phone x_handle"
    identity = Identity("person", company="company")
    board = "status"
    views = (
        *ALWAYS,
        View("converted", _("Converted leads"), {"all": [{"field": "converted_at", "op": "filled"}]}, "-converted_at", hidden=True),
    )
    related = (Related("crm.activity", "lead", "subject kind status due_on owner", listed=False),)
    aside = Q(converted_at__isnull=False)
    page = "crm/lead.html"
    explained = WHY


@register
class Accounts(Module):
    model = Account
    icon = "building-2"
    order = "-changed_at"
    columns = "name industry type phone website owner changed_at"
    facts = "industry phone website"
    origins = "crm.lead"
    layout = (
        Section(_("Account"), "name name_kana phone fax website industry type parent primary_contact employees annual_revenue owner tags"),
        Section(_("Billing address"), "billing_postal_code billing_region billing_city billing_street billing_building billing_country"),
        Section(
            _("Shipping address"), "shipping_postal_code shipping_region shipping_city shipping_street shipping_building shipping_country"
        ),
        Section(_("Social"), "x_handle facebook linkedin"),
        Section(_("Description"), "description"),
    )
    search = "name name_kana phone website x_handle"
    same = "name website"
    identity = Identity("company", leave="fax")
    views = ALWAYS
    related = (
        Related("crm.contact", "account", "name job_title phone email", listed=False, rolls_up=True),
        Related("crm.deal", "account", "name stage amount closing_on owner", totals="amount"),
        Related("crm.activity", "account", "subject kind status due_on owner", listed=False),
        Related("crm.account", "parent", "name industry phone owner", listed=False),
    )


@register
class Contacts(Module):
    model = Contact
    icon = "users"
    columns = "name account job_title email phone owner changed_at"
    facts = "account job_title phone email"
    origins = "crm.lead"
    layout = (
        Section(
            _("Contact"),
            "family_name given_name family_kana given_kana account job_title department reports_to birthday source score owner tags",
        ),
        Section(_("Reach"), _REACH),
        Section(_("Address"), "postal_code region city street building country"),
        Section(_("Description"), "description"),
    )
    search = "name email email2 phone mobile x_handle"
    same = "email phone x_handle"
    identity = Identity("person", company="account")
    explained = WHY
    views = ALWAYS
    related = (
        Related("crm.deal", "contact", "name stage amount closing_on owner", totals="amount"),
        Related("crm.activity", "contact", "subject kind status due_on owner", listed=False),
        Related("crm.contact", "reports_to", "name job_title phone email"),
    )


_OPEN = {"field": "outcome", "op": "is", "value": "open"}


@register
class Deals(Module):
    model = Deal
    icon = "handshake"
    columns = "name account amount stage probability closing_on owner changed_at"
    facts = "account amount stage closing_on"
    origins = "crm.lead"
    layout = (
        Section(
            _("Deal"),
            "name account contact amount currency pipeline stage probability expected_revenue closing_on type source campaign owner tags",
        ),
        Section(_("What comes next"), "next_step competitor lost_reason"),
        Section(_("Description"), "description"),
    )
    search = "name"
    board = "stage"
    within = MappingProxyType({"stage": "pipeline"})
    form = DealForm
    lists = "roles.role"
    views = (
        *ALWAYS,
        View("open", _("Open deals"), {"all": [_OPEN]}, "closing_on"),
        View("closing", _("Closing this month"), {"all": [_OPEN, {"field": "closing_on", "op": "this_month"}]}, "closing_on"),
        View("won", _("Won"), {"all": [{"field": "outcome", "op": "is", "value": "won"}]}, "-closing_on"),
        View("lost", _("Lost"), {"all": [{"field": "outcome", "op": "is", "value": "lost"}]}, "-closing_on"),
    )
    related = (Related("crm.activity", "deal", "subject kind status due_on owner", listed=False),)


# Asked by the moment it was done, not by the status: "not done" has an index, "another status than done" cannot have one.
_UNDONE = {"field": "done_at", "op": "empty"}


@register
class Activities(Module):
    model = Activity
    slug = "activities"
    icon = "calendar-check"
    columns = "subject kind status due_on contact account owner changed_at"
    facts = "kind status due_on contact account"
    layout = (
        Section(_("Activity"), "kind subject status priority due_on owner lead contact account deal"),
        Section(_("Event"), "starts_at ends_at place"),
        Section(_("Reminder and repeat"), "remind_before repeat"),
        Section(_("Call"), "direction minutes result"),
        Section(_("Description"), "description"),
    )
    search = "subject"
    order = "due_on"
    views = (
        View("open", pgettext_lazy("activities", "Open"), {"all": [_UNDONE]}, "due_on"),
        *ALWAYS,
        View("today", _("Due today"), {"all": [_UNDONE, {"field": "due_on", "op": "today"}]}, "due_on"),
        View("overdue", _("Overdue"), {"all": [_UNDONE, {"field": "due_on", "op": "older_than_days", "value": 0}]}, "due_on"),
    )


def participants(pk: int) -> list[int]:
    """Ids of those of us who take part in an event."""
    return list(Participant.objects.filter(activity=pk, user__isnull=False).values_list("user_id", flat=True))


@opens("crm.activity", who=participants)
def taking_part(user: User) -> list[int]:
    """Who takes part in an event sees it, whoever's it is (CRM-8): the newest two thousand."""
    return list(Participant.objects.filter(user=user).order_by("-activity_id").values_list("activity_id", flat=True)[:2000])
