"""Activities: tasks, events and calls, how they repeat, who takes part (CRM-8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock
from core.field.columns import BeforeColumn, LongTextColumn, PicklistColumn, RepeatColumn, TextColumn
from core.record.models import Record, record_indexes

from . import series
from .models import USER, Account, Contact, Deal, Lead

LONGEST = timedelta(days=60)
DAY = timedelta(days=1)


class Activity(Record):
    """What was or will be done with somebody: a task, an event or a call.

    A repeating event is one row, a series whose dates follow from its rule (crm.series); a repeating task or call is one
    row at a time: the next arises when one is done. Both keep their time of day in `zone`, whatever the clocks do.

    `anchor_on` is the day the rule counts from, `occurs_on` which of its days a task stands for, `first` the task the chain
    began with. `lasting` marks what may touch days other than the one it begins on: series and events of more than a day;
    they lie between `starts_at` and `last_at` (empty: without end). `reminder_at` is when to remind next, `reminded_for`
    the moment that was last reminded of.
    """

    kind = PicklistColumn(_("kind"), default="task", blank=False)
    subject = models.CharField(_("subject"), max_length=200)
    status = PicklistColumn(_("status"), default="open", blank=False)
    priority = PicklistColumn(_("priority"), default="normal")
    due_on = models.DateField(_("due"), null=True, blank=True)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("to"), null=True, blank=True)
    place = TextColumn(_("place"))
    direction = PicklistColumn(_("direction"))
    minutes = models.PositiveIntegerField(_("minutes"), null=True, blank=True)
    result = TextColumn(_("result"))
    done_at = models.DateTimeField(_("done"), null=True, editable=False)
    remind_before = BeforeColumn(_("reminder"), null=True, blank=True)
    repeat = RepeatColumn(_("repeat"))
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("lead"))
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("contact"))
    account = models.ForeignKey(Account, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("account"))
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("deal"))
    description = LongTextColumn(_("description"))
    zone = models.CharField(max_length=50, blank=True, default="", editable=False)
    anchor_on = models.DateField(null=True, editable=False)
    occurs_on = models.DateField(null=True, editable=False)
    first = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+", editable=False)
    lasting = models.BooleanField(default=False, editable=False)
    last_at = models.DateTimeField(null=True, editable=False)
    reminder_at = models.DateTimeField(null=True, editable=False)
    reminded_for = models.DateTimeField(null=True, editable=False)

    INNER: ClassVar = ("zone", "anchor_on", "occurs_on", "first", "lasting", "last_at", "reminder_at", "reminded_for")
    DERIVED: ClassVar = ("done_at", "zone", "anchor_on", "occurs_on", "lasting", "last_at", "reminder_at")

    class Meta:
        verbose_name, verbose_name_plural = _("activity"), _("activities")
        indexes: ClassVar = [
            *record_indexes("activity", "due_on", "status due_on", "kind -changed_at", "owner status due_on", "owner starts_at", "subject"),
            # Home counts open tasks by this index alone, where the database can (PostgreSQL): the kind stands beside the key.
            models.Index(
                fields=["owner", "due_on", "id"],
                include=["kind"],
                name="activity_waiting",
                condition=Q(done_at__isnull=True, deleted_at__isnull=True),
            ),
            # The calendar: what begins in a window; what lasts into it; what is due in it.
            models.Index(fields=["starts_at", "id"], name="activity_starts", condition=Q(deleted_at__isnull=True)),
            models.Index(fields=["due_on", "id"], name="activity_open_due", condition=Q(done_at__isnull=True, deleted_at__isnull=True)),
            models.Index(
                fields=["due_on", "id"],
                name="activity_untimed",
                condition=Q(done_at__isnull=True, starts_at__isnull=True, deleted_at__isnull=True),
            ),
            models.Index(fields=["owner", "last_at"], name="activity_lasting", condition=Q(lasting=True, deleted_at__isnull=True)),
            models.Index(fields=["last_at", "id"], name="activity_lasting_all", condition=Q(lasting=True, deleted_at__isnull=True)),
            models.Index(fields=["reminder_at", "id"], name="activity_reminder", condition=Q(reminder_at__isnull=False)),
            *(
                models.Index(fields=[link, "-changed_at"], name=f"activity_{link}", condition=Q(**{f"{link}__isnull": False}))
                for link in ("lead", "contact", "account", "deal")
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "occurs_on"], condition=Q(first__isnull=False), name="one_task_per_occurrence")
        ]

    _rule_was: str | None = None

    @property
    def title(self) -> str:
        return self.subject

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **more: Any) -> Activity:
        made = super().from_db(db, field_names, values, **more)
        made._rule_was = made.__dict__.get("repeat")
        return made

    @property
    def is_series(self) -> bool:
        """One row for many dates."""
        return bool(self.repeat and self.kind == "event" and self.starts_at)

    def derive(self) -> None:
        if self.status != "done":
            self.done_at = None
        elif self.done_at is None:
            self.done_at = clock.now()
        if not self.repeat and self.first_id is None:
            self.anchor_on = self.occurs_on = None
        if (self.repeat or self.remind_before is not None) and not self.zone:
            self.zone = series.zone_of(self.owner_id)
        self._derive_dates()
        self.reminder_at = series.armed(self, clock.now())

    def _derive_dates(self) -> None:
        if self.is_series:
            self.anchor_on, self.lasting, self.last_at = series.day_of(self), True, self._last()
            return
        if self.repeat and self.due_on and self.kind != "event":
            if self.first_id is None:
                self.anchor_on = self.occurs_on = self.due_on
            elif self._rule_was is not None and self._rule_was != self.repeat:
                self.anchor_on = self.due_on  # another rule: it counts from here
        long = bool(self.starts_at and self.ends_at and self.ends_at - self.starts_at > DAY)
        self.lasting, self.last_at = long, self.ends_at if long else None

    def _last(self) -> Any:
        """When a series is over: its last date by the rule, or one that was moved behind it."""
        last = series.end(self)
        if last is None or self.pk is None:
            return last
        moves = series.standing(self, self.moves.filter(off=False, starts_at__isnull=False))
        return max([last, *(one.ends_at or one.starts_at for one in moves)])

    def refuse(self) -> dict[str, Any]:
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            return {"ends_at": _("The end lies before the beginning.")}
        if self.repeat and self.kind == "event" and not self.starts_at:
            return {"starts_at": _("An event that repeats needs a beginning.")}
        if self.repeat and self.kind != "event" and not self.due_on:
            return {"due_on": _("What repeats needs a day on which it is due.")}
        if self.is_series and not series.happens(self):
            return {"repeat": _("With this rule it would never take place.")}
        if self.is_series and self.ends_at and self.ends_at - self.starts_at > LONGEST:  # type: ignore[operator]
            return {"ends_at": _("An event that repeats lasts at most 60 days.")}
        return {}


def ties(record: Any) -> dict[str, int]:
    """Whom an activity on this record concerns: the record, and the account or contact it belongs to."""
    made = {record._meta.model_name: record.pk}
    if isinstance(record, Contact | Deal) and record.account_id:
        made["account"] = record.account_id
    if isinstance(record, Deal) and record.contact_id:
        made["contact"] = record.contact_id
    return made


class Participant(models.Model):
    """Who takes part in an event: one of us, or a contact. One of us sees the event for it (PLT-24)."""

    called = _("place in an event")
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="participants")
    user = models.ForeignKey(USER, models.CASCADE, null=True, related_name="+", verbose_name=_("one of us"))
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+", verbose_name=_("contact"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["activity", "user"], condition=Q(user__isnull=False), name="one_place_per_user"),
            models.UniqueConstraint(fields=["activity", "contact"], condition=Q(contact__isnull=False), name="one_place_per_contact"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, contact__isnull=True) | Q(user__isnull=True, contact__isnull=False),
                name="somebody_takes_part",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "-activity"], name="participant_user", condition=Q(user__isnull=False))]

    def __str__(self) -> str:
        return f"{self.activity_id}: {self.user_id or self.contact_id}"


class Moved(models.Model):
    """One date of a series that is otherwise than the rule says: called off, or at another time. `occurs_on` is the day
    the rule gives, in the zone of the series, so that it holds when the whole series changes its hour."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="moves")
    occurs_on = models.DateField()
    off = models.BooleanField(default=False)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["activity", "occurs_on"], name="one_move_per_date")]

    def __str__(self) -> str:
        return f"{self.activity_id} {self.occurs_on}"


class Feed(models.Model):
    """A person's calendar for other programs. The secret of its address follows from `nonce` and the installation's key:
    who reads this table cannot make the address, and a new nonce makes the old one worthless."""

    user = models.OneToOneField(USER, models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=40)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id}"
