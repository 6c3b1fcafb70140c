"""Views of a list: those that ship, one's own, those shared; pinned, opened with, walked through (PLT-9, PLT-10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core.access.models import User
from core.actor import Actor
from core.module.models import SavedView
from core.module.registry import module as find_module
from core.module.registry import modules
from core.record.write import update
from tests import factories

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
LEADS = "/crm/leads/"


def names(page: Any) -> list[str]:
    return [one.company for one in page.context["page"].records]


def tabs(client: Client) -> list[str]:
    return [str(one.label) for one in client.get(LEADS).context["tabs"]]


def save(client: Client, name: str, **values: Any) -> SavedView:
    made = client.post(f"{LEADS}views/new?view=all&columns=company+email&sort=-company", {"name": name, "shared": "me", **values})
    assert made.status_code == 302, made.content.decode()[:300]
    return SavedView.objects.get(name=name)


def test_the_views_every_module_ships(ann: User, bob: User, client_of: ClientOf, clock: Any) -> None:
    """PLT-9: all, mine, unread, recently created, recently changed, each with what its name says."""
    old = factories.make_lead(ann, company="Old")
    clock.shift(timedelta(days=30))
    factories.make_lead(ann, company="Fresh")
    factories.make_lead(bob, company="Bob's")
    update(old, actor=Actor(ann), job_title="Head")
    client = client_of(bob)  # who sees ann's, too

    found = {view: sorted(names(client.get(f"{LEADS}?view={view}"))) for view in ("all", "mine", "created", "changed")}

    assert found == {
        "all": ["Bob's", "Fresh", "Old"],
        "mine": ["Bob's"],
        "created": ["Bob's", "Fresh"],
        "changed": ["Bob's", "Fresh", "Old"],
    }


def test_activities_open_with_what_is_left_to_do(ann: User, client_of: ClientOf) -> None:
    """PLT-9, CRM-8: not with what was done longest ago; where all is done, nothing matches, and only an empty module teaches."""
    client, where = client_of(ann), "/crm/activities/"
    assert "No Activities yet" in client.get(where).content.decode()

    factories.make_activity(ann, subject="Done", status="done")
    assert "Nothing matches" in client.get(where).content.decode()

    factories.make_activity(ann, subject="To do")
    assert [one.subject for one in client.get(where).context["page"].records] == ["To do"]


def test_unread_is_what_others_gave_me_until_i_open_it(ann: User, bob: User, client_of: ClientOf) -> None:
    """PLT-9: not what I made myself, not what went on to somebody else; opening it, by me, is reading it."""
    own = factories.make_lead(ann, company="My own")
    given = factories.make_lead(ann, actor=Actor(bob), company="Given")
    handed = factories.make_lead(bob, company="Handed over")
    update(handed, actor=Actor(bob), owner=ann.pk)
    mine, his = client_of(ann), client_of(bob)

    def unread() -> list[str]:
        return sorted(names(mine.get(f"{LEADS}?view=unread")))

    assert unread() == ["Given", "Handed over"]
    his.get(f"{LEADS}{given.pk}/")
    assert unread() == ["Given", "Handed over"]
    mine.get(f"{LEADS}{given.pk}/")
    assert unread() == ["Handed over"]
    update(handed, actor=Actor(bob), owner=bob.pk)
    assert unread() == [] and names(his.get(f"{LEADS}?view=unread")) == []
    assert names(mine.get(f"{LEADS}?view=mine&q=My own")) == [own.company]


@pytest.mark.parametrize("key", [one.key for one in modules()])
def test_every_module_has_them(key: str, admin: User, bob: User, client_of: ClientOf) -> None:
    """PLT-9: whatever a module adds: a ticket or a post that somebody was given is unread until its own page is opened."""
    module, client = find_module(key), client_of(admin)
    assert {"all", "mine", "unread", "created", "changed"} <= {view.key for view in module.views}
    given = factories.make_any(key, bob)
    update(given, actor=Actor(bob), owner=admin.pk)

    def unread() -> list[int]:
        return [one.pk for one in client.get(f"{module.url()}?view=unread").context["page"].records]

    assert unread() == [given.pk]
    assert client.get(module.url(given.pk)).status_code == 200
    assert unread() == []


def test_many_given_at_once_are_unread_and_a_filter_asks_for_them(ann: User, bob: User, client_of: ClientOf) -> None:
    """PLT-8, PLT-9: the condition stands in the panel, too, so that a view of one's own can hold it."""
    from core.record import write

    leads = [factories.make_lead(bob, company=f"L{n}") for n in range(5)]
    write.update_many(find_module("crm.lead"), [(one, {"owner": ann.pk}) for one in leads[:3]], actor=Actor(bob))

    page = client_of(ann).get(LEADS, {"view": "all", "rows": "1", "f0": "owner", "o0": "me_unread"}, follow=True)

    assert sorted(names(page)) == ["L0", "L1", "L2"]
    assert page.context["chips"][0]["text"].endswith("is me, not opened yet")


