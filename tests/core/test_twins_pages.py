"""PLT-16 as people meet it: while typing, before saving, at import, on the duplicates page, merging and undoing."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile

from core.access.models import ModuleDefault
from core.actor import Actor
from core.identity.grouping import regroup_stale
from core.module.registry import module
from core.record import importing, importing_wishes, write
from core.stamps import bump
from core.web.transfer_preview import preview
from crm.models import Lead
from tests import factories

pytestmark = pytest.mark.django_db
LEADS = "/crm/leads/"


def private() -> None:
    ModuleDefault.objects.update(default="private")
    bump("access")


def ids_of(*records: Any) -> str:
    return ".".join(str(one.pk) for one in records)


def test_a_likely_twin_is_shown_while_typing(ann: Any, client_of: Any) -> None:
    """PLT-16: the part of the form answers to what was typed so far, with the reason; nothing is stored."""
    held = factories.make_lead(ann, family_name="渡辺", given_name="健", phone="090-1234-5678")

    page = client_of(ann).post(f"{LEADS}twins", {"phone": "０９０ １２３４ ５６７８", "email": "half@"}).content.decode()

    assert f'href="/crm/leads/{held.pk}/"' in page and "same telephone: 090-1234-5678" in page
    assert Lead.objects.count() == 1


def test_half_a_name_is_not_another_name(ann: Any, client_of: Any) -> None:
    """PLT-16: while the given name is still to be typed, a telephone that somebody shares by the family name is shown."""
    held = factories.make_lead(ann, family_name="渡辺", given_name="健", phone="090-1234-5678")
    typed = {"phone": "090-1234-5678", "family_name": "渡邊"}

    half = client_of(ann).post(f"{LEADS}twins", typed).content.decode()
    other = client_of(ann).post(f"{LEADS}twins", {**typed, "given_name": "花子"}).content.decode()

    assert f"/crm/leads/{held.pk}/" in half and f"/crm/leads/{held.pk}/" not in other


def test_a_twin_in_another_module_is_shown_too(ann: Any, client_of: Any) -> None:
    """PLT-16: one person is one person over leads and contacts; a contact's company is its account."""
    sky = factories.make_account(ann, name="Sky Ltd.")
    held = factories.make_contact(ann, family_name="Mori", given_name="Aki", account=sky.pk)

    page = client_of(ann).post(f"{LEADS}twins", {"family_name": "Aki", "given_name": "Mori", "company": "SKY"}).content.decode()

    assert f'href="/crm/contacts/{held.pk}/"' in page and "same name and company" in page


def test_saving_a_twin_asks_once_and_then_obeys(ann: Any, client_of: Any) -> None:
    """PLT-16: without scripts the question comes on saving; "save all the same" saves."""
    held = factories.make_lead(ann, email="ken@example.com")
    typed = {"family_name": "Watanabe", "email": "KEN@example.com"}

    asked = client_of(ann).post(f"{LEADS}new", typed)

    assert asked.status_code == 409 and Lead.objects.count() == 1
    page = asked.content.decode()
    assert "Save all the same" in page and "Watanabe" in page and f"crm.lead:{held.pk}" in page
    saved = client_of(ann).post(f"{LEADS}new", {**typed, "twins-seen": f"crm.lead:{held.pk}"})
    assert saved.status_code == 302 and Lead.objects.count() == 2


def test_an_edit_asks_only_for_what_is_new(ann: Any, client_of: Any) -> None:
    """PLT-16: who has a known twin is not asked about it at every change; a new address is."""
    factories.make_lead(ann, email="ken@example.com")
    mine = factories.make_lead(ann, email="ken@example.com")

    calm = client_of(ann).post(f"{LEADS}{mine.pk}/edit", {"city": "Osaka", "version": mine.version})
    factories.make_lead(ann, email="other@example.com")
    asked = client_of(ann).post(f"{LEADS}{mine.pk}/edit", {"email": "other@example.com", "version": mine.version + 1})

    assert (calm.status_code, asked.status_code) == (302, 409)
    assert Lead.objects.get(pk=mine.pk).email == "ken@example.com"


