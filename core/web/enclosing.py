"""The files of a form that makes a mail: chosen from the record, brought by a template, sent by the form. What was sent once is
kept while the form comes back, so that nobody chooses a file twice (U1, U3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.files.models import Attachment
from core.mail.enclosing import MOST, Named, too_much, wait
from core.mail.models import Enclosure
from core.module.module import Module
from core.record.write import Refused

SHOWN = 50


@dataclass(frozen=True)
class Offer:
    """One file that can go along: `key` is what the form posts, `origin` is record, template or form."""

    key: str
    named: Named
    origin: str
    ticked: bool

    @property
    def name(self) -> str:
        return self.named[1]

    @property
    def size(self) -> int:
        return self.named[0].size


@dataclass
class Files:
    """What the form offers, and what was wrong with what it brought."""

    offers: list[Offer] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def chosen(self) -> list[Named]:
        return [one.named for one in self.offers if one.ticked]

    @property
    def own(self) -> list[Offer]:
        """Those of the form and its template."""
        return [one for one in self.offers if one.origin != "record"]

    @property
    def of_record(self) -> list[Offer]:
        return [one for one in self.offers if one.origin == "record"]

    @property
    def any_of_record(self) -> bool:
        return any(one.ticked for one in self.of_record)

    @property
    def total(self) -> int:
        return sum(file.size for file, _name in self.chosen)

    most, limit = MOST, property(lambda self: settings.MAIL_MAX_MB)

    def check(self) -> bool:
        """Whether this may go out; what hinders it is said."""
        if problem := too_much(self.chosen):
            self.problems.append(problem)
        return not self.problems


def files_of(
    request: HttpRequest, draft: str, *, module: Module | None = None, record: Any = None, held: Q | None = None, added: Q | None = None
) -> Files:
    """The files of a form. `held` finds those of what the form changes (a template, a mass mail); `added` those of a template
    that was just chosen. `draft` is the form's token: what it sent before is found by it, for the person who sent it alone."""
    made, posted = Files(), request.method == "POST"
    ticked = set(request.POST.getlist("enclose")) if posted else set()
    if posted:
        ticked |= _sent(request, draft, made)
    if module is not None and record is not None:
        hung = Attachment.objects.filter(module=module.key, record_id=record.pk).select_related("file").order_by("-pk")
        made.offers += [Offer(f"a{one.pk}", (one.file, one.name), "record", f"a{one.pk}" in ticked) for one in hung[:SHOWN]]
    user: Any = request.user
    asked = Q(draft=draft, user=user) if draft else Q(pk=None)
    for one in (held, added):
        asked |= one if one is not None else Q(pk=None)
    rows = Enclosure.objects.filter(asked)
    fresh = set(rows.filter(added).values_list("pk", flat=True)) if added is not None else set()
    for row in rows.select_related("file").order_by("pk"):
        on = f"e{row.pk}" in ticked if posted and row.pk not in fresh else True
        made.offers.append(Offer(f"e{row.pk}", (row.file, row.name), "form" if row.draft else "template", on))
    return made


def _sent(request: HttpRequest, draft: str, made: Files) -> set[str]:
    """Keep what came with the form; gives the keys of it."""
    user: Any = request.user
    uploads, keys = request.FILES.getlist("files"), set()
    if len(uploads) > MOST:
        made.problems.append(_("A mail takes up to %(count)d files.") % {"count": MOST})
    for upload in uploads[:MOST]:
        try:
            row, remark = wait(upload, user, draft)
        except Refused as error:
            made.problems.append(str(error))
            continue
        keys.add(f"e{row.pk}")
        made.remarks += [remark] if remark else []
    return keys


def settled(draft: str, user: Any, chosen: Iterable[Named] = ()) -> None:
    """The form is done with: its drafts go. What was chosen is named elsewhere by now; other bytes are swept."""
    Enclosure.objects.filter(draft=draft, user=user).delete() if draft else None
