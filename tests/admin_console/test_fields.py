"""Fields in the console: what an admin adds is there at everyone's next request, and what they do is on record (PLT-17)."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from core import stamps
from core.event.models import Event
from core.field.models import CustomField, FieldLabel
from core.module.registry import module as find_module
from core.work.jobs import drain
from tests import factories

pytestmark = pytest.mark.django_db
NEW = "/admin_console/fields/crm.lead/new"


def add(client: Any, **values: Any) -> CustomField:
    answer = client.post(NEW, {"kind": "text", "label_en": "Shoe size", "label_ja": "靴のサイズ", "active": "on", **values})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return CustomField.objects.latest("pk")


def test_an_added_field_is_everywhere_at_once(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: form, record page, list column, filter, sort and saved view, with no restart and no migration."""
    row = add(client_of(admin), kind="number", section="Reach", help="In centimetres")
    seller = client_of(ann)

    assert "Shoe size" in seller.get("/crm/leads/new").content.decode()
    answer = seller.post("/crm/leads/new", {"family_name": "Ito", row.key: "26.5"})
    lead = find_module("crm.lead").model.objects.get(family_name="Ito")
    assert (answer.status_code, lead.extra) == (302, {row.key: 26.5})
    assert "26.5" in seller.get(f"/crm/leads/{lead.pk}/").content.decode()

    small = factories.make_lead(ann, family_name="Ono", **{row.key: 9})
    listed = seller.get("/crm/leads/", {"columns": f"name {row.key}", "sort": f"-{row.key}"}).content.decode()
    assert listed.index("Ito") < listed.index("Ono") and "26.5" in listed
    filtered = seller.get("/crm/leads/", {"filter": f'{{"all":[{{"field":"{row.key}","op":"lt","value":"10"}}]}}'}).content.decode()
    assert "Ono" in filtered and "Ito" not in filtered

    saved = seller.post(f"/crm/leads/views/new?columns=name+{row.key}&sort={row.key}", {"name": "Feet", "shared": "me"})
    assert "Shoe size" in seller.get(saved.headers["Location"]).content.decode()
    assert small.extra == {row.key: 9}


def test_another_process_sees_it_at_its_next_request(admin: Any, client_of: Any) -> None:
    """PLT-17, PLT-3: two processes, each with its own cache; nothing but the database tells them."""
    leads, here = find_module("crm.lead"), stamps._cache
    assert "c_shoe" not in leads.fields
    there: dict[Any, Any] = dict(here)  # the other process read the fields, too

    row = add(client_of(admin))

    here_now = dict(here)
    here.clear(), here.update(there)  # as the other process
    with stamps.held():
        assert leads.fields[row.key].label == "Shoe size"
    here.clear(), here.update(here_now)
    assert row.key in leads.fields