def test_a_twin_one_may_not_see_is_not_hinted_at(ann: Any, carol: Any, client_of: Any) -> None:
    """PLT-24: not while typing, not on saving, not on the duplicates page, not in a merge, not by an old address."""
    private()
    hers = [factories.make_lead(ann, email="ken@example.com") for _n in range(2)]
    regroup_stale()
    typed = {"family_name": "Ken", "email": "ken@example.com"}

    page = client_of(carol).post(f"{LEADS}twins", typed).content.decode()
    saved = client_of(carol).post(f"{LEADS}new", typed)
    regroup_stale()
    listed = client_of(carol).get(f"{LEADS}duplicates").content.decode()

    assert "may be here" not in page and saved.status_code == 302
    assert "No two records that you may see look like one." in listed
    assert str(hers[0].title) not in listed and "next" not in listed.partition("pager")[2]


def test_a_hidden_field_gives_no_reason(ann: Any, client_of: Any) -> None:
    """PLT-24, PLT-25: who may not see e-mail addresses is not told that two are the same."""
    factories.make_lead(ann, email="ken@example.com")
    profile = ann.profile
    profile.fields = {"crm.lead": {"email": "hidden"}}
    profile.save()
    bump("access")

    page = client_of(ann).post(f"{LEADS}twins", {"family_name": "Ken", "email2": "ken@example.com"}).content.decode()

    assert "ken@example.com" not in page and "may be here" not in page


def test_the_duplicates_page_shows_groups_and_remembers_a_no(ann: Any, client_of: Any) -> None:
    """PLT-16: the surest first, with reasons; "not the same" is remembered, and other pairs stay."""
    sure = [factories.make_lead(ann, family_name="Sure", email="a@example.com", company="Blue") for _n in range(2)]
    [factories.make_lead(ann, family_name="Perhaps", given_name="Aki", company="Sky") for _n in range(2)]
    regroup_stale()

    page = client_of(ann).get(f"{LEADS}duplicates").content.decode()
    assert page.index("Sure") < page.index("Perhaps") and "same e-mail address: a@example.com" in page

    client_of(ann).post(f"{LEADS}duplicates", {"apart": ids_of(*sure)})
    write.update(sure[0], actor=Actor(ann), city="Osaka", email2="b@example.com")
    regroup_stale()
    page = client_of(ann).get(f"{LEADS}duplicates").content.decode()
    assert "Sure" not in page and "Perhaps" in page


def test_the_duplicates_page_goes_on_by_key(ann: Any, client_of: Any) -> None:
    """PLT-16: every group stands on one page and on one only."""
    for number in range(25):
        for _n in range(2):
            factories.make_lead(ann, family_name=f"Pair{number:02}", email=f"p{number}@example.com", company="")
    regroup_stale()

    first = client_of(ann).get(f"{LEADS}duplicates").content.decode()
    address = first.partition('href="?after=')[2].partition('"')[0]
    second = client_of(ann).get(f"{LEADS}duplicates?after={address}").content.decode()

    seen = [[n for n in range(25) if f">Pair{n:02}</a>" in page] for page in (first, second)]
    assert sorted(seen[0] + seen[1]) == list(range(25)) and len(seen[0]) == 20


