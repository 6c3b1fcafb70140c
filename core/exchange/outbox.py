"""The outbox: row first, then the call, then the result on the row; never sent twice (SOC-6, SOC-4, SOC-3).

    waiting → sending (committed) → sent | waiting, not before … | held | failed | unknown

A delivery found in `sending`, or whose line was cut, may have gone out: it is looked for at the network twice, 60 s
apart, and then a person is asked. No network has idempotency keys, so nothing is ever resent blindly.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.access.models import User
from core.remote.errors import (
    AGAIN,
    DONE,
    EFFECTS,
    KEPT,
    LATER,
    AlreadyDone,
    Limited,
    NotAllowed,
    OutcomeUnknown,
    OverBudget,
    RemoteError,
    Revoked,
    said,
)
from core.remote.models import PERSONAL, Connection
from core.remote.network import Network, network
from core.remote.wires import Wire
from core.work.jobs import Run, enqueue, job
from core.work.run import backoff, short

from .models import FAILED, HELD, SENDING, SENT, UNKNOWN, WAITING, Delivery
from .verbs import ability

logger = logging.getLogger(__name__)

KIND = "exchange.deliver"
LOOKS, LOOK_APART = 2, timedelta(seconds=60)
# How long an unreachable network is tried, and how long one waits for its bill to be paid before asking again.
TRY_FOR, UNPAID_PAUSE = timedelta(hours=24), timedelta(hours=1)

Sender = Callable[[Wire, Delivery], str | None]
Listener = Callable[[Delivery], None]
Guard = Callable[[Delivery], str]
_senders: dict[tuple[str, str], Sender] = {}
_listeners: list[Listener] = []
_guards: list[Guard] = []


def sends(network_key: str, action: str) -> Callable[[Sender], Sender]:
    """Register `fn(wire, delivery) -> outside id`: one writing call that does what a delivery asks for."""

    def register(sender: Sender) -> Sender:
        _senders[network_key, action] = sender
        return sender

    return register


def has_sender(network_key: str, action: str) -> bool:
    """Whether anybody sends this action at this network: not every network lets software take back what it did."""
    return (network_key, action) in _senders


def delivered(listener: Listener) -> Listener:
    """Register `fn(delivery)`, called in the transaction of every change of state."""
    _listeners.append(listener)
    return listener


def guards(guard: Guard) -> Guard:
    """Register `fn(delivery) -> ""`, or the reason (for people) why it may not go out any more (reliability F23)."""
    _guards.append(guard)
    return guard


def post(
    *,
    connection: Connection,
    action: str,
    key: str,
    text: str = "",
    target: dict[str, Any] | None = None,
    asked_by: User | None = None,
    module: str = "",
    record_id: int | None = None,
    not_before: datetime | None = None,
) -> Delivery:
    """Write a delivery and its job in the caller's transaction; the same `key` gives the same row.

    Raises LookupError if nobody sends this action at this network.
    """
    if not has_sender(connection.network, action):
        raise LookupError(f"Nobody sends {action!r} at {connection.network!r}.")
    wish = {
        "network": connection.network,
        "connection": connection,
        "action": action,
        "target": target or {},
        "text": text,
        "asked_by": asked_by,
        "module": module,
        "record_id": record_id,
        "not_before": not_before,
        "created_at": clock.now(),
    }
    with transaction.atomic():
        row, made = Delivery.objects.get_or_create(key=key, defaults=wish)
        if made:
            _enqueue(row)
    return row


def _enqueue(row: Delivery) -> None:
    enqueue(KIND, key=f"delivery:{row.pk}", args={"delivery": row.pk}, user=row.asked_by, due_at=row.not_before)


@job(KIND, label=gettext_lazy("Send"), stoppable=False)
def deliver(run: Run) -> None:
    """One turn at one delivery: send it, or look whether it was sent."""
    row = Delivery.objects.select_related("connection__chain", "asked_by").get(pk=run.args["delivery"])
    if row.state == WAITING and _emptied(row):
        _settle(run, row, WAITING, FAILED, code="called_off", facts={"sentences": ["Called off."]})
    elif row.state == SENDING:
        _look(run, row)
    elif row.state == WAITING and row.not_before and row.not_before > run.now:
        run.later(row.not_before)
    elif row.state == WAITING and _begin(run, row):
        _send(run, row)


def _emptied(row: Delivery) -> bool:
    """Whether erasing somebody took what was to be said and where to (core.personal): there is nothing to send, or to look for."""
    return not row.text and not row.target and row.action != "post"


def _begin(run: Run, row: Delivery) -> bool:
    """Claim the row and commit that it is on its way, before anything leaves. False if it may not go."""
    hindrance = _hindered(row)
    if hindrance is not None:
        _settle(run, row, WAITING, HELD, code=NotAllowed.code, facts=hindrance)
        return False
    with run.step():
        claimed = Delivery.objects.filter(pk=row.pk, state=WAITING).update(
            state=SENDING, sending_at=clock.now(), attempts=row.attempts + 1, looks=0, reason_code="", reason="", facts={}
        )
        row.refresh_from_db()
        if claimed:
            _tell(row)
    return bool(claimed)


def _hindered(row: Delivery) -> dict[str, Any] | None:
    """What stands in the way before anything is asked of the network, as facts for each reader; None for nothing."""
    with translation.override(None):
        reason = next((words for guard in _guards if (words := guard(row))), "")
        if not reason and row.asked_by and not row.asked_by.is_active:
            reason = _("The person who asked for this has no access any more.")
    if reason:
        return {"sentences": [reason]}
    needed = ability(row.action, row.target)
    if needed is None:
        return None
    granted = row.connection.chain.scopes or None
    return network(row.network).hindrance(needed, alone=row.connection.kind == PERSONAL, scopes=granted)


def _send(run: Run, row: Delivery) -> None:
    wire = _wire(run, row, person=row.asked_by_id is not None)
    try:
        outside_id = _senders[row.network, row.action](wire, row)
    except OutcomeUnknown as error:
        _unclear(run, row, error)
    except RemoteError as error:
        _refused(run, row, error)
    except Exception as error:  # a bug of ours, before or after the call: it may have gone out
        logger.error("delivery %s: %s\n%s", row.pk, short(error), "".join(traceback.format_tb(error.__traceback__)))
        _unclear(run, row, OutcomeUnknown())
    else:
        _settle(run, row, SENDING, SENT, outside_id=str(outside_id or ""), sent_at=clock.now())


def _wire(run: Run, row: Delivery, *, person: bool) -> Wire:
    return Wire(row.connection, person=person, guard=run.hold, feature=row.action)


def _refused(run: Run, row: Delivery, error: RemoteError) -> None:
    """The network, or the way there, said no, and nothing was done. What follows stands in core.remote.errors.EFFECTS."""
    now, work = clock.now(), EFFECTS[error.action].work
    if isinstance(error, AlreadyDone):
        _settle(run, row, SENDING, SENT, outside_id=error.outside_id or row.outside_id, sent_at=now)
    elif isinstance(error, Limited | OverBudget):
        _settle(run, row, SENDING, WAITING, error, again=error.until)
    elif work == LATER:
        _settle(run, row, SENDING, WAITING, error, again=now + UNPAID_PAUSE)
    elif work == KEPT:
        _settle(run, row, SENDING, HELD, error)
    elif work == AGAIN and now - row.created_at < TRY_FOR:
        _settle(run, row, SENDING, WAITING, error, again=now + backoff(row.attempts))
    else:
        _settle(run, row, SENDING, FAILED, error)


def _repeats(row: Delivery) -> bool:
    """Whether doing it twice is as good as once, so that an unclear outcome is simply done again."""
    return row.action in network(row.network).repeatable and clock.now() - row.created_at < TRY_FOR


def _unclear(run: Run, row: Delivery, error: OutcomeUnknown) -> None:
    """It stays in `sending`; the next turns of the job look for it."""
    if _repeats(row):
        _settle(run, row, SENDING, WAITING, error, again=clock.now() + backoff(row.attempts))
        return
    with run.step():
        kept = {"reason_code": error.code, "reason": error.for_people()[:300], "facts": error.facts()}
        Delivery.objects.filter(pk=row.pk, state=SENDING).update(**kept)
        row.refresh_from_db()
        _tell(row)
        run.later(clock.now())


def _look(run: Run, row: Delivery) -> None:
    """Look at the network for a delivery of unknown fate. A look that fails is no look."""
    net = network(row.network)
    if _emptied(row):
        return _ask_somebody(run, row)
    if _repeats(row):
        return _settle(run, row, SENDING, WAITING, OutcomeUnknown(), again=clock.now() + backoff(row.attempts))
    if type(net).find_sent is Network.find_sent:
        return _ask_somebody(run, row)
    try:
        outside_id = net.find_sent(_wire(run, row, person=True), row)
    except (Limited, OverBudget) as error:
        return run.later(error.until)
    except Revoked as error:
        # Cannot look before the owner signed in; `resume_held` goes on here, with the row still in `sending`.
        return _settle(run, row, SENDING, SENDING, error)
    except NotImplementedError:
        return _ask_somebody(run, row)
    except RemoteError as error:
        if error.final or EFFECTS[error.action].work == DONE:
            return _ask_somebody(run, row)
        return run.later(clock.now() + LOOK_APART)
    if outside_id:
        return _settle(run, row, SENDING, SENT, outside_id=outside_id, sent_at=row.sending_at)
    with run.step():
        Delivery.objects.filter(pk=row.pk, state=SENDING).update(looks=row.looks + 1)
        if row.looks + 1 < LOOKS:
            run.later(clock.now() + LOOK_APART)
    return None if run.settled else _ask_somebody(run, row)


def _ask_somebody(run: Run, row: Delivery) -> None:
    with translation.override(None):
        sentence = _("We could not find out whether it went out. Please look at the network.")
    _settle(run, row, SENDING, UNKNOWN, code=OutcomeUnknown.code, facts={"sentences": [sentence]})


def _settle(
    run: Run,
    row: Delivery,
    old: str,
    new: str,
    error: RemoteError | None = None,
    *,
    code: str = "",
    facts: dict[str, Any] | None = None,
    again: datetime | None = None,
    **more: Any,
) -> None:
    """The result on the row, what listens to it, and the state of the job: one transaction."""
    code, facts = (error.code, error.facts()) if error else (code, facts or {})
    with run.step():
        values = {"state": new, "reason_code": code, "reason": said(code, facts)[:300], "facts": facts, "not_before": again, **more}
        if Delivery.objects.filter(pk=row.pk, state=old).update(**values):
            row.refresh_from_db()
            _tell(row)
        if again:
            run.later(again)
        else:
            run.finish()


def _tell(row: Delivery) -> None:
    """Call the listeners. One that fails is undone and logged; what happened at the network stays written down."""
    for listener in _listeners:
        try:
            with transaction.atomic():
                listener(row)
        except Exception as error:
            logger.error("delivery %s: listener %s", row.pk, short(error))


def resume_held(connection: Connection) -> int:
    """After a new sign-in: what was held for it goes out, and what could not be looked for is looked for."""
    rows = Delivery.objects.filter(connection__chain=connection.chain_id, reason_code=Revoked.code).select_related("asked_by")
    resumed = 0
    with transaction.atomic():
        for row in rows.filter(state__in=[HELD, SENDING]).order_by("pk"):
            state = WAITING if row.state == HELD else SENDING
            resumed += _change(row, [row.state], state=state, reason_code="", reason="", facts={}, not_before=None)
            _enqueue(row)
    return resumed


def confirm_sent(row: Delivery, *, outside_id: str = "") -> bool:
    """A person looked: it is there. False if it was not unclear any more."""
    return _change(row, [UNKNOWN], state=SENT, sent_at=row.sending_at, outside_id=outside_id, reason_code="", reason="", facts={})


def send_again(row: Delivery) -> bool:
    """A person decided: it is not there, or what hindered it is mended. False if it is on its way or sent."""
    with transaction.atomic():
        changed = _change(row, [UNKNOWN, FAILED, HELD], state=WAITING, looks=0, not_before=None, reason_code="", reason="", facts={})
        if changed:
            _enqueue(row)
    return changed


def call_off(row: Delivery) -> bool:
    """A person does not want it any more. False if it is on its way or sent."""
    return _change(
        row, [WAITING, HELD], state=FAILED, reason_code="called_off", reason=_("Called off."), facts={"sentences": ["Called off."]}
    )


def _change(row: Delivery, old: list[str], **values: Any) -> bool:
    with transaction.atomic():
        changed = Delivery.objects.filter(pk=row.pk, state__in=old).update(**values)
        row.refresh_from_db()
        if changed:
            _tell(row)
    return bool(changed)