def test_a_name_shows_in_the_language_of_the_reader(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: one name serves where the other is missing."""
    add(client_of(admin))
    add(client_of(admin), label_en="", label_ja="血液型")
    ann.language = "ja"
    ann.save()

    page = client_of(ann).get("/crm/leads/new").content.decode()

    assert "靴のサイズ" in page and "血液型" in page and "Shoe size" not in page


def test_what_was_done_is_on_record(admin: Any, client_of: Any) -> None:
    """O1: who, what, before and after, for admins alone to read."""
    client = client_of(admin)
    row = add(client)
    where = reverse("console-field", args=["crm.lead", row.key])

    client.post(where, {"label_en": "Shoe", "label_ja": "靴のサイズ", "active": "on", "required": "on"})

    added, changed = Event.objects.filter(module="core.customfield").order_by("pk")
    assert (added.kind, added.actor, added.detail["act"]) == ("configured", admin, "added")
    assert changed.changes == {"label_en": ["Shoe size", "Shoe"], "required": [False, True]}
    page = client.get("/admin_console/audit/").content.decode()
    assert "Shoe size" in page and "Shoe" in page


def test_saving_nothing_new_leaves_no_event(admin: Any, client_of: Any) -> None:
    client = client_of(admin)
    row = add(client)
    client.post(reverse("console-field", args=["crm.lead", row.key]), {"label_en": "Shoe size", "label_ja": "靴のサイズ", "active": "on"})
    client.post("/admin_console/fields/crm.lead/company", {"label_en": "", "label_ja": ""})

    assert Event.objects.filter(kind="configured").count() == 1
    assert not FieldLabel.objects.exists()


def test_a_hidden_field_keeps_its_values(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: hiding is not deleting; shown again, all is there."""
    client = client_of(admin)
    row = add(client)
    lead = factories.make_lead(ann, **{row.key: "27"})
    where = reverse("console-field", args=["crm.lead", row.key])

    client.post(where, {"label_en": "Shoe size"})
    assert "Shoe size" not in client_of(ann).get(f"/crm/leads/{lead.pk}/").content.decode()

    client.post(where, {"label_en": "Shoe size", "active": "on"})
    assert "27" in client_of(ann).get(f"/crm/leads/{lead.pk}/").content.decode()


def test_a_required_field_is_asked_for(admin: Any, ann: Any, client_of: Any) -> None:
    row = add(client_of(admin), required="on")
    answer = client_of(ann).post("/crm/leads/new", {"family_name": "Ito", row.key: ""})

    assert answer.status_code == 422 and "Please fill this in." in answer.content.decode()


def test_deleting_says_the_number_and_takes_the_values_along(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: the consequence in numbers before, the values gone after, other fields untouched, the key never reused."""
    client = client_of(admin)
    row, other = add(client), add(client, label_en="Hat", label_ja="")
    leads = [factories.make_lead(ann, **{row.key: "27", other.key: "L"}) for _ in range(3)]
    factories.make_lead(ann)
    where = reverse("console-field-delete", args=["crm.lead", row.key])

    assert "3 records hold a value" in client.get(where).content.decode()
    client.post(where)
    drain()

    for lead in leads:
        lead.refresh_from_db()
        assert lead.extra == {other.key: "L"}
    assert client_of(ann).get(f"/crm/leads/{leads[0].pk}/").status_code == 200
    assert add(client, label_en="Again", label_ja="").key not in {row.key, other.key}


def test_a_view_that_asks_for_a_deleted_field_says_so(admin: Any, ann: Any, client_of: Any) -> None:
    row = add(client_of(admin))
    seller = client_of(ann)
    query = f'{{"all":[{{"field":"{row.key}","op":"filled"}}]}}'
    saved = seller.post(f"/crm/leads/views/new?filter={query}", {"name": "Feet", "shared": "me"})
    client_of(admin).post(reverse("console-field-delete", args=["crm.lead", row.key]))

    page = seller.get(saved.headers["Location"])

    assert page.status_code == 200 and "no longer exists" in page.content.decode()


def test_order_is_moved_by_buttons(admin: Any, client_of: Any) -> None:
    client = client_of(admin)
    one, two, three = (
        add(client, label_en="One", label_ja=""),
        add(client, label_en="Two", label_ja=""),
        add(client, label_en="Three", label_ja=""),
    )

    client.post(reverse("console-field-move", args=["crm.lead", three.key]), {"up": "1"})
    client.post(reverse("console-field-move", args=["crm.lead", one.key]), {"up": "1"})  # already first

    found = [one.label for one in find_module("crm.lead").fields.values() if one.custom]
    assert found == ["One", "Three", "Two"] and two.label_en == "Two"


def test_a_section_of_its_own_and_one_that_ships(admin: Any, client_of: Any) -> None:
    """PLT-17: a section is the same one in both languages."""
    from django.utils.translation import override

    client = client_of(admin)
    add(client, label_en="One", label_ja="", section="Reach")
    add(client, label_en="Two", label_ja="", new_section="Sizes")

    for language in ("en", "ja"):
        with override(language):
            sections = find_module("crm.lead").sections()
            assert [f.label for f in sections[1].fields][-1] == "One"
            assert [(one.title, [f.label for f in one.fields]) for one in sections[-1:]] == [("Sizes", ["Two"])]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"label_en": "", "label_ja": ""}, "a name in one language"),
        ({"kind": "colour"}, "not one of the available choices"),
        ({"label_en": "Company"}, "Another field has this name"),
        ({"label_en": "x" * 81}, "at most 80"),
        ({"section": "No such section"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_added_says_why(admin: Any, client_of: Any, values: dict[str, str], error: str) -> None:
    answer = client_of(admin).post(NEW, {"kind": "text", "label_en": "Shoe size", "active": "on", **values})

    assert answer.status_code == 422 and error in answer.content.decode()
    assert not CustomField.objects.exists()


def test_pressed_twice_it_is_added_once(admin: Any, client_of: Any) -> None:
    """F22"""
    client = client_of(admin)
    add(client, once="abc"), add(client, once="abc")

    assert CustomField.objects.count() == 1


def test_a_built_in_field_is_renamed_hidden_and_required(admin: Any, ann: Any, client_of: Any) -> None:
    client, seller = client_of(admin), client_of(ann)
    client.post("/admin_console/fields/crm.lead/company", {"label_en": "Firm", "label_ja": "企業", "required": "on"})
    client.post("/admin_console/fields/crm.lead/department", {"label_en": "", "label_ja": "", "hidden": "on"})

    page = seller.get("/crm/leads/new").content.decode()
    assert "Firm" in page and 'name="department"' not in page
    assert seller.post("/crm/leads/new", {"family_name": "Ito", "company": ""}).status_code == 422
    ann.language = "ja"
    ann.save()
    assert "企業" in client_of(ann).get("/crm/leads/new").content.decode()


def test_what_a_record_is_called_by_cannot_be_hidden(admin: Any, client_of: Any) -> None:
    client = client_of(admin)
    for name in ("family_name", "name"):
        client.post(f"/admin_console/fields/crm.lead/{name}", {"hidden": "on", "label_en": "X"})
    client.post("/admin_console/fields/crm.deal/account", {"hidden": "on", "label_en": "X"})

    assert not FieldLabel.objects.filter(hidden=True).exists()


def test_only_admins_of_the_app_with_the_right_to_change_settings(ann: Any, eve: Any, admin: Any, client_of: Any) -> None:
    """A8: an app admin acts in their own apps; without the right to change settings an admin of an app looks and does not touch."""
    assert client_of(ann).get("/admin_console/").status_code == 403
    assert client_of(eve).get("/admin_console/fields/").status_code == 403
    desk = factories.make_user("desk", profile="Administrator", admin_of=("helpdesk",))
    looks = factories.make_user("looks", profile="Standard", admin_of=("crm",))

    assert client_of(desk).get("/admin_console/fields/crm.lead/").status_code == 404
    assert client_of(desk).post(NEW, {"kind": "text", "label_en": "X"}).status_code == 404
    assert client_of(desk).get("/admin_console/system/").status_code == 403
    assert client_of(looks).get("/admin_console/fields/crm.lead/").status_code == 200
    assert client_of(looks).post(NEW, {"kind": "text", "label_en": "X"}).status_code == 403
    assert not CustomField.objects.exists()


def test_amounts_unchanged_are_no_change(ann: Any) -> None:
    """PLT-18: history holds what changed, nothing else."""
    from core.actor import Actor
    from core.record import write

    factories.add_field("money")
    lead = factories.make_lead(ann, c_money="1234.50")
    lead.refresh_from_db()

    write.update(lead, actor=Actor(ann), c_money="1,234.5")

    assert (lead.version, lead.extra) == (1, {"c_money": 1234.5})


def test_a_time_of_day_is_a_kind_of_its_own(admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-17: typed as people write it, the same in every zone, sorted, asked for by before and after, refused where it is none."""
    row, seller = add(client_of(admin), kind="time", label_en="Call at", label_ja="希望時刻"), client_of(ann)
    assert f'type="time" name="{row.key}"' in seller.get("/crm/leads/new").content.decode()
    for name, typed in (("Ito", "9:05"), ("Ono", "１４時"), ("Abe", "17：30"), ("Mori", "")):
        assert seller.post("/crm/leads/new", {"family_name": name, row.key: typed}).status_code == 302

    wrong = seller.post("/crm/leads/new", {"family_name": "Kato", row.key: "25:00"})
    listed = seller.get("/crm/leads/", {"view": "all", "columns": f"name {row.key}", "sort": row.key})
    asked = seller.get("/crm/leads/", {"view": "all", "filter": f'{{"all":[{{"field":"{row.key}","op":"before","value":"14:30"}}]}}'})

    assert wrong.status_code == 422 and "This is not a time of day." in wrong.content.decode() and 'value="25:00"' in wrong.content.decode()
    assert [one.extra.get(row.key) for one in listed.context["page"].records] == ["09:05", "14:00", "17:30", None]
    assert {one.family_name for one in asked.context["page"].records} == {"Ito", "Ono"}
    assert "14:00" in listed.content.decode()