def test_two_records_are_merged_on_a_page_and_the_old_address_leads_on(ann: Any, admin: Any, client_of: Any) -> None:
    """PLT-16: side by side, one click; links to the other record lead to the one that stays, and so does its edit page."""
    one = factories.make_lead(ann, family_name="Watanabe", email="ken@example.com")
    two = factories.make_lead(ann, family_name="Watanabe", phone="090-1234-5678", city="Kobe")
    client, address = client_of(admin), f"{LEADS}merge?pk={ids_of(one, two)}"
    page = client.get(address).content.decode()
    assert "090-1234-5678" in page and "ken@example.com" in page

    sent = {"keep": one.pk, f"version-{one.pk}": 1, f"version-{two.pk}": 1, "from-phone": two.pk, "from-address": two.pk, "once": "x"}
    answers = [client.post(address, sent) for _n in range(2)]

    assert [answer.url for answer in answers] == [f"{LEADS}{one.pk}/"] * 2
    kept = Lead.objects.get(pk=one.pk)
    assert (kept.phone, kept.city, kept.email) == ("090-1234-5678", "Kobe", "ken@example.com")
    assert client.get(f"{LEADS}{two.pk}/").url == f"{LEADS}{one.pk}/"
    assert client.get(f"{LEADS}{two.pk}/edit").url == f"{LEADS}{one.pk}/edit"
    assert client_of(ann).get(f"{LEADS}{two.pk}/").url == f"{LEADS}{one.pk}/"


def test_an_old_address_tells_nothing_to_who_may_not_see_the_winner(ann: Any, carol: Any, admin: Any, client_of: Any) -> None:
    """PLT-24: the address of a merged record is a 404 for those who may not see what it became."""
    private()
    one, two = factories.make_lead(ann), factories.make_lead(ann)
    client_of(admin).post(f"{LEADS}merge?pk={ids_of(one, two)}", {"keep": one.pk, f"version-{one.pk}": 1, f"version-{two.pk}": 1})
    assert Lead.objects.get(pk=two.pk).deleted_at is not None

    assert client_of(carol).get(f"{LEADS}{two.pk}/").status_code == 404


def test_a_record_changed_since_the_page_was_shown_is_asked_for_again(ann: Any, admin: Any, client_of: Any) -> None:
    """PLT-16: the page comes back with the new value, says whose record it is, and keeps what was chosen."""
    one, two = factories.make_lead(ann, family_name="One"), factories.make_lead(ann, family_name="Two", city="Kobe")
    write.update(one, actor=Actor(ann), city="Osaka")

    sent = {"keep": two.pk, f"version-{one.pk}": 1, f"version-{two.pk}": 1, "from-name": one.pk}
    answer = client_of(admin).post(f"{LEADS}merge?pk={ids_of(one, two)}", sent)

    page = answer.content.decode()
    assert answer.status_code == 409 and "Osaka" in page and "changed this meanwhile: One" in page
    assert f'name="keep" value="{two.pk}" aria-describedby="keep" checked' in page
    assert f'name="from-name" value="{one.pk}" checked' in page
    assert Lead.objects.filter(deleted_at=None).count() == 2


def merged(client: Any, one: Lead, two: Lead) -> None:
    """`two` becomes part of `one`."""
    client.post(f"{LEADS}merge?pk={ids_of(one, two)}", {"keep": one.pk, f"version-{one.pk}": 1, f"version-{two.pk}": 1})
    assert Lead.objects.get(pk=two.pk).deleted_at is not None


def test_what_was_typed_into_a_merged_record_is_not_lost(ann: Any, admin: Any, client_of: Any) -> None:
    """PLT-16: a merge while someone edits one of the records: the page names it and leads to the one that stays, with what
    they typed; a field they left alone is the latter's."""
    one, two = factories.make_lead(ann, city="Kobe", department="Sales"), factories.make_lead(ann, department="Old")
    merged(client_of(admin), one, two)

    answer = client_of(ann).post(f"{LEADS}{two.pk}/edit", {"city": "Sapporo", "department": "Old", "version": "1"})

    page = answer.content.decode()
    assert answer.status_code == 409 and f"this record was merged into {one.title}" in page and f'<a href="{LEADS}{one.pk}/">' in page
    assert "Sapporo" in page and "Kobe" in page and f'action="{LEADS}{one.pk}/edit"' in page
    assert 'name="take-department"' not in page and 'value="Sales"' in page and 'value="Old"' not in page
    version = Lead.objects.get(pk=one.pk).version
    client_of(ann).post(f"{LEADS}{one.pk}/edit", {"city": "Sapporo", "version": version, "take-city": "mine"})
    assert Lead.objects.get(pk=one.pk).city == "Sapporo"


