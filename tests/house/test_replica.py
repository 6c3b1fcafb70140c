"""Reads go to the replica only where a moment's delay does not matter."""

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory

from config.replica import ALWAYS_FRESH, COOKIE, FreshOrReplica, ReadReplica

router = ReadReplica()


class Deal:
    """Stands for a record of an app."""

    class _meta:
        app_label = "crm"


def seen(request, view=lambda: None):
    """The database that a record is read from in this request, and the response."""
    places = []

    def page(_):
        view()
        places.append(router.db_for_read(Deal))
        return HttpResponse()

    return places, FreshOrReplica(page)(request)


@pytest.fixture
def rf():
    return RequestFactory()


def test_a_page_that_only_looks_reads_from_the_replica(rf):
    """PLT-3: read replicas through a database router setting."""
    places, response = seen(rf.get("/"))

    assert places == ["replica"]
    assert COOKIE not in response.cookies


def test_after_a_write_the_same_request_reads_what_was_written(rf):
    """PLT-3: a request sees its own writes."""
    places, response = seen(rf.get("/"), view=lambda: router.db_for_write(Deal))

    assert places == ["default"]
    assert response.cookies[COOKIE]["max-age"] == 10


def test_a_form_that_is_sent_never_reads_from_the_replica(rf):
    """PLT-3: what is decided on is what is there."""
    places, response = seen(rf.post("/"))

    assert places == ["default"]
    assert response.cookies[COOKIE]["httponly"] is True


def test_the_page_after_a_save_is_fresh(rf):
    """PLT-3: the browser that wrote reads from the primary for a while."""
    request = rf.get("/")
    request.COOKIES[COOKIE] = "1"

    places, response = seen(request)

    assert places == ["default"]
    assert COOKIE not in response.cookies


def test_outside_a_request_everything_is_fresh(rf):
    """PLT-3: workers, commands and imports read from the primary."""
    seen(rf.get("/"))

    assert router.db_for_read(Deal) == "default"


def test_a_request_that_fails_leaves_nothing_open(rf):
    """PLT-3: the thread's next request decides for itself."""

    def broken(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        FreshOrReplica(broken)(rf.get("/"))

    assert router.db_for_read(Deal) == "default"


@pytest.mark.django_db
def test_inside_a_transaction_reads_are_fresh(rf):
    """PLT-3: a transaction reads and writes in one place."""
    with transaction.atomic():
        places, _ = seen(rf.get("/"))

    assert places == ["default"]


def test_people_rights_and_sessions_are_always_fresh(rf):
    """PLT-3: a right withdrawn is withdrawn at once."""
    places = []

    FreshOrReplica(lambda _: places.append(router.db_for_read(Session)) or HttpResponse())(rf.get("/"))

    assert places == ["default"]
    assert {"core", "sessions", "auth"} <= ALWAYS_FRESH


def test_migrations_and_writes_go_to_the_primary_alone():
    """PLT-3: the replica follows by itself."""
    assert router.db_for_write(Deal) == "default"
    assert (router.allow_migrate("default", "crm"), router.allow_migrate("replica", "crm")) == (True, False)
    assert router.allow_relation(Deal(), Deal()) is True
