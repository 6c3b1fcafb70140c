"""Leads, accounts, contacts and deals: the shared records of the suite. Activities have their own file."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.field.choices import options
from core.field.columns import (
    CountryColumn,
    CurrencyColumn,
    HandleColumn,
    KeyColumn,
    LinkColumn,
    LongTextColumn,
    MoneyColumn,
    PercentColumn,
    PhoneColumn,
    PicklistColumn,
    PostalColumn,
    TextColumn,
)
from core.field.people import NAME_PARTS, REACH_PARTS, Located, Named, Reached
from core.organisation.settings import home_currency
from core.record.models import Record, record_indexes
from core.text.companies import company_key, web_domain

from .pipelines import FIRST, nearest, pipeline_of, same_stage

USER = settings.AUTH_USER_MODEL


CONVERTED: dict[str, Any] = {"null": True, "blank": True, "related_name": "+", "editable": False, "db_index": False}
LEAD_ORDERS = ("sort_name", "company", "status -changed_at", "source -changed_at", "-score", "email")


class Lead(Record, Named, Reached, Located):
    """A person who may become a customer; no business yet. Converted, it stays for its history and leaves the lists."""

    DERIVED_FROM = frozenset({*NAME_PARTS, *REACH_PARTS, "company"})

    company = TextColumn(_("company"), max_length=200)
    company_key = KeyColumn()
    job_title = TextColumn(_("title"), max_length=120)
    department = TextColumn(_("department"), max_length=120)
    source = PicklistColumn(_("lead source"))
    status = PicklistColumn(_("status"), default="new")
    rating = PicklistColumn(_("rating"))
    industry = PicklistColumn(_("industry"))
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    annual_revenue = MoneyColumn(_("annual revenue"))
    score = models.PositiveSmallIntegerField(_("score"), default=0, editable=False)
    description = LongTextColumn(_("description"))
    converted_at = models.DateTimeField(_("converted"), null=True, editable=False)
    # What a conversion fills in stands in indexes of converted leads alone (Meta): a new lead need not write four more.
    converted_by = models.ForeignKey(USER, models.PROTECT, **CONVERTED, verbose_name=_("converted by"))
    account = models.ForeignKey("crm.Account", models.SET_NULL, **CONVERTED, verbose_name=_("account"))
    contact = models.ForeignKey("crm.Contact", models.SET_NULL, **CONVERTED, verbose_name=_("contact"))
    deal = models.ForeignKey("crm.Deal", models.SET_NULL, **CONVERTED, verbose_name=_("deal"))

    class Meta:
        verbose_name, verbose_name_plural = _("lead"), _("leads")
        indexes: ClassVar = [
            *record_indexes("lead", *LEAD_ORDERS, reach="converted_at status rating employees"),
            models.Index(fields=["phone_key"], name="lead_phone", condition=~Q(phone_key="")),
            models.Index(fields=["-converted_at", "-id"], name="lead_converted", condition=Q(converted_at__isnull=False)),
            *(
                models.Index(fields=[name], name=f"lead_{name}_back", condition=Q(**{f"{name}__isnull": False}))
                for name in ("account", "contact", "deal", "converted_by")
            ),
        ]

    @property
    def title(self) -> str:
        return self.full_name or self.company or self.email

    def derive(self) -> None:
        self.derive_name()
        self.derive_reach()
        self.company_key = company_key(self.company)

    def refuse(self) -> dict[str, Any]:
        if not (self.family_name or self.given_name):
            return {"family_name": _("A lead needs a name.")}
        return {}


class Account(Record):
    """A company we do business with."""

    DERIVED_FROM = frozenset({"name", "name_kana", "phone", "website"})

    name = models.CharField(_("account name"), max_length=200)
    # Its own label: the plain Japanese word for an owner would be taken for the customer's person.
    owner = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=pgettext_lazy("account", "owner"))
    name_kana = TextColumn(_("account name (furigana)"), max_length=200)
    name_key = KeyColumn()
    sort_name = KeyColumn()
    phone = PhoneColumn(_("phone"))
    phone_key = KeyColumn()
    fax = PhoneColumn(_("fax"))
    website = LinkColumn(_("website"))
    domain_key = KeyColumn()
    industry = PicklistColumn(_("industry"))
    type = PicklistColumn(_("type"))
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("parent account"))
    primary_contact = models.ForeignKey(
        "crm.Contact", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("primary contact")
    )
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    annual_revenue = MoneyColumn(_("annual revenue"))
    billing_postal_code = PostalColumn(_("billing postal code"))
    billing_region = TextColumn(_("billing prefecture or state"), max_length=60)
    billing_city = TextColumn(_("billing city"), max_length=100)
    billing_street = TextColumn(_("billing street"))
    billing_building = TextColumn(_("billing building"))
    billing_country = CountryColumn(_("billing country"))
    shipping_postal_code = PostalColumn(_("shipping postal code"))
    shipping_region = TextColumn(_("shipping prefecture or state"), max_length=60)
    shipping_city = TextColumn(_("shipping city"), max_length=100)
    shipping_street = TextColumn(_("shipping street"))
    shipping_building = TextColumn(_("shipping building"))
    shipping_country = CountryColumn(_("shipping country"))
    x_handle = HandleColumn(_("X handle"))
    facebook = LinkColumn(_("Facebook"))
    linkedin = LinkColumn(_("LinkedIn"))
    description = LongTextColumn(_("description"))

    class Meta:
        verbose_name, verbose_name_plural = _("account"), _("accounts")
        indexes: ClassVar = [
            *record_indexes("account", "sort_name", "name", "industry -changed_at", "type -changed_at"),
            models.Index(fields=["name_key"], name="account_name_key", condition=~Q(name_key="")),
            models.Index(fields=["domain_key"], name="account_domain_key", condition=~Q(domain_key="")),
        ]

    @property
    def title(self) -> str:
        return self.name

    def derive(self) -> None:
        from core.text.fold import fold
        from core.text.phones import e164

        self.name_key = company_key(self.name)
        self.sort_name = fold(self.name_kana or self.name)
        self.phone_key = (e164(self.phone) or "".join(c for c in self.phone if c.isdigit())) if self.phone else ""
        self.domain_key = web_domain(self.website) if self.website else ""

    def refuse(self) -> dict[str, Any]:
        seen, above = {self.pk}, self.parent_id
        while above is not None:
            if above in seen:
                return {"parent": _("An account cannot stand above itself, not even in a circle.")}
            seen.add(above)
            above = Account.objects.filter(pk=above).values_list("parent_id", flat=True).first()
        return {}


class Contact(Record, Named, Reached, Located):
    """A person, usually at an account."""

    DERIVED_FROM = frozenset({*NAME_PARTS, *REACH_PARTS})

    account = models.ForeignKey(Account, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("account"))
    job_title = TextColumn(_("title"), max_length=120)
    department = TextColumn(_("department"), max_length=120)
    reports_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("reports to"))
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    source = PicklistColumn(_("lead source"))
    score = models.PositiveSmallIntegerField(_("score"), default=0, editable=False)
    description = LongTextColumn(_("description"))

    class Meta:
        verbose_name, verbose_name_plural = _("contact"), _("contacts")
        indexes: ClassVar = [
            *record_indexes("contact", "sort_name", "account sort_name", "source -changed_at", "-score", "email"),
            models.Index(fields=["phone_key"], name="contact_phone", condition=~Q(phone_key="")),
        ]

    @property
    def title(self) -> str:
        return self.full_name or self.email

    def derive(self) -> None:
        self.derive_name()
        self.derive_reach()

    def refuse(self) -> dict[str, Any]:
        if not (self.family_name or self.given_name):
            return {"family_name": _("A contact needs a name.")}
        if self.reports_to_id is not None and self.reports_to_id == self.pk:
            return {"reports_to": _("Nobody reports to themselves.")}
        return {}


class Deal(Record):
    """Possible or done business with an account."""

    name = models.CharField(_("deal name"), max_length=200)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", verbose_name=_("account"))
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("contact"))
    pipeline = PicklistColumn(_("pipeline"), default="sales")
    stage = PicklistColumn(_("stage"), default="qualification", blank=False)
    amount = MoneyColumn(_("amount"))
    currency = CurrencyColumn(_("currency"), default=home_currency)
    probability = PercentColumn(_("probability"), null=True, blank=True, help_text=_("Follows the stage unless you set it."))
    expected_revenue = MoneyColumn(_("expected revenue"), editable=False)
    closing_on = models.DateField(_("closing date"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    outcome = PicklistColumn(_("outcome"), max_length=6, default="open", editable=False)
    type = PicklistColumn(_("type"))
    source = PicklistColumn(_("lead source"))
    campaign = TextColumn(_("campaign"), max_length=120, help_text=_("What brought this business: a fair, a mailing, an offer."))
    next_step = TextColumn(_("next step"), max_length=200)
    competitor = TextColumn(_("competitor"), max_length=200)
    lost_reason = TextColumn(_("lost reason"), max_length=200)
    description = LongTextColumn(_("description"))

    _was: tuple[str | None, int | None, str | None] = (None, None, None)  # stage, probability and pipeline as last stored
    _torn = False  # a stage and a pipeline were asked for that do not belong together

    DERIVED: ClassVar = ("expected_revenue", "outcome", "closed_at", "probability", "currency", "pipeline", "stage")
    FOLLOWING: ClassVar = ("pipeline", "stage")  # each follows the other, and history tells both
    MONEY_DAY: ClassVar = "closing_on"  # the day whose rate its amounts count at (core.money)

    class Meta:
        verbose_name, verbose_name_plural = _("deal"), _("deals")
        indexes: ClassVar = [
            *record_indexes(
                "deal",
                "name",
                "account -changed_at",
                "stage -changed_at",
                # The board, of all and of one's own: each column is an equality, whatever the view asks for beside.
                "stage outcome -changed_at",
                "owner stage outcome -changed_at",
                "-closing_on",
                "-amount",
                "type -changed_at",
                "outcome closing_on",
                "-closed_at",
            ),
            models.Index(fields=["contact"], name="deal_contact", condition=Q(contact__isnull=False)),
            # Home: whose deals close this month, and what was won.
            models.Index(fields=["owner", "outcome", "closing_on"], name="deal_closing", condition=Q(deleted_at__isnull=True)),
            models.Index(fields=["owner", "closed_at"], name="deal_closed", condition=Q(closed_at__isnull=False, deleted_at__isnull=True)),
        ]

    @property
    def title(self) -> str:
        return self.name

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **more: Any) -> Deal:
        made = super().from_db(db, field_names, values, **more)
        made._was = (made.__dict__.get("stage"), made.__dict__.get("probability"), made.__dict__.get("pipeline"))
        return made

    def derive(self) -> None:
        from core import clock

        self.currency = self.currency.upper()  # usd is USD to the table of rates
        stages = options("crm.deal", "stage")
        self._stand_together(stages)
        stage = stages.get(self.stage)
        more = stage.more if stage else {}
        if self.probability is None or self._follows(stages):
            self.probability = more.get("probability", self.probability)
        self._was = (self.stage, self.probability, self.pipeline)
        self.outcome = more.get("type", "open")
        if self.outcome == "open":
            self.closed_at = None
        elif self.closed_at is None:
            self.closed_at = clock.now()
        self.expected_revenue = None
        if self.amount is not None and self.probability is not None:
            self.expected_revenue = (self.amount * self.probability / 100).quantize(Decimal("0.01"))

    def _stand_together(self, stages: Any) -> None:
        """Of stage and pipeline the one that was not asked for follows the other. On a new deal a pipeline that is named
        counts; on an old one that gets both, the stage of that name in the pipeline."""
        there, (stage, _probability, before) = pipeline_of(stages, self.stage), self._was
        self._torn = False
        if not there or there == self.pipeline:
            return
        if not self.pipeline:
            self.pipeline = there
            return
        if stage is None:
            if self.pipeline == FIRST:
                self.pipeline = there
            else:
                self.stage = nearest(stages, self.stage, self.pipeline)
        elif self.pipeline == before:
            self.pipeline = there
        elif self.stage == stage:
            self.stage = nearest(stages, stage, self.pipeline)
        elif found := same_stage(stages, self.stage, self.pipeline):
            self.stage = found
        else:
            self._torn = True

    def _follows(self, stages: Any) -> bool:
        """The stage moved, and the probability is still the one of the stage before: nobody set it by hand."""
        stage, probability, _pipeline = self._was
        before = stages.get(stage)
        return before is not None and stage != self.stage and probability == self.probability == before.more.get("probability")

    def refuse(self) -> dict[str, Any]:
        if self._torn:
            stages, pipelines = options("crm.deal", "stage"), options("crm.deal", "pipeline")
            words = {"stage": stages[self.stage].label, "pipeline": pipelines[self.pipeline].label}
            return {"stage": _("“%(stage)s” is no stage of the pipeline “%(pipeline)s”. Choose one of its own.") % words}
        if self.outcome == "lost" and not self.lost_reason:
            return {"lost_reason": _("Say why this deal was lost.")}
        return {}


class Conversion(models.Model):
    """What became of a lead, kept so that it can be undone: what was made, filled and moved. One at a time per lead."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="conversions")
    at = models.DateTimeField()
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    account = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+")
    deal = models.ForeignKey(Deal, models.SET_NULL, null=True, related_name="+")
    # {"crm.contact": 1}: the version of each record that was made, as the conversion left it.
    made = models.JSONField(default=dict)
    # {"crm.account": {"phone": ["", "03-…"]}}: what was filled on records that were there before.
    filled = models.JSONField(default=dict)
    # {"core.notes": [3, 4]}: what each mover moved (crm/moving.py).
    moved = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)

    # What was made of that contact can be taken back of that contact only, not of one it was merged into.
    stays_when_merged = True

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lead"], condition=Q(undone_at__isnull=True), name="one_conversion_per_lead")
        ]
        indexes: ClassVar = [
            models.Index(fields=["contact"], name="conversion_contact"),
            models.Index(fields=["account"], name="conversion_account"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.at:%Y-%m-%d}"


class DealRole(models.Model):
    """A contact's part in a deal: decision maker, influencer, …"""

    called = _("role in a deal")
    deal = models.ForeignKey(Deal, models.CASCADE, related_name="roles")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    role = models.CharField(_("role in the deal"), max_length=60)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["deal", "contact"], name="one_role_per_deal")]

    def __str__(self) -> str:
        return self.role


class StageStay(models.Model):
    """How long a deal stood in a stage: every stage change is kept with its duration (CRM-5)."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="stays")
    stage = models.CharField(max_length=60)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    seconds = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["deal", "-id"], name="stay_of_deal"),
            models.Index(fields=["stage", "seconds"], name="stay_by_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.deal_id} {self.stage}"


from .mapping import ConversionField  # noqa: E402, F401 - likewise
from .models_activity import Activity, Feed, Moved, Participant, ties  # noqa: E402, F401 - what is done with all of them
from .reports.models import Report, Target  # noqa: E402, F401 - the tables of reports, found by Django here
from .scoring.models import ScoreMark, ScoreRule  # noqa: E402, F401 - likewise
