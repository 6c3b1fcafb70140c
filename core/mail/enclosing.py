"""Files that go with a mail. They come from the form, the record or a template; a mail names bytes that are there, and keeps
them for as long as it is kept. What waits in a form that came back goes after a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from core import clock
from core.access.models import User
from core.files.keeping import receive
from core.files.models import File
from core.record.write import Refused

from .models import Enclosure, Mail

MOST = 20
DRAFTS = timedelta(days=1)
Named = tuple[File, str]


def limit() -> int:
    """How many bytes the files of one mail may have together (MAIL_MAX_MB). On the way they grow by a third."""
    return int(settings.MAIL_MAX_MB) * 1024 * 1024


def too_much(files: Iterable[Named]) -> str:
    """Why these are too many or too large for one mail; empty if they are not."""
    held = list(files)
    if len(held) > MOST:
        return _("A mail takes up to %(count)d files.") % {"count": MOST}
    total = sum(file.size for file, _name in held)
    if total <= limit():
        return ""
    words = {"total": filesizeformat(total), "limit": settings.MAIL_MAX_MB}
    return _("The files are %(total)s together; a mail carries up to %(limit)d MB. Leave one out, or send a link to it.") % words


def wait(upload: Any, user: User, draft: str) -> tuple[Enclosure, str]:
    """Keep what somebody sent for a form that is not finished; with a remark if it is not what its name said. Raises Refused."""
    if upload.size > limit():
        words = {"name": str(upload.name)[:100], "limit": settings.MAIL_MAX_MB}
        raise Refused(_("“%(name)s” is too large: a mail carries up to %(limit)d MB.") % words)
    file, found = receive(upload)
    with transaction.atomic():
        file.save()
        row = Enclosure.objects.create(file=file, name=found.name, draft=draft, user=user, at=clock.now())
    return row, found.remark


def enclose(files: Sequence[Named], **holder: Any) -> None:
    """Put files with a mail, a template or a mass mail, named by its keyword, in the caller's transaction."""
    now = clock.now()
    Enclosure.objects.bulk_create([Enclosure(file=file, name=name, at=now, **holder) for file, name in files])


def files_with(mail: Mail) -> list[Enclosure]:
    """What goes with a mail: its own, and for one of many those of the mass mail."""
    if not mail.files:
        return []
    own = {"mailing": mail.mailing_id} if mail.mailing_id else {"mail": mail.pk}
    return list(Enclosure.objects.filter(**own).select_related("file").order_by("pk"))


def forget(now: datetime) -> None:
    """Files of forms that nobody finished. Their bytes go with the next sweep."""
    Enclosure.objects.filter(mail=None, template=None, mailing=None, at__lt=now - DRAFTS).delete()
