"""Tickets, what was said in them, and the running number."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.field.columns import LongTextColumn, PicklistColumn, RunningColumn
from core.record.models import Record, record_indexes

USER = settings.AUTH_USER_MODEL
OPEN, WAITING, ON_HOLD, CLOSED = "open", "waiting", "on_hold", "closed"
REPLY, CUSTOMER, COMMENT = "reply", "customer", "comment"
FIRST = 1001


class Numbering(models.Model):
    """The last number given. Taken by an UPDATE, so that two at once wait for each other and never get the same."""

    name = models.CharField(max_length=20, primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.last}"

    @classmethod
    def next(cls, name: str) -> int:
        """The next number, in the caller's transaction."""
        cls.objects.bulk_create([cls(name=name, last=FIRST - 1)], ignore_conflicts=True)
        cls.objects.filter(name=name).update(last=F("last") + 1)
        return cls.objects.values_list("last", flat=True).get(name=name)


class Ticket(Record):
    """A customer's question and its conversation."""

    number = RunningColumn(_("number"), unique=True, editable=False)
    subject = models.CharField(_("subject"), max_length=200)
    description = LongTextColumn(_("description"))
    department = PicklistColumn(pgettext_lazy("helpdesk", "department"), default="support")
    status = PicklistColumn(_("status"), default=OPEN, blank=False)
    priority = PicklistColumn(_("priority"), default="normal")
    channel = PicklistColumn(_("channel"), default="phone")
    contact = models.ForeignKey("crm.Contact", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("contact"))
    account = models.ForeignKey("crm.Account", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("account"))
    lead = models.ForeignKey("crm.Lead", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("lead"))
    owner = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("agent"))
    last_said_at = models.DateTimeField(_("last message"), null=True, editable=False)
    first_answered_at = models.DateTimeField(_("first answered"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)

    DERIVED: ClassVar = ("number", "closed_at")

    class Meta:
        verbose_name, verbose_name_plural = _("ticket"), _("tickets")
        indexes: ClassVar = [
            *record_indexes("ticket", "-number", "status -last_said_at", "-last_said_at", "department status"),
            *(
                models.Index(fields=[link, "-last_said_at"], name=f"ticket_{link}", condition=Q(**{f"{link}__isnull": False}))
                for link in ("contact", "account", "lead")
            ),
        ]

    @property
    def title(self) -> str:
        return f"#{self.number} {self.subject}"

    @property
    def short(self) -> str:
        """The number alone, where there is no room for more."""
        return f"#{self.number}"

    def derive(self) -> None:
        from core import clock

        if not self.number:
            self.number = Numbering.next("ticket")
            self.last_said_at = self.last_said_at or clock.now()
        if self.status != CLOSED:
            self.closed_at = None
        elif self.closed_at is None:
            self.closed_at = clock.now()

    def refuse(self) -> dict[str, Any]:
        return {} if self.subject.strip() else {"subject": _("A ticket needs a subject.")}


class Thread(models.Model):
    """A conversation outside that a ticket follows: what its author says there belongs to the ticket."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="threads")
    source = models.CharField(max_length=30)
    conversation = models.CharField(max_length=120)
    author = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["ticket", "source", "conversation", "author"], name="one_thread")]
        indexes: ClassVar = [models.Index(fields=["source", "author", "conversation"], name="thread_of_author")]

    def __str__(self) -> str:
        return f"{self.source} {self.conversation}"


class Entry(models.Model):
    """One thing said in a ticket. `source` and `outside_id` name it at its network: it stands in one ticket only, once.

    `module` and `record_id` are the message it came from. An answer has its `delivery`, which says whether it went out.
    """

    KINDS: ClassVar = [(REPLY, _("Reply")), (CUSTOMER, _("Customer")), (COMMENT, _("Internal comment"))]

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=10, choices=KINDS)
    text = models.TextField()
    author = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=200, blank=True, default="")
    handle = models.CharField(max_length=120, blank=True, default="")
    at = models.DateTimeField()
    delivery = models.OneToOneField("core.Delivery", models.PROTECT, null=True, related_name="entry")
    source = models.CharField(max_length=30, blank=True, default="")
    outside_id = models.CharField(max_length=120, blank=True, default="")
    link = models.CharField(max_length=500, blank=True, default="")
    module = models.CharField(max_length=60, blank=True, default="")
    record_id = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "outside_id"], name="one_entry_per_message", condition=~Q(outside_id="")),
        ]
        indexes: ClassVar = [models.Index(fields=["ticket", "at", "id"], name="entry_of_ticket")]

    def __str__(self) -> str:
        return self.text[:60]
