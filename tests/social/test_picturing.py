"""The photo of a person from their profile on a network: one click, fetched by a worker, checked and kept here (CRM-17, SOC-16)."""

from __future__ import annotations

from typing import Any

import pytest

from core.access.models import Profile as Rights
from core.access.models import User
from core.actor import Actor
from core.event.models import Event
from core.files.models import Photo
from core.record.write import create
from core.stamps import bump
from core.work.jobs import drain
from sandbox.running import Control
from social.models import Channel, Profile
from social.picturing import larger
from tests.cast import page_of
from tests.flows.conftest import poll


@pytest.fixture
def sato(people: dict[str, User], channel: Channel, sandbox: Control) -> Any:
    """A contact of ann's whose profile wrote to us."""
    contact = create("crm.contact", actor=Actor(people["ann"]), family_name="Nakamura", x_handle="nakamura_ai")
    sandbox.say("nakamura_ai", "@enishi_demo 領収書をください")
    poll()
    return contact


def press(client: Any, contact: Any, **more: Any) -> Any:
    where = f"/crm/contacts/{contact.pk}/do/social.take_photo"
    return client.post(where, {"profile": Profile.objects.get(handle="nakamura_ai").pk, **more})


def test_one_click_makes_the_picture_of_a_profile_the_photo(people: dict[str, User], sato: Any) -> None:
    """CRM-17, SOC-16: the page says that it is on its way; then it is a photo of ours like any other, with who did it."""
    client, where = page_of(people["ann"]), f"/crm/contacts/{sato.pk}/"
    assert f'action="{where}do/social.take_photo"' in client.get(where).content.decode()

    assert press(client, sato)["Location"] == where
    waiting = client.get(where).content.decode()
    drain()

    photo = Photo.objects.get()
    assert "The picture is being fetched" in waiting and "do/social.take_photo" not in waiting
    assert (photo.module, photo.record_id, photo.by_id) == ("crm.contact", sato.pk, people["ann"].pk)
    assert f"/photos/{photo.pk}/256" in client.get(where).content.decode()
    assert client.get(f"/photos/{photo.pk}/64").getvalue()[:3] == b"\xff\xd8\xff"  # drawn anew, as JPEG
    assert Event.objects.get(kind="photo_set").actor_id == people["ann"].pk


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("{site}/pictures/x/1.png?s=9&ext=1&hash=0", "The network no longer has this picture."),
        ("{site}/healthz", "This is not a picture that can be read"),
        ("http://127.0.0.1:1/secret", "The address of this picture cannot be fetched."),
    ],
)
def test_what_cannot_be_taken_says_why_and_changes_nothing(
    people: dict[str, User], sato: Any, sandbox: Control, address: str, words: str
) -> None:
    """CRM-17, S1: gone, no picture, or an address inside the house; the reason stands on the record."""
    Profile.objects.filter(handle="nakamura_ai").update(picture_url=address.format(site=sandbox.url))
    client = page_of(people["ann"])

    press(client, sato)
    drain()

    page = client.get(f"/crm/contacts/{sato.pk}/").content.decode()
    assert "The picture could not be taken:" in page and words in page and "do/social.take_photo" in page
    assert not Photo.objects.exists()


def test_only_who_may_change_the_person_takes_a_picture(people: dict[str, User], sato: Any) -> None:
    """CRM-17, A2: not who only reads, not for a record one does not see, not of a profile of somebody else."""
    other = create("crm.contact", actor=Actor(people["ann"]), family_name="Other")
    assert press(page_of(people["ann"]), other).status_code == 409
    assert press(page_of(people["carol"]), sato).status_code == 404
    ann = people["ann"]
    reads = {**ann.profile.rights, "crm.contact": ["view"]}
    User.objects.filter(pk=ann.pk).update(profile=Rights.objects.create(name="Reads", rights=reads, features=ann.profile.features))
    bump("users")
    client = page_of(ann)
    assert "do/social.take_photo" not in client.get(f"/crm/contacts/{sato.pk}/").content.decode()
    assert press(client, sato).status_code == 403
    drain()
    assert not Photo.objects.exists()


def test_a_right_withdrawn_meanwhile_stops_it(people: dict[str, User], sato: Any) -> None:
    """CRM-17, A9: asked anew by the worker."""
    press(page_of(people["ann"]), sato)
    type(sato).objects.filter(pk=sato.pk).update(owner=people["carol"])

    drain()

    assert not Photo.objects.exists()


def test_the_larger_square_is_asked_for() -> None:
    """CRM-17: X names the small one of 48 pixels."""
    profile = Profile(network="x", picture_url="https://pbs.twimg.com/profile_images/1/p_normal.jpg")

    assert larger(profile) == "https://pbs.twimg.com/profile_images/1/p_400x400.jpg"