def test_a_pinned_view_stands_in_the_navigation_and_one_is_opened_with(ann: User, bob: User, client_of: ClientOf) -> None:
    """PLT-9: a favourite of mine alone; one is my default, a second takes its place, and each is taken back by the same press."""
    client = client_of(ann)
    view = save(client, "My hot ones")
    key = f"v{view.pk}"

    client.post(f"{LEADS}views/choose", {"view": key, "pin": "1"})
    assert f'href="{LEADS}?view={key}"' in client.get("/crm/").content.decode()
    assert f'view={key}"' not in client_of(bob).get("/crm/").content.decode()
    assert client.get(LEADS).context["asked"].view.key != key
    client.post(f"{LEADS}views/choose", {"view": key, "default": "1"})
    assert client.get(LEADS).context["asked"].view.key == key
    assert [one.key for one in client.get(LEADS).context["asked"].columns] == ["company", "email"]
    client.post(f"{LEADS}views/choose", {"view": "mine", "default": "1"})
    assert client.get(LEADS).context["asked"].view.key == "mine"

    client.post(f"{LEADS}views/choose", {"view": "mine", "default": "1"})
    client.post(f"{LEADS}views/choose", {"view": key, "pin": "1"})
    assert client.get(LEADS).context["asked"].view.key != "mine"
    assert f'href="{LEADS}?view={key}"' not in client.get("/crm/").content.decode()


def test_a_view_is_shared_with_people_and_roles_and_with_all(ann: User, bob: User, carol: User, client_of: ClientOf) -> None:
    """PLT-9, ADM-10: who it is shared with has it among their views, nobody else; only its owner changes it."""
    client, his, hers = client_of(ann), client_of(bob), client_of(carol)
    save(client, "Mine alone")
    one = save(client, "For bob", shared="some", users=[bob.pk])
    save(client, "For his role", shared="some", roles=[bob.role_id])

    assert {"Mine alone", "For bob", "For his role"} <= set(tabs(client))
    assert {"For bob", "For his role"} <= set(tabs(his)) and "Mine alone" not in tabs(his)
    assert not {"Mine alone", "For bob", "For his role"} & set(tabs(hers))
    address = f"{LEADS}views/{one.pk}"
    assert [someone.get(address).status_code for someone in (client, his, hers)] == [200, 403, 404]
    assert his.post(address, {"delete": "1"}).status_code == 403 and SavedView.objects.filter(pk=one.pk).exists()

    ann.profile.features = [*ann.profile.features, "views_all"]
    ann.profile.save()
    from core.stamps import bump

    bump("users")
    bump("access")
    save(client_of(User.objects.get(pk=ann.pk)), "For everyone", shared="all")
    assert "For everyone" in tabs(hers)


def test_a_record_leads_to_the_next_one_of_the_view_one_came_from(ann: User, client_of: ClientOf) -> None:
    """PLT-10: in its order and filter, over the edge of a page; the first has none before it, and by itself a record has neither."""
    leads = {name: factories.make_lead(ann, company=name) for name in ("A1", "B", "A3", "A2")}
    client = client_of(ann)
    came = "view=all&sort=company&size=25&filter=" + '{"all":[{"field":"company","op":"starts","value":"A"}]}'

    def beside(name: str) -> tuple[str, str]:
        page = client.get(f"{LEADS}{leads[name].pk}/", headers={"referer": f"http://testserver{LEADS}?{came}"})
        found = page.context["neighbours"]
        return tuple(found[word].split("/")[-2] if found[word] else "" for word in ("previous", "next"))  # type: ignore[return-value]

    assert beside("A1") == ("", str(leads["A2"].pk))
    assert beside("A2") == (str(leads["A1"].pk), str(leads["A3"].pk))
    assert beside("A3") == (str(leads["A2"].pk), "")
    onward = client.get(f"{LEADS}{leads['A1'].pk}/", {"from": came}).context["neighbours"]["next"]
    assert client.get(onward).context["neighbours"]["previous"].split("/")[-2] == str(leads["A1"].pk)
    alone = client.get(f"{LEADS}{leads['A1'].pk}/").context["neighbours"]
    assert (alone["previous"], alone["next"]) == ("", "")


def test_the_bin_is_emptied_of_what_lay_there_for_60_days_or_as_long_as_set(
    ann: User, client_of: ClientOf, clock: Any, settings: Any, admin: User
) -> None:
    """PLT-15: by the clock, not a day too early; what hung on it goes too; the setting counts; and an admin empties it at once."""
    from core.record.bin import empty_old
    from core.record.models import Tagging
    from core.record.write import delete
    from crm.models import Lead

    def binned(name: str) -> Any:
        made = factories.make_lead(ann, company=name, tags=["vip"])
        delete(made, actor=Actor(ann))
        return made

    binned("sixty")
    clock.shift(timedelta(days=59))
    from core import clock as now

    assert empty_old(now.now()) == 0
    clock.shift(timedelta(days=1, seconds=5))
    assert empty_old(now.now()) == 1
    assert not Lead.objects.filter(company="sixty").exists() and not Tagging.objects.exists()
    settings.BIN_DAYS = 10
    binned("ten")
    clock.shift(timedelta(days=11))
    assert empty_old(now.now()) == 1
    binned("now")
    assert client_of(ann).post("/bin/empty").status_code == 403
    client_of(admin).post("/bin/empty", follow=True)
    from core.work.jobs import drain

    drain(now.now())
    assert not Lead.objects.filter(company="now").exists()
