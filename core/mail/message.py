"""The message of a row as it goes over the line: text with an HTML twin, files as true MIME parts, ways to get no more of it."""

from __future__ import annotations

from email import encoders
from email.mime.base import MIMEBase
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.files.keeping import opened
from core.organisation.settings import letterhead, setting

from .enclosing import files_with
from .html import document
from .models import Enclosure, Mail
from .stopping import address_of


class Unwritable(Exception):
    """The message cannot be made. The words are for people."""


def message(row: Mail) -> EmailMultiAlternatives:
    """From the organisation's address in the writer's name; answers go to the writer. Raises Unwritable."""
    name = " ".join(str(row.user).split()) if row.user else ""
    sender = formataddr((name, settings.DEFAULT_FROM_EMAIL)) if "<" not in settings.DEFAULT_FROM_EMAIL else settings.DEFAULT_FROM_EMAIL
    headers, foot = {"Message-ID": row.message_id}, ""
    if row.mailing_id:
        stop = address_of(row)
        # RFC 8058: a mail program may stop it with one press, and asks nobody.
        headers |= {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Precedence": "bulk"}
        foot = footing(stop, app_of(row))
    body = f"{row.body.rstrip()}\n\n--\n{foot}\n" if foot else row.body
    copies = [one.strip() for one in row.cc.split(",") if one.strip()]
    reply = [row.user.email] if row.user else None
    made = EmailMultiAlternatives(row.subject, body, sender, [row.to], cc=copies, reply_to=reply, headers=headers)
    made.attach_alternative(document(row.body, foot, get_language() or "en"), "text/html")
    for one in files_with(row):
        made.attach(_part(one))
    return made


def app_of(row: Mail) -> str:
    """The app of the record a mail is about: what stands below it may be that app's own."""
    return row.module.partition(".")[0]


def footing(stop: str, app: str = "") -> str:
    """What stands below a mail to many: who sends it, from where, and where it can be stopped. In the language of the house, which
    its customers read, rather than of whoever pressed the button."""
    with translation.override(setting("language", app) or get_language()):
        said = _("If you want no more mail of this kind: %(url)s") % {"url": stop}
    return "\n".join([*letterhead(app), said])


def _part(one: Enclosure) -> MIMEBase:
    """The bytes as they are, whatever they are: as text they would lose their line ends and their encoding."""
    content = opened(one.file.place)
    if content is None:
        raise Unwritable(_("The file “%(name)s” is no longer there. Write the mail again without it.") % {"name": one.name})
    main, _slash, sub = one.file.type.partition("/")
    # A message within a message may not be encoded (RFC 2046 5.2.1); as bytes it arrives whole.
    part = MIMEBase("application", "octet-stream") if main in {"message", "multipart"} or not sub else MIMEBase(main, sub)
    with content:
        part.set_payload(content.read())
    encoders.encode_base64(part)
    name = one.name if one.name.isascii() else ("utf-8", "", one.name)  # RFC 2231
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part
