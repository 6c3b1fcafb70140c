"""Long work as people see it: their own, its progress, its end, and the ways to stop it and go on (PLT-20)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from core.access.models import User
from core.work import jobs
from core.work.models import Job

from .transfer_cast import *  # noqa: F403

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_broker")]
SignIn = Callable[[User], Client]


@pytest.fixture
def counting() -> str:
    """A kind of job that counts to three, and stumbles when told to."""

    def work(run: jobs.Run) -> None:
        for number in range(run.cursor.get("at", 0), 3):
            if run.args.get("stumble") == number:
                raise jobs.GiveUp("The third was missing.")
            with run.step() as step:
                step.advance(done=number + 1, cursor={"at": number + 1}, changed=number + 1)

    jobs.job("test.counting", label="Count to three", shown=True)(work)
    from core.work import registry

    yield "test.counting"
    registry.kinds.pop("test.counting")


def test_people_see_their_own_jobs_and_account_admins_all(ann: User, bob: User, counting: str, signed_in: SignIn) -> None:
    """PLT-20, A2"""
    mine = jobs.enqueue(counting, user=ann, total=3, label="Ann counts")
    jobs.enqueue(counting, user=bob, total=3, label="Bob counts")

    own = signed_in(ann).get("/jobs/").content.decode()
    assert "Ann counts" in own
    assert "Bob counts" not in own
    assert [signed_in(bob).get(f"/jobs/{mine.pk}/").status_code, signed_in(bob).post(f"/jobs/{mine.pk}/cancel").status_code] == [404, 404]

    User.objects.filter(pk=bob.pk).update(level="account")
    every = signed_in(bob).get("/jobs/").content.decode()
    assert "Ann counts" in every
    assert "Bob counts" in every


def test_a_job_shows_how_far_it_is_and_how_it_ended(ann: User, counting: str, signed_in: SignIn) -> None:
    job = jobs.enqueue(counting, user=ann, total=3)
    client = signed_in(ann)

    waiting = client.get(f"/jobs/{job.pk}/").content.decode()
    jobs.drain()
    done = client.get(f"/jobs/{job.pk}/").content.decode()

    assert "0 of 3 · 0 %" in waiting
    assert "Waiting for its turn" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    assert "<dt>Changed</dt><dd>3</dd>" in done
    assert 'hx-trigger="every 1s"' not in done


def test_a_failed_job_says_why_and_can_be_tried_again(ann: User, counting: str, signed_in: SignIn) -> None:
    """PLT-20: it goes on where it was."""
    job = jobs.enqueue(counting, user=ann, total=3, args={"stumble": 2})
    jobs.drain()
    client = signed_in(ann)
    assert "The third was missing." in client.get(f"/jobs/{job.pk}/").content.decode()

    Job.objects.filter(pk=job.pk).update(args={})
    answer = client.post(f"/jobs/{job.pk}/again")
    jobs.drain()

    job.refresh_from_db()
    assert answer["Location"] == f"/jobs/{job.pk}/"
    assert (job.state, job.done, job.result) == ("done", 3, {"changed": 3})
    assert client.post(f"/jobs/{job.pk}/again").status_code == 403


def test_a_waiting_job_is_stopped_at_once_and_leads_back(ann: User, counting: str, signed_in: SignIn) -> None:
    job = jobs.enqueue(counting, user=ann, total=3)
    client = signed_in(ann)

    answer = client.post(f"/jobs/{job.pk}/cancel", {"back": "/crm/leads/"})
    outside = client.post(f"/jobs/{job.pk}/cancel", {"back": "//elsewhere.example/"})

    job.refresh_from_db()
    assert job.state == "cancelled"
    assert (answer["Location"], outside["Location"]) == ("/crm/leads/", f"/jobs/{job.pk}/")
    assert client.get(f"/jobs/{job.pk}/cancel").status_code == 405


def test_strangers_are_asked_to_sign_in(counting: str, ann: User) -> None:
    job = jobs.enqueue(counting, user=ann)

    assert Client().get("/jobs/")["Location"].startswith("/accounts/login/")
    assert Client().post(f"/jobs/{job.pk}/cancel").status_code == 403