def test_a_field_of_a_merged_record_is_asked_for_on_the_one_that_stays(ann: Any, admin: Any, carol: Any, client_of: Any) -> None:
    """PLT-10, PLT-16: edited in its place, too; who may not change the one that stays is told nothing."""
    one, two = factories.make_lead(ann, department="Sales"), factories.make_lead(ann)
    merged(client_of(admin), one, two)

    answer = client_of(ann).post(f"{LEADS}{two.pk}/field/department", {"department": "Tea", "version": "1"})

    page = answer.content.decode()
    assert answer.status_code == 409 and f"merged into {one.title}" in page and f'action="{LEADS}{one.pk}/field/department"' in page
    assert "Tea" in page and "Sales" in page and Lead.objects.get(pk=one.pk).department == "Sales"
    ModuleDefault.objects.filter(module="crm.lead").update(default="private")
    bump("access")
    assert client_of(carol).post(f"{LEADS}{two.pk}/field/department", {"department": "Tea", "version": "1"}).status_code == 404


def test_an_edit_of_the_one_that_stays_hears_of_the_merge(ann: Any, admin: Any, client_of: Any) -> None:
    """PLT-11, PLT-16: whoever had the winner open is asked about the fields the merge wrote, and about no other."""
    one, two = factories.make_lead(ann), factories.make_lead(ann, department="Sales")
    sent = {"keep": one.pk, f"version-{one.pk}": 1, f"version-{two.pk}": 1, "from-department": two.pk}
    client_of(admin).post(f"{LEADS}merge?pk={ids_of(one, two)}", sent)

    answer = client_of(ann).post(f"{LEADS}{one.pk}/edit", {"department": "Tea", "job_title": "Chief", "version": "1"})

    page = answer.content.decode()
    assert answer.status_code == 409 and "Admin changed the same fields" in page
    assert 'name="take-department"' in page and 'name="take-job_title"' not in page and 'value="Chief"' in page


def test_an_address_typed_in_its_place_is_asked_about(ann: Any, client_of: Any) -> None:
    """PLT-10, PLT-16: the edit of one field is a door like the form: a known address is asked about once, then obeyed."""
    known = factories.make_lead(ann, family_name="Mori", email="mori@example.com")
    write.update(known, actor=Actor(ann), email="new@example.com")
    other = factories.make_lead(ann, family_name="Sato")
    client, at = client_of(ann), f"{LEADS}{other.pk}/field/email"

    asked = client.post(at, {"email": "mori@example.com", "version": "1"})

    page = asked.content.decode()
    assert asked.status_code == 409 and "had the same e-mail address: mori@example.com" in page and f"{LEADS}{known.pk}/" in page
    assert Lead.objects.get(pk=other.pk).email == ""
    client.post(at, {"email": "mori@example.com", "version": "1", "twins-seen": f"crm.lead:{known.pk}"})
    assert Lead.objects.get(pk=other.pk).email == "mori@example.com"


def test_a_merge_is_undone_on_a_page_that_says_what_stands_in_the_way(ann: Any, admin: Any, client_of: Any) -> None:
    """PLT-16: the record page leads to the undo; it names the later change that it would run over, and those that stay."""
    one, two = factories.make_lead(ann), factories.make_lead(ann, city="Kobe")
    client, sent = client_of(admin), {"keep": one.pk, f"version-{one.pk}": 1, f"version-{two.pk}": 1, "from-address": two.pk}
    client.post(f"{LEADS}merge?pk={ids_of(one, two)}", sent)
    assert f"{LEADS}{one.pk}/unmerge" in client.get(f"{LEADS}{one.pk}/").content.decode()
    write.update(Lead.objects.get(pk=one.pk), actor=Actor(ann), department="Sales")
    assert "What was changed since the merge stays as it is: Department." in client.get(f"{LEADS}{one.pk}/unmerge").content.decode()
    write.update(Lead.objects.get(pk=one.pk), actor=Actor(ann), city="Osaka")

    refused = client.post(f"{LEADS}{one.pk}/unmerge")

    page = refused.content.decode()
    assert refused.status_code == 409 and "City was changed by Ann" in page and "Department was changed" not in page
    assert Lead.objects.get(pk=two.pk).deleted_at is not None


