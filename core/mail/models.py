"""Mail that leaves: one row before it is a message, its files, templates to begin from, one text to many, and addresses that
are not written to again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.files.models import File
from core.work.models import Job

__all__ = ["Enclosure", "Mail", "MailTemplate", "Mailing", "Suppression", "TrayMail"]

USER = settings.AUTH_USER_MODEL

WAITING, SENDING, SENT, FAILED, UNKNOWN = "waiting", "sending", "sent", "failed", "unknown"
STATES = [
    (WAITING, _("Waiting")),
    (SENDING, _("Sending")),
    (SENT, _("Sent")),
    (FAILED, _("Not sent")),
    (UNKNOWN, _("Unclear")),
]
TONES = {WAITING: "info", SENDING: "info", SENT: "ok", FAILED: "bad", UNKNOWN: "warn"}


class Mailing(models.Model):
    """One text to many records: written, looked at, sent by a job. Which records is fixed when it is begun, so that what was
    counted is what is written to; each gets a Mail of its own. `query` is the list it came from, to go back to."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+", verbose_name=_("written by"))
    module = models.CharField(max_length=60)
    ids: Any = models.JSONField(default=list)
    query = models.TextField(blank=True, default="")
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("written"))
    begun_at = models.DateTimeField(_("sent"), null=True)
    called_off_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("mass mail"), _("mass mails")
        indexes: ClassVar = [models.Index(fields=["user", "-id"], name="mailing_of_user")]

    def __str__(self) -> str:
        return self.subject


class Mail(models.Model):
    """One message to one person, about one record. `key` makes a second press of the button the same row; `message_id` is
    given before the first try, so that a try that is repeated carries the same."""

    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    to = models.CharField(_("to"), max_length=254)
    cc = models.CharField(_("Cc"), max_length=600, blank=True, default="")
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    user = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+", verbose_name=_("written by"))
    state = models.CharField(_("state"), max_length=10, choices=STATES, default=WAITING)
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    mailing = models.ForeignKey(Mailing, models.SET_NULL, null=True, related_name="mails", verbose_name=_("mass mail"))
    files = models.PositiveSmallIntegerField(default=0)  # how many go with it; those of a mass mail stand there
    tray = models.BooleanField(default=False)  # went to the mail tray, since no mail server is set
    attempts = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=150, unique=True)
    message_id = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(_("written"))
    sending_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("mail"), _("mails")
        indexes: ClassVar = [
            models.Index(fields=["module", "record_id", "-created_at"], name="mail_of_record"),
            models.Index(fields=["sent_at"], name="mail_sent", condition=models.Q(sent_at__isnull=False)),
            models.Index(fields=["mailing", "state", "id"], name="mail_of_mailing", condition=models.Q(mailing__isnull=False)),
            models.Index(fields=["sending_at"], name="mail_paced", condition=models.Q(mailing__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def tone(self) -> str:
        return TONES[self.state]


class MailTemplate(models.Model):
    """A text to begin a mail from. `{{ company }}` stands for a field of the record the mail is written on."""

    name = models.CharField(_("name"), max_length=80)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), max_length=20_000)
    shared = models.BooleanField(_("for everybody"), default=False)
    owner = models.ForeignKey(USER, models.CASCADE, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = _("mail template"), _("mail templates")

    def __str__(self) -> str:
        return self.name


class Enclosure(models.Model):
    """A file that goes with a mail, a template or a mass mail; or waits in a form that came back (`draft` is its token). Many
    may name the same bytes: a file of the record is sent without a second copy."""

    file = models.ForeignKey(File, models.PROTECT, related_name="enclosures")
    name = models.CharField(_("file"), max_length=200)
    mail = models.ForeignKey(Mail, models.CASCADE, null=True, related_name="enclosures")
    template = models.ForeignKey(MailTemplate, models.CASCADE, null=True, related_name="enclosures")
    mailing = models.ForeignKey(Mailing, models.CASCADE, null=True, related_name="enclosures")
    draft = models.CharField(max_length=64, blank=True, default="")
    user = models.ForeignKey(USER, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("enclosure"), _("enclosures")
        indexes: ClassVar = [models.Index(fields=["user", "draft"], name="enclosure_draft", condition=~models.Q(draft=""))]

    def __str__(self) -> str:
        return self.name


class Suppression(models.Model):
    """An address that gets no mail from us any more, and why. Who asked for no mass mail still gets what is written to them."""

    BOUNCED, BY_HAND, ASKED = "bounced", "hand", "asked"
    WHY = (
        (BOUNCED, _("The mail server said that there is no such mailbox.")),
        (BY_HAND, _("Entered by hand.")),
        (ASKED, _("Asked for no more mass mail.")),
    )

    email = models.CharField(_("e-mail"), max_length=254, unique=True)  # folded to lower case
    why = models.CharField(_("reason"), max_length=10, choices=WHY)
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    at = models.DateTimeField(_("since"))

    def __str__(self) -> str:
        return self.email


class TrayMail(models.Model):
    """What would have gone out, where no mail server is set: for those who try Enishi."""

    sender = models.CharField(max_length=300)
    to = models.CharField(max_length=1000)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    files: Any = models.JSONField(default=list)  # [name, size in bytes]
    mail = models.ForeignKey(Mail, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.subject
