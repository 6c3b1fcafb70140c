"""The kernel's own long work: imports, exports, bulk edits, pictures of pictures, and forgetting files. A few lines each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.access import sharing
from core.files import keeping, sweeping
from core.identity import grouping, whole
from core.mail import enclosing, mass
from core.notify import keeping as keeping_told
from core.notify import mail
from core.personal import erasing
from core.personal import exporting as personal
from core.record import bulk, exporting, importing, importing_undo
from core.record.importing_words import CannotRun
from core.signin import emails, letters, log, sessions
from core.work.due import due
from core.work.jobs import GiveUp, Run, job

KEEP_IMPORTS = timedelta(days=30)


@job("core.import", label=_("Import"), shown=True)
def import_rows(run: Run) -> None:
    _for_people(importing.run_import, run)


@job("core.undo_import", label=_("Undo an import"), shown=True)
def undo_import(run: Run) -> None:
    _for_people(importing_undo.run_undo, run)


@job("core.bulk", label=_("Bulk edit"), shown=True)
def bulk_edit(run: Run) -> None:
    _for_people(bulk.run_bulk, run)


@job("core.export", label=_("Export"), shown=True)
def export_rows(run: Run) -> None:
    _for_people(exporting.run_export, run)


@job("core.notify.mail", label=_("Mail of a notification"))
def mail_notification(run: Run) -> None:
    mail.send(run)


@job("core.twins", label=_("Look for duplicates"), shown=True)
def find_twins(run: Run) -> None:
    whole.run_pass(run)


@job("core.identity_of", label=_("Renamed companies"))
def identity_of(run: Run) -> None:
    grouping.rebuild_linked(run)


@due(every=timedelta(seconds=5), name="core.twins")
def keep_twins(now: datetime) -> None:
    """What was written since the last beat finds its group."""
    grouping.regroup_stale(now)


@due(every=timedelta(minutes=1), name="core.twins_first")
def first_twins(now: datetime) -> None:
    grouping.begin_missing(now)


def _for_people(work: Any, run: Run) -> None:
    """What cannot go on ends the job with its words; everything else is tried again."""
    try:
        work(run)
    except CannotRun as error:
        raise GiveUp(str(error)) from error


@due(every=timedelta(hours=1), name="core.forget_files")
def forget_files(now: datetime) -> None:
    """Exports go after a day, the files of imports after thirty: what was imported stays, and can still be undone. Mass mails
    that nobody finished go, too."""
    exporting.forget(now)
    importing.forget(now - KEEP_IMPORTS)
    enclosing.forget(now)
    mass.forget(now)
    personal.forget(now)


@job("core.preview", label=_("Preview of a picture"))
def preview(run: Run) -> None:
    keeping.make_previews(run.args["file"])


@job("core.sweep_files", label=_("Delete files"), stoppable=False)
def sweep_files(run: Run) -> None:
    sweeping.sweep_files(run.args["files"])


@due(every=timedelta(days=1), name="core.sweep_files")
def sweep(now: datetime) -> None:
    """What was removed longer ago than the bin keeps things, and files that lost whatever named them."""
    sweeping.sweep_removed(now - timedelta(days=settings.BIN_DAYS))
    sweeping.sweep_files()
    sweeping.sweep_bytes(now)


@due(every=timedelta(minutes=5), name="core.notify.digests")
def mail_digests(now: datetime) -> None:
    mail.digests(now)


@due(every=timedelta(hours=1), name="core.notify.keep")
def keep_notifications(now: datetime) -> None:
    """Old ones go; the bell counts no more what its reader lost sight of."""
    keeping_told.forget(now)
    keeping_told.recount()


@job("core.invite", label=_("Invitation"))
def mail_invitation(run: Run) -> None:
    letters.send_invitation(run)


@job("core.reset_password", label=_("Mail for a new password"))
def mail_reset(run: Run) -> None:
    letters.send_reset(run)


@job("core.signin_notice", label=_("Mail about signing in"))
def mail_signin_notice(run: Run) -> None:
    letters.send_notice(run)


@job("core.confirm_email", label=_("Mail to confirm an address"))
def mail_confirmation(run: Run) -> None:
    letters.send_confirmation(run)


@job("core.personal_file", label=_("All data of a customer"), shown=True)
def write_personal_file(run: Run) -> None:
    personal.run_export(run)


@job("core.erase_customer", label=_("Erase a customer"), shown=True, stoppable=False)
def erase_customer(run: Run) -> None:
    erasing.run_erase(run)


@due(every=timedelta(hours=1), name="core.forget_signing_in")
def forget_signing_in(now: datetime) -> None:
    """What strangers can make grow: sessions nobody uses any more, tries to sign in of long ago (O5); and new addresses
    nobody confirmed."""
    sessions.forget(now)
    log.forget(now)
    emails.forget()


@due(every=timedelta(minutes=15), name="core.end_shares")
def end_shares(now: datetime) -> None:
    """Shares whose time is over leave the lists; they opened nothing any more."""
    sharing.end_expired(now)