def test_an_undo_brings_the_others_back(ann: Any, admin: Any, client_of: Any) -> None:
    """PLT-16: one click on the undo page, and the old address is the record's own again."""
    one, two = factories.make_lead(ann), factories.make_lead(ann)
    client = client_of(admin)
    client.post(f"{LEADS}merge?pk={ids_of(one, two)}", {"keep": one.pk, f"version-{one.pk}": 1, f"version-{two.pk}": 1})

    client.post(f"{LEADS}{one.pk}/unmerge")

    assert client.get(f"{LEADS}{two.pk}/").status_code == 200
    assert client.get(f"{LEADS}{one.pk}/unmerge").status_code == 404


def test_the_bin_does_not_tear_a_merge_apart(ann: Any, admin: Any, client_of: Any) -> None:
    """PLT-15, PLT-16: restoring a merged record from the bin is undoing the merge."""
    one, two = factories.make_lead(ann), factories.make_lead(ann)
    client = client_of(admin)
    client.post(f"{LEADS}merge?pk={ids_of(one, two)}", {"keep": one.pk, f"version-{one.pk}": 1, f"version-{two.pk}": 1})
    act = Lead.objects.get(pk=two.pk).deleted_with

    answer = client.post("/bin/restore", {"act": str(act)})

    assert answer.url == f"{LEADS}{one.pk}/unmerge" and Lead.objects.get(pk=two.pk).deleted_at is not None


def test_the_list_and_the_record_lead_to_a_merge(ann: Any, admin: Any, client_of: Any) -> None:
    """PLT-8, PLT-16: ticked records are merged by a bulk action; a record's page finds its twin."""
    one, two = factories.make_lead(ann, email="a@example.com"), factories.make_lead(ann, email="a@example.com")
    client = client_of(admin)

    bulk = client.post(f"{LEADS}bulk", {"do": "merge", "pk": [one.pk, two.pk]})
    which = client.get(f"{LEADS}merge?pk={one.pk}").content.decode()

    assert bulk.url == f"{LEADS}merge?pk={ids_of(one, two)}"
    assert f"merge?pk={ids_of(one, two)}" in which and "very likely the same" in which
    assert "Merge with another record" in client_of(ann).get(f"{LEADS}{one.pk}/").content.decode()


def imported(user: Any, text: str) -> Any:
    row = importing.receive(ContentFile(text.encode(), "people.csv"), user, module("crm.lead"))
    with importing.opened(row) as table:
        wishes = importing_wishes.start(user, module("crm.lead"), table)
        return preview(user, module("crm.lead"), table, wishes, row.rows)


def test_an_import_knows_who_had_an_address_once(ann: Any) -> None:
    """PLT-16: a row with an address given up since means its former holder."""
    held = factories.make_lead(ann, email="old@example.com", family_name="Mori")
    write.update(held, actor=Actor(ann), email="new@example.com")

    shown = imported(ann, "Family name,E-mail,City\nMori,old@example.com,Kobe\nHara,else@example.com,Kobe\n")

    assert (shown.figures["updated"], shown.figures["added"]) == (1, 1)


def test_an_import_says_who_looks_like_somebody_here(ann: Any, carol: Any) -> None:
    """PLT-16, PLT-24: a row that is added although its name and company are here already says so, to those who may see it."""
    private()
    factories.make_lead(ann, family_name="渡辺", given_name="健", company="株式会社青空")
    text = "姓,名,会社\n渡邊,健,㈱青空\n"

    hers, others = imported(ann, text), imported(carol, text)

    assert "looks like the same" in hers.lines[0]["problems"][0]
    assert hers.figures["added"] == 1 and others.lines[0]["problems"] == []
