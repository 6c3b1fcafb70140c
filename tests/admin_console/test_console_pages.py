"""The console's editors: organisation, subscription, profiles, roles, sharing (ADM-5, ADM-6, ADM-10, ADM-11, ADM-13)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from admin_console import people, plans
from admin_console.models import Subscription, SubscriptionChange
from core import clock
from core.access.models import Group, ModuleDefault, Profile, Role, SharingRule, User
from core.actor import Actor
from core.money.models import Rate
from core.organisation.settings import home_currency, organisation, own_settings, setting
from core.signin.models import AuditEntry
from tests.factories import make_deal, make_lead, make_role, make_user, picture

pytestmark = pytest.mark.django_db
BASE = "/admin_console"
ORGANISATION = {"name": "Aoba", "language": "ja", "time_zone": "Asia/Tokyo", "fiscal_month": "4", "honorific": "sama"}


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    Subscription.objects.create(pk=1, plan="own", since=clock.now())


def test_the_organisation_and_what_an_app_has_otherwise(admin: User, client_of: Any) -> None:
    """ADM-5: hours, portal and zone are kept; an app's own setting is taken first, the others follow the organisation."""
    client = client_of(admin)

    whole = client.post(f"{BASE}/organisation/", {**ORGANISATION, "h00": "9:00", "h01": "18:00", "portal_url": "https://help.example.com/"})
    own = client.post(f"{BASE}/organisation/crm/", {"name": "Aoba Sales", "h50": "10:00", "h51": "15:00"})
    client.post(f"{BASE}/organisation/helpdesk/", {"name": "Aoba Care", "h50": "10:00", "h51": "15:00"})

    assert (whole.status_code, own.status_code) == (302, 302)
    assert (organisation().hours, organisation().portal_url) == ({"0": ["09:00", "18:00"]}, "https://help.example.com")
    assert (setting("name", "crm"), setting("name", "social"), setting("time_zone", "crm")) == ("Aoba Sales", "Aoba", "Asia/Tokyo")
    assert setting("hours", "crm") == {"5": ["10:00", "15:00"]}
    assert own_settings("helpdesk") == {"name": "Aoba Care"}


