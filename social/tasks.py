"""What falls due in social: streams to read; and the jobs that do it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from core.remote import connection
from core.remote.errors import Limited
from core.remote.models import TokenChain
from core.work.due import due
from core.work.jobs import Run, job

from . import changing, conversing, forgetting, hearing, keywords, own, probing, pull, withdrawing


@due(every=timedelta(seconds=5), name="social.poll")
def poll(now: datetime) -> None:
    pull.enqueue_due(now)


@job(pull.KIND, label=_("Read a channel"))
def read_stream(run: Run) -> None:
    pull.work(run)


@job(changing.KIND, label=_("Look whether posts were deleted"))
def look_for(run: Run) -> None:
    changing.look(run)


@job(keywords.JOB, label=_("Estimate a keyword"))
def estimate(run: Run) -> None:
    keywords.estimate(run)


@job(withdrawing.JOB, label=_("Erase what somebody asked a network to have deleted"), stoppable=False)
def erase_person(run: Run) -> None:
    withdrawing.erase(run)


@due(every=timedelta(minutes=5), name="social.probe")
def probe(now: datetime) -> None:
    probing.enqueue_quiet(now)


@due(every=timedelta(minutes=5), name="social.own")
def own_accounts(now: datetime) -> None:
    own.end_due(now)


@due(every=timedelta(minutes=15), name="social.forget")
def forget(now: datetime) -> None:
    forgetting.forget_due(now)


@job(probing.KIND, label=_("See whether a sign-in still holds"))
def probe_one(run: Run) -> None:
    probing.work(run)


@job(hearing.LISTEN, label=_("Let a network tell what happens"))
def listen(run: Run) -> None:
    hearing.listen(run)


@job(conversing.KIND, label=_("Read a conversation"))
def read_conversation(run: Run) -> None:
    conversing.work(run)


@job("social.sign_out", label=_("Take access back at a network"), stoppable=False)
def sign_out(run: Run) -> None:
    """Take back at the network what was closed here; then the tokens are wiped (T6)."""
    chain = TokenChain.objects.filter(pk=run.args["chain"]).first()
    if chain is not None and chain.state == "revoked_here":
        try:
            connection.sign_out(chain)
        except Limited as error:
            run.later(error.until)
