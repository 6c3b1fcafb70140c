"""The audit log: whatever an admin does stands in it, and nobody takes it out again (O1, ADM-8)."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from core.access.models import User
from core.actor import Actor
from core.signin import audit, audit_table
from core.signin.models import AuditEntry

pytestmark = pytest.mark.django_db
ORGANISATION = {"name": "Acme", "language": "en", "time_zone": "Asia/Tokyo", "currency": "JPY", "fiscal_month": "4", "honorific": "sama"}


def test_an_act_of_the_console_is_noted_by_itself(admin: User, client_of: Any) -> None:
    """O1: an act that says what it did needs no line for the log; who, what, before, after and from where stand in it."""
    client_of(admin).post("/admin_console/organisation/", ORGANISATION, REMOTE_ADDR="203.0.113.8")

    entry = AuditEntry.objects.get()
    assert (entry.actor_id, entry.who, entry.kind, entry.address, entry.way) == (
        admin.pk,
        "Admin",
        "core.organisation",
        "203.0.113.8",
        "page",
    )
    assert entry.changes["name"] == ["", "Acme"] and entry.changes["fiscal_month"] == [1, 4]


def test_every_act_of_the_console_s_actions_is_noted(admin: User, client_of: Any) -> None:
    """O1: adding, changing, moving and deleting a field, a value, a rate, names and layouts."""
    from admin_console import actions, actions_layout, actions_rates
    from core.module.registry import module

    actor, leads = Actor(admin), module("crm.lead")
    row = actions.add_field(leads, actor=actor, kind="text", label_en="Colour", label_ja="")
    actions.change_field(row, actor=actor, label_en="Hue")
    actions.set_label(leads, "company", actor=actor, label_en="Firm")
    choice = actions.add_choice(leads, leads.fields["status"], actor=actor, label_en="Odd")
    actions.remove_choice(leads, leads.fields["status"], choice, actor=actor)
    actions_layout.set_names(leads, actor=actor, one_en="prospect", many_en="prospects", one_ja="", many_ja="")
    rate = actions_rates.add_rate(actor=actor, currency="EUR", rate=170, valid_from="2026-01-01")
    actions_rates.delete_rate(rate, actor=actor)
    actions.delete_field(leads, row, actor=actor)

    told = list(AuditEntry.objects.order_by("pk").values_list("act", "kind"))
    assert told == [
        ("configured.added", "core.customfield"),
        ("configured.changed", "core.customfield"),
        ("configured.changed", "core.fieldlabel"),
        ("configured.added", "core.choice"),
        ("configured.deleted", "core.choice"),
        ("configured.changed", "core.modulelabel"),
        ("configured.added", "core.rate"),
        ("configured.deleted", "core.rate"),
        ("configured.deleted", "core.customfield"),
    ]
    page = client_of(admin).get("/admin_console/audit/").content.decode()
    assert "field “Hue” deleted" in page and "Exchange rate of EUR added" in page


def test_nothing_that_did_not_change_is_noted(admin: User) -> None:
    """O1: an act that changed nothing leaves no line."""
    assert audit.note(Actor(admin), "x.y", "thing", {"a": 1}, {"a": 1}) is None
    assert not AuditEntry.objects.exists()


def test_the_application_only_adds(admin: User) -> None:
    """O1: saving again and deleting are refused."""
    entry = audit.note(Actor(admin), "x.y", admin)
    assert entry is not None

    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        entry.delete()


@pytest.mark.parametrize("how", ["update", "delete"])
def test_the_database_only_adds_either(admin: User, how: str) -> None:
    """O1: whoever writes past the application is refused by the database itself."""
    audit_table.guard(connection)
    audit.note(Actor(admin), "x.y", admin)

    with pytest.raises(DatabaseError), transaction.atomic():
        rows = AuditEntry.objects.all()
        rows.update(who="Nobody") if how == "update" else rows._raw_delete(rows.db)
    assert AuditEntry.objects.get().who == "Admin"


def test_it_stays_when_its_person_is_gone(ann: User, admin: User, client_of: Any) -> None:
    """O1: a line keeps the name of who did it, though the account is deleted."""
    gone = User.objects.create_user("gone@example.com", "pw", family_name="Gone")
    audit.note(Actor(gone), audit.says("test.done", "Did %(name)s"), ann)
    gone.delete()

    assert "Gone" in client_of(admin).get("/admin_console/audit/").content.decode()


def test_it_is_filtered_and_read_page_by_page(admin: User, ann: User, client_of: Any) -> None:
    """ADM-8: by who, what, name and day; older pages by key, none left out and none twice."""
    audit.says("test.done", "Did %(name)s")
    for number in range(130):
        audit.note(Actor(admin if number % 2 else ann), "test.done", "thing", label=f"No. {number}")
    client = client_of(admin)

    first = client.get("/admin_console/audit/")
    rest = client.get(f"/admin_console/audit/?before={first.context['older']}")
    shown = [one.entry.pk for one in [*first.context["lines"], *rest.context["lines"]]]
    assert shown == sorted(AuditEntry.objects.values_list("pk", flat=True), reverse=True)
    assert len(client.get(f"/admin_console/audit/?who={ann.pk}").context["lines"]) == 65
    assert [one.entry.label for one in client.get("/admin_console/audit/?q=No.+77").context["lines"]] == ["No. 77"]
    assert client.get("/admin_console/audit/?until=2000-01-01").context["lines"] == []
    for bad in ("since=9999-99-99", "who=x", "kind=%00", "before=" + "9" * 40, "until=0001-01-01", "since=0001-01-01"):
        assert client.get(f"/admin_console/audit/?{bad}").status_code == 200, bad


def test_it_is_taken_out_as_a_file_and_that_is_noted(admin: User, client_of: Any) -> None:
    """ADM-8, E1: CSV of what the filter shows; a name that a spreadsheet would run is text."""
    audit.says("test.done", "%(name)s")
    audit.note(Actor(admin), "test.done", "thing", label="=cmd()")
    audit.note(Actor(admin), "test.done", "thing", label="other")

    answer = client_of(admin).post("/admin_console/audit/export", {"q": "cmd"})

    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row[2] for row in rows[1:]] == ["'=cmd()"]
    assert AuditEntry.objects.latest("pk").act == "audit.exported"
    assert client_of(admin).get("/admin_console/audit/export").status_code == 405


def test_an_export_of_records_is_noted(ann: User, client_of: Any) -> None:
    """O1, E2: who took what out, and how much."""
    from tests import factories

    factories.make_lead(ann)
    b"".join(client_of(ann).post("/crm/leads/export", {"format": "csv"}).streaming_content)

    entry = AuditEntry.objects.get()
    assert (entry.act, entry.kind, entry.actor_id) == ("exported", "crm.lead", ann.pk)


def denied() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(act="access.denied").order_by("pk").values_list("kind", "label"))


def test_who_is_refused_is_noted_once_an_hour(ann: User, carol: User, admin: User, client_of: Any, clock: Any) -> None:
    """O1, O5: a page that is not theirs and a record they may not see, by person and page; a record that is not there is none."""
    from tests import factories

    hidden, client = factories.make_lead(carol), client_of(ann)
    for _turn in range(3):
        assert client.get("/admin_console/users/", REMOTE_ADDR="203.0.113.9").status_code == 403
        assert client.post(f"/crm/leads/{hidden.pk}/edit", {"family_name": "Hacked"}).status_code == 404
        assert client.get("/crm/leads/987654/").status_code == 404

    assert denied() == [("page", "/admin_console/users/"), ("crm.lead", f"crm.lead #{hidden.pk}")]
    first = AuditEntry.objects.filter(act="access.denied").earliest("pk")
    assert (first.actor_id, first.address, first.detail) == (ann.pk, "203.0.113.9", {"method": "GET"})
    assert "Was refused: /admin_console/users/" in client_of(admin).get("/admin_console/audit/?kind=access.denied").content.decode()

    clock.shift(3_700)
    client_of(ann).get("/admin_console/users/")
    assert len(denied()) == 3
    assert client_of(carol).get("/admin_console/users/").status_code == 403 and len(denied()) == 4


def test_a_stranger_fills_no_log(ann: User, client: Any) -> None:
    """O5: who is not signed in leaves no line, whatever they ask for."""
    for path in ("/admin_console/users/", "/crm/leads/1/", "/nothing/here/"):
        client.get(path)
        client.post(path)

    assert denied() == []


def test_what_comes_back_from_the_bin_is_noted(admin: User, client_of: Any) -> None:
    """O1: one line for each module of an act, and one for emptying the bin for good."""
    import uuid

    from core.module.registry import module
    from core.record import write
    from tests import factories

    leads, act = [factories.make_lead(admin, family_name=f"Gone {n}") for n in range(3)], uuid.uuid4()
    write.delete_many(module("crm.lead"), [one.pk for one in leads], actor=Actor(admin), act=act)
    client = client_of(admin)

    client.post("/bin/restore", {"act": str(act)})
    client.post("/bin/empty")

    told = AuditEntry.objects.filter(act__in=["restored", "bin.emptied"]).order_by("pk")
    assert [(one.act, one.kind, one.actor_id, one.detail.get("count")) for one in told] == [
        ("restored", "crm.lead", admin.pk, 3),
        ("bin.emptied", "core.bin", admin.pk, None),
    ]
    assert "(+2)" in told[0].label


def test_connecting_and_disconnecting_a_channel_is_noted(admin: User) -> None:
    """O1, T6: which account at which network, and by whom; no token stands in the line."""
    from social import connecting
    from social.models import Channel
    from tests import factories

    factories.make_post(admin)
    connecting.disconnect(Channel.objects.get(), admin)

    entry = AuditEntry.objects.get(act="social.disconnected")
    assert (entry.kind, entry.actor_id) == ("social.channel", admin.pk) and "@us" in entry.label