def test_sums_are_told_in_the_organisations_currency(admin: User, client_of: Any) -> None:
    """ADM-5: chosen on the page, at once; a new deal begins with it, and rates are into it."""
    client = client_of(admin)
    assert home_currency() == "JPY"

    client.post(f"{BASE}/organisation/", {**ORGANISATION, "currency": "EUR"})

    assert home_currency() == "EUR" and make_deal(admin, amount=5).currency == "EUR"
    client.post(f"{BASE}/currencies/", {"currency": "USD", "rate": "0.9", "valid_from": "2026-01-01"})
    assert Rate.objects.get().home == "EUR"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"h00": "18:00", "h01": "9:00"}, "The day ends before it begins."),
        ({"h00": "9:00"}, "Write both times"),
        ({"portal_url": "javascript:alert(1)"}, "beginning with https://"),
        ({"time_zone": "Mars/Base"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_changed(wrong: dict[str, str], said: str, admin: User, client_of: Any) -> None:
    """ADM-5: 422, with everything typed still there."""
    answer = client_of(admin).post(f"{BASE}/organisation/", {**ORGANISATION, **wrong})

    assert answer.status_code == 422 and said in answer.content.decode() and 'value="Aoba"' in answer.content.decode()
    assert organisation().name == ""


def test_the_logo_is_drawn_anew_and_stands_on_the_sign_in_page_and_on_prints(admin: User, client: Any, client_of: Any) -> None:
    """ADM-5, U3: what is no picture is refused; ours is WebP whatever was sent."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    hers = client_of(admin)
    hers.post(f"{BASE}/organisation/logo", {"logo": SimpleUploadedFile("a.png", b"<svg onload=alert(1)>")})
    assert not organisation().logo_stamp

    hers.post(f"{BASE}/organisation/logo", {"logo": picture()})

    where = f"{BASE}/organisation/logo/{organisation().logo_stamp}.webp"
    assert where in client.get("/accounts/login/").content.decode()
    assert f'<p class="print-only"><img src="{where}" alt="">' in hers.get("/crm/leads/").content.decode()
    shown = client.get(where)
    assert (shown.headers["Content-Type"], shown.content[8:12]) == ("image/webp", b"WEBP")


def test_a_plan_is_changed_at_once_and_one_that_does_not_fit_says_what_is_over(admin: User, client_of: Any) -> None:
    """ADM-6: upgrade holds from now on, with a line of history; a downgrade names people and apps that are over."""
    for number in range(7):
        make_user(f"p{number}", apps=("crm", "social"))
    client = client_of(admin)

    short = client.post(f"{BASE}/subscription/", {"plan": "standard", "seats": "5"})

    assert short.status_code == 422
    text = short.content.decode()
    assert "8 licences are in use and this would be 5: 3 too many." in text and "8 people have it" in text
    assert Subscription.objects.get().plan == "own" and not SubscriptionChange.objects.exists()

    assert client.post(f"{BASE}/subscription/", {"plan": "professional", "seats": "8"}).status_code == 302
    assert (Subscription.objects.get().plan, SubscriptionChange.objects.get().seats) == ("professional", 8)
    assert AuditEntry.objects.get(act="console.plan").changes == {"plan": ["own", "professional"], "seats": [0, 8]}
    for wrong in ({"plan": "nonsense"}, {"plan": "standard", "seats": "-1"}, {"plan": "standard", "seats": "x"}):
        assert client.post(f"{BASE}/subscription/", wrong).status_code == 422


def test_the_plans_are_the_installers_table(settings: Any, tmp_path: Any) -> None:
    """ADM-6: another file gives other plans; one that cannot be understood stops the server with a sentence."""
    file = tmp_path / "plans.toml"
    settings.PLANS = file
    try:
        for text, problem in (
            ('[a]\nname = "A"\nusers = 3\nfirst = true\n', ""),
            ('[a]\nname = "A"\nusers = 3\n', "first"),
            ('[a]\nname = "A"\nusers = "many"\nfirst = true\n', "not understood"),
            ('[a]\nname = "A"\nusers = 3\nfirst = true\nprize = 1\n', "prize"),
        ):
            file.write_text(text)
            plans.plans.cache_clear()
            if problem:
                with pytest.raises(Exception, match=problem):
                    plans.plans()
            else:
                assert plans.first_plan().users == 3
    finally:
        plans.plans.cache_clear()


def _sales(person: User, **more: Any) -> Profile:
    """A clone of the Standard profile that one person has."""
    from_one = Profile.objects.get(name="Standard")
    row = Profile.objects.create(name="Sales", **{"rights": from_one.rights, "features": from_one.features, **more})
    User.objects.filter(pk=person.pk).update(profile=row)
    return row


def test_a_switch_of_a_profile_nobody_has_saves_by_itself(admin: User, ann: User, client_of: Any) -> None:
    """ADM-10, A9: cloned, one right taken; seeing goes with the others, with script and without; given to ann it holds at her
    next request."""
    lead, client, hers = make_lead(ann), client_of(admin), client_of(ann)
    client.post(f"{BASE}/profiles/{ann.profile_id}/clone", {"name": "Sales"})
    sales = Profile.objects.get(name="Sales")
    assert hers.get(f"/crm/leads/{lead.pk}/edit").status_code == 200

    answer = client.post(f"{BASE}/profiles/{sales.pk}/", {"set": "right:crm.lead:edit:0"}, headers={"HX-Request": "true"})

    assert 'aria-checked="false"' in answer.content.decode().split("</button>")[0]
    people.set_profile_and_role(ann, sales, None, actor=Actor(admin))
    assert hers.get(f"/crm/leads/{lead.pk}/edit").status_code == 403
    client.post(f"{BASE}/profiles/{sales.pk}/", {"set": "right:crm.lead:view:0", "sure": "1"})
    sales.refresh_from_db()
    assert not sales.rights.get("crm.lead") and hers.get("/crm/leads/").status_code == 404
    client.post(f"{BASE}/profiles/{sales.pk}/", {"set": "right:crm.lead:edit:1", "sure": "1"})
    sales.refresh_from_db()
    assert sales.rights["crm.lead"] == ["view", "edit"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("right:crm.lead:view:0", ["Closes 3 Leads to 1 person (View).", "Closes 3 Leads to 1 person (Edit)."]),
        ("right:crm.lead:edit:0", ["Closes 3 Leads to 1 person (Edit)."]),
        ("right:crm.lead:delete:1", ["Opens 3 Leads to 1 person (Delete)."]),
        ("right:crm.lead:export:0", ["Closes 3 Leads to 1 person (Export)."]),
        ("right:crm.lead:create:0", ["1 person may not do this any more."]),
        ("right:crm.lead:edit:1", []),
        ("feature:see_all::1", ["Opens 2 Leads to 1 person (View).", "Opens 2 Leads to 1 person (Edit)."]),
        ("feature:export::0", ["Closes 3 Leads to 1 person (Export)."]),
        ("feature:convert::0", ["1 person may not do this any more."]),
        ("feature:rules::1", ["1 person may do this from now on."]),
        ("feature:rules::0", []),
        ("feature:social_channels::1", ["1 person may do this from now on."]),
        ("feature:social_channels::0", []),
        ("seen:crm.lead:phone:0", ["Hides Phone of 3 Leads from 1 person."]),
        ("seen:crm.lead:mobile:1", ["Shows Mobile of 3 Leads to 1 person."]),
        ("changed:crm.lead:phone:0", ["Keeps 1 person from changing Phone of 3 Leads."]),
        ("changed:crm.lead:department:1", ["Lets 1 person change Department of 3 Leads."]),
        ("seen:crm.contact:phone:0", []),
    ],
)
@pytest.mark.parametrize("script", [True, False])
def test_a_switch_says_first_what_it_opens_and_closes(
    value: str, told: list[str], script: bool, admin: User, ann: User, carol: User, client_of: Any
) -> None:
    """ADM-10, ADM-13: ann has the profile and three leads, carol two. It asks in its place, or on a page of its own without
    script; nothing is saved before somebody says yes. What touches nobody saves at once."""
    row = _sales(ann, fields={"crm.lead": {"mobile": "hidden", "department": "read"}})
    for owner in (ann, ann, ann, carol, carol):
        make_lead(owner)
    client, where, before = client_of(admin), f"{BASE}/profiles/{row.pk}/", (row.rights, row.features, row.fields)
    sent: dict[str, Any] = {"headers": {"HX-Request": "true"}} if script else {}

    answer = client.post(where, {"set": value}, **sent)

    row.refresh_from_db()
    page = answer.content.decode()
    if not told:
        assert "?" not in page.split("</title>")[0] and answer.status_code == (200 if script else 302)
        assert "sure" not in page
        return
    assert answer.context["lines"] == told and all(line in page for line in told)
    assert (row.rights, row.features, row.fields) == before
    assert (answer.headers.get("HX-Retarget") == "#ask") is script and ("<h1" in page) is not script
    done = client.post(where, {"set": value, "sure": "1"}, **sent)
    row.refresh_from_db()
    assert (row.rights, row.features, row.fields) != before
    assert ('id="ask"' in done.content.decode()) is script


def test_another_profile_or_role_says_first_what_it_opens(admin: User, ann: User, bob: User, roles: Any, client_of: Any) -> None:
    """ADM-13: bob stands above ann and loses her two leads when she moves elsewhere; what opens nothing is saved at once."""
    make_lead(ann)
    make_lead(ann)
    client, where = client_of(admin), f"{BASE}/users/{ann.pk}/"
    body = {"save": "rights", "profile": str(ann.profile_id), "role": str(roles["other"].pk)}

    asked = client.post(where, body)

    assert [(one["records"], one["people"], one["names"]) for one in asked.context["closes"]][0] == ("2", "1 person", str(bob))
    assert User.objects.get(pk=ann.pk).role == roles["seller"]
    assert client.post(where, {**body, "sure": "1"}).url == where
    assert User.objects.get(pk=ann.pk).role == roles["other"]
    assert client.post(where, body).status_code == 302


def test_fields_and_features_are_switched(admin: User, client_of: Any) -> None:
    """ADM-10: seen, changed, and the switches beside the modules."""
    row = Profile.objects.create(name="Own", rights={"crm.lead": ["view", "edit"]})
    client, where = client_of(admin), f"{BASE}/profiles/{row.pk}/"

    for value in ("changed:crm.lead:phone:0", "seen:crm.lead:mobile:0", "feature:rules::1"):
        assert client.post(where, {"set": value}).status_code == 302
    row.refresh_from_db()
    assert (row.fields, row.features) == ({"crm.lead": {"phone": "read", "mobile": "hidden"}}, ["rules"])

    page = client.get(f"{where}?fields=crm.lead").content.decode()
    assert 'value="seen:crm.lead:mobile:1"' in page and 'value="feature:rules::0"' in page
    for value in (
        "seen:crm.lead:owner:0",
        "seen:crm.lead:nonsense:0",
        "right:crm.lead:fly:1",
        "feature:nonsense::1",
        "x:y:z:1",
        "right:a:b",
    ):
        assert client.post(where, {"set": value}).status_code == 404, value


def test_built_in_profiles_are_only_cloned(admin: User, client_of: Any) -> None:
    """ADM-10."""
    row = Profile.objects.get(name="Standard")
    client = client_of(admin)

    quick = client.post(f"{BASE}/profiles/{row.pk}/", {"set": "right:crm.lead:delete:1"}, headers={"HX-Request": "true"})
    client.post(f"{BASE}/profiles/{row.pk}/rename", {"name": "Mine"})
    client.post(f"{BASE}/profiles/{row.pk}/delete", {"to": str(Profile.objects.get(name="Administrator").pk)})

    assert "toast" in quick.headers["HX-Trigger"]
    row.refresh_from_db()
    assert (row.name, "delete" in row.rights["crm.lead"]) == ("Standard", False)


def test_a_profile_in_use_goes_only_with_its_people_moved(admin: User, ann: User, client_of: Any) -> None:
    """ADM-10."""
    row = Profile.objects.create(name="Old", rights={})
    User.objects.filter(pk=ann.pk).update(profile=row)
    client = client_of(admin)

    assert client.post(f"{BASE}/profiles/{row.pk}/delete", {"to": ""}).status_code == 422
    standard = Profile.objects.get(name="Standard")
    asked = client.post(f"{BASE}/profiles/{row.pk}/delete", {"to": str(standard.pk)})
    assert asked.status_code == 200 and asked.context["gain"] == 1 and Profile.objects.filter(pk=row.pk).exists()
    assert client.post(f"{BASE}/profiles/{row.pk}/delete", {"to": str(standard.pk), "sure": "1"}).status_code == 302
    assert User.objects.get(pk=ann.pk).profile == standard and not Profile.objects.filter(pk=row.pk).exists()


def test_two_profiles_are_compared(admin: User, client_of: Any) -> None:
    """ADM-10: what differs is marked, and can be shown alone."""
    a, b = (Profile.objects.create(name=name, rights={"crm.lead": held}) for name, held in (("A", ["view"]), ("B", ["view", "edit"])))
    client, where = client_of(admin), f"{BASE}/profiles/compare?a={a.pk}&b={b.pk}"

    assert client.get(where).context["count"] == 1
    alone = client.get(f"{where}&only=1").context["groups"]
    assert [[line["label"] for line in lines] for _title, lines in alone] == [["Leads"]]


def test_a_role_is_moved_after_saying_what_that_opens(admin: User, ann: User, bob: User, carol: User, roles: Any, client_of: Any) -> None:
    """ADM-11, ADM-13: nothing is moved by the first answer; carol sees ann's leads after the second. Below itself: refused."""
    for _number in range(3):
        make_lead(ann)
    client, body = client_of(admin), {"role": str(roles["seller"].pk), "parent": str(roles["other"].pk)}

    trial = client.post(f"{BASE}/roles/move", body)

    assert "Opens 3 records to 1 person" in trial.content.decode() or trial.context["summary"].startswith("Opens 3 records to 1")
    assert Role.objects.get(pk=roles["seller"].pk).parent == roles["sales"]
    assert client_of(carol).get("/crm/leads/").content.decode().count('name="pk"') == 0

    assert client.post(f"{BASE}/roles/move", {**body, "sure": "1"}).status_code == 302
    assert client_of(carol).get("/crm/leads/").content.decode().count('name="pk"') == 3
    for sure in ("", "1"):
        client.post(f"{BASE}/roles/move", {"role": str(roles["top"].pk), "parent": str(roles["seller"].pk), "sure": sure})
    assert Role.objects.get(pk=roles["top"].pk).parent is None


def test_a_role_whose_name_is_taken_where_it_goes_stays_and_says_so(admin: User, ann: User, roles: Any, client_of: Any) -> None:
    """ADM-11: moved by hand, or with the role above it deleted; both at the first answer and when one is sure."""
    make_role("Seller", roles["other"])
    client, seller, sales = client_of(admin), roles["seller"], roles["sales"]

    for sure in ("", "1"):
        to = str(roles["other"].pk)
        moved = client.post(f"{BASE}/roles/move", {"role": str(seller.pk), "parent": to, "sure": sure}, follow=True)
        deleted = client.post(reverse("console-role-delete", args=[sales.pk]), {"to": to, "sure": sure}, follow=True)
        assert ["This name is taken." in one.content.decode() for one in (moved, deleted)] == [True, True]
        assert Role.objects.get(pk=seller.pk).parent == sales


def test_defaults_rules_and_groups_say_what_they_open(admin: User, ann: User, carol: User, roles: Any, client_of: Any) -> None:
    """ADM-13."""
    make_lead(ann)
    client = client_of(admin)
    ModuleDefault.objects.filter(module="crm.lead").update(default="private")

    default = client.post(f"{BASE}/sharing/crm.lead/default", {"default": "read"})
    assert default.status_code == 200 and ModuleDefault.objects.get(module="crm.lead").default == "private"
    rule = {"of": f"role:{roles['seller'].pk}", "target": f"user:{carol.pk}", "level": "read"}
    trial = client.post(f"{BASE}/sharing/crm.lead/new", rule)
    assert [one["people"] for one in trial.context["opens"]] == ["1 person"] and not SharingRule.objects.exists()

    client.post(f"{BASE}/sharing/crm.lead/new", {**rule, "sure": "1"})
    client.post(f"{BASE}/sharing/groups/new", {"name": "Key", "members": [f"user:{ann.pk}", f"below:{roles['other'].pk}"]})

    assert SharingRule.objects.get().target == f"user:{carol.pk}" and Group.objects.get().members.count() == 2
    assert client_of(carol).get("/crm/leads/").content.decode().count('name="pk"') == 1
    assert client.post(f"{BASE}/sharing/crm.lead/new", {**rule, "target": "user:999999"}).status_code == 422
    client.post(f"{BASE}/sharing/rules/{SharingRule.objects.get().pk}/remove", {"sure": "1"})
    assert not SharingRule.objects.exists()


def test_profiles_and_roles_appear_with_the_second_person(admin: User, client_of: Any) -> None:
    """ADM-10: alone there is nobody to tell apart."""
    client = client_of(admin)
    assert f"{BASE}/profiles/" not in client.get(f"{BASE}/users/").content.decode()

    make_user("second")

    assert f"{BASE}/profiles/" in client.get(f"{BASE}/users/").content.decode()


def test_the_console_opens_on_its_users(admin: User, client_of: Any) -> None:
    """ADM-1: from the avatar panel."""
    assert f'href="{BASE}/users/"' in client_of(admin).get("/me/").content.decode()


def test_every_page_of_the_console_opens(admin: User, ann: User, roles: Any, client_of: Any) -> None:
    """Each has one heading, for the account admin."""
    client = client_of(admin)
    group, profile = Group.objects.create(name="G"), Profile.objects.create(name="P")
    paths = f"""users/ users/new users/import users/{ann.pk}/ users/{ann.pk}/raise/crm users/{ann.pk}/leave/delete apps/ apps/crm/
        organisation/         organisation/crm/ subscription/ account/ profiles/ profiles/{profile.pk}/ profiles/{profile.pk}/delete
        profiles/{profile.pk}/clone         profiles/compare roles/ roles/new roles/{roles["seller"].pk}/
        roles/{roles["seller"].pk}/delete sharing/ sharing/crm.lead/new
        sharing/groups/{group.pk}/ sharing/groups/new""".split()

    for path in paths:
        answer = client.get(f"{BASE}/{path}")
        assert (answer.status_code, answer.content.count(b"<h1")) == (200, 1), path


def test_the_console_s_entries_stand_in_groups_and_lead_nowhere_else(admin: User, ann: User, client_of: Any) -> None:
    """ADM-3, PLT-4: each entry is headed by its group, once; and every page it leads to shows the console's entries again."""
    client = client_of(admin)
    side = client.get("/admin_console/users/").content.decode().split('<nav class="side"')[1].split("</nav>")[0]

    heads, links = re.findall(r"<h2>([^<]+)</h2>", side), re.findall(r'href="([^"]+)"', side)

    assert heads == ["People", "Rights", "Company", "Records", "Protection", "Running"]
    assert len(links) == len(set(links)) == 20 and links[1] == "/admin_console/users/"
    for link in links:
        page = client.get(link).content.decode()
        shown = page.split('<nav class="side"')[1].split("</nav>")[0]
        assert re.findall(r'href="([^"]+)"', shown) == links, link
        assert re.findall(r'href="([^"]+)"[^>]*aria-current="page"', shown) == [link]


def test_an_admin_of_an_app_finds_their_entries_under_their_heads(client_of: Any, ann: User) -> None:
    """ADM-2: a head with nothing below it does not stand there."""
    from tests.factories import make_user

    side = client_of(make_user("app", apps=("crm",), admin_of=("crm",))).get("/admin_console/users/").content.decode()
    side = side.split('<nav class="side"')[1].split("</nav>")[0]

    assert re.findall(r"<h2>([^<]+)</h2>", side) == ["People", "Rights", "Company", "Records"]
