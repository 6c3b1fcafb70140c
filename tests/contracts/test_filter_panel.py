"""The filter panel as a person without script fills it: every operator of every kind of field, in both languages (PLT-8, PLT-6)."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import translation

from core.access.models import Profile, User
from core.criteria.tree import N_DAYS, NO_VALUE
from core.criteria.words import OPERATORS, SENTENCES
from core.field.kinds import KINDS
from core.module.registry import module as find_module
from core.module.registry import modules
from core.stamps import bump
from tests import factories
from tests.contracts.rich import add_every_kind, value_for

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
LEADS = "/crm/leads/"


def typed(one: Any, op: str, users: list[User], record: int) -> list[str]:
    """What a person would type or choose."""
    kind = one.kind.key
    if op in NO_VALUE:
        return []
    if op in N_DAYS:
        return ["14"]
    if kind in {"date", "datetime"}:
        return ["2026-05-20", "2026-04-01"][: 2 if op == "between" else 1]
    if kind == "tags":
        return ["vip, 東京"]
    if kind == "yes_no":
        return ["1"]
    if kind == "link":
        return [str(record)]
    if kind == "multi_picklist":
        return list(one.options)[:2]
    if kind in {"handle", "email", "name", "text", "long_text", "postal", "phone", "url"} and op not in {"is", "is_not"}:
        return ["03"]
    if kind == "name":
        return ["田中"]
    found = [str(value_for(one, random.Random(n), users)) for n in (1, 2)]
    return found if op == "between" else found[:1]


def test_every_operator_of_every_kind_is_filled_in_shown_and_said_in_both_languages(
    ann: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-8: what the panel offers can be filled in without script; the chip says it; the open panel shows it as it was chosen."""
    add_every_kind("crm.lead")
    monkeypatch.setattr("core.module.indexed.MANY", 10**9)
    account = factories.make_account(ann, name="Shibuya Trading")
    module, client, met = find_module("crm.lead"), client_of(ann), set()
    for one in module.fields.values():
        if one.hidden or one.live or (one.kind.key == "text" and any(one.key in other.parts for other in module.fields.values())):
            continue
        for op in one.kind.operators:
            if (one.kind.key, op) in met:
                continue
            met.add((one.kind.key, op))
            values = typed(one, op, [ann], account.pk)
            moved = client.get(LEADS, {"view": "all", "rows": "1", "match": "all", "f0": one.key, "o0": op, "v0": values, "g0": "0"})
            asked = parse_qs(urlsplit(moved["Location"]).query)
            assert "filter" in asked and "draft" not in asked, (one.key, op, values, moved["Location"])
            for language in ("en", "ja"):
                ann.language = language
                ann.save()
                bump("users")
                page = client.get(f"{moved['Location']}&panel=filter")
                text = page.content.decode()
                assert page.context["asked"].problem == "", (one.key, op)
                chip = page.context["chips"][0]["text"]
                with translation.override(language):
                    assert chip.startswith(one.label) and str(OPERATORS[op]) in text
                assert f'<option value="{op}" selected>' in text
                row = page.context["panel"]["groups"][0][1][0]
                assert row.values == ([word.strip() for word in values[0].split(",")] if one.kind.key == "tags" and values else values)
                if one.kind.key == "link" and values:
                    assert "Shibuya Trading" in chip and 'value="Shibuya Trading"' in text
    # What stands on other modules alone: a chance in per cent, a reminder, a repeat.
    assert {kind for kind, _op in met} >= KINDS.keys() - {"running", "percent", "before", "repeat"}


@pytest.mark.parametrize("words", [OPERATORS, SENTENCES])
def test_a_japanese_reader_meets_no_english_operator(words: dict[str, Any]) -> None:
    """PLT-6, PLT-8: every operator and sentence is put into Japanese, and no two operators of a kind read alike."""
    with translation.override("ja"):
        said = {op: str(text) % {"field": "", "value": "", "first": "", "last": ""} for op, text in words.items()}
    assert [op for op, text in said.items() if re.search("[A-Za-z]", text)] == []
    for kind in KINDS.values():
        labels = [said[op] for op in kind.operators]
        assert len(labels) == len(set(labels)), (kind.key, labels)


def test_without_script_a_field_is_chosen_first_and_then_offers_what_fits(ann: User, client_of: ClientOf) -> None:
    """PLT-5, PLT-8: a row that is not complete stays, with the operators of its kind, the fitting input and a word what is missing."""
    client = client_of(ann)

    chosen = client.get(LEADS, {"view": "all", "rows": "1", "match": "all", "f0": "created_at", "g0": "0", "fit": "0"}, follow=True)
    row = chosen.context["panel"]["groups"][0][1][0]
    assert (row.op, row.shape, row.problem) == ("on", "date", "")
    offered = [op for op, _label in row.operators]
    assert offered == list(KINDS["datetime"].operators)

    between = {"view": "all", "rows": "1", "match": "all", "f0": "created_at", "o0": "between", "v0": ["2026-05-01"], "g0": "0"}
    half = client.get(LEADS, between, follow=True)
    row = half.context["panel"]["groups"][0][1][0]
    assert (row.op, row.values, row.problem) == ("between", ["2026-05-01"], "Give both.")
    assert "Give both." in half.content.decode() and half.context["chips"] == []

    wrong = {"view": "all", "rows": "1", "match": "all", "f0": "employees", "o0": "gt", "v0": ["many"], "g0": "0"}
    assert client.get(LEADS, wrong, follow=True).context["panel"]["groups"][0][1][0].problem == "This is no value of this field."


def test_saving_a_view_waits_for_an_unfinished_row(ann: User, client_of: ClientOf) -> None:
    """PLT-9: a condition somebody began is not left out of the view without a word."""
    asked = {"view": "all", "rows": "2", "f0": "company", "o0": "contains", "v0": "あ", "f1": "employees", "o1": "gt", "save": "1"}
    there = client_of(ann).get(LEADS, asked)["Location"]

    assert there.startswith(LEADS + "?") and "panel=filter" in there and "draft=" in there and "filter=" in there


def test_a_row_is_drawn_anew_when_its_field_changes(ann: User, client_of: ClientOf) -> None:
    """PLT-8: what the script fetches; what was typed for another field is gone, an operator that fits both stays."""
    asked = {"n": "3", "g3": "1", "f3": "email", "p3": "company", "o3": "starts", "v3": "Acme"}
    row = client_of(ann).get(f"{LEADS}rule", asked).context["row"]
    assert (row.n, row.group, row.name, row.op, row.values) == (3, 1, "email", "starts", [])

    same = client_of(ann).get(f"{LEADS}rule", asked | {"p3": "email"}).context["row"]
    assert same.values == ["Acme"]
    page = client_of(ann).get(f"{LEADS}rule", {"n": "0", "f0": "owner", "o0": "is"}).content.decode()
    assert f'<option value="{ann.pk}">' in page and "multiple" in page


def test_a_record_is_asked_for_by_its_name_and_one_unseen_is_not_there(ann: User, carol: User, client_of: ClientOf) -> None:
    """PLT-8, PLT-24: a typed name finds the record; what one may not see cannot be asked for by name."""
    from core.access.models import ModuleDefault

    ModuleDefault.objects.filter(module="crm.account").update(default="private")
    bump("access")
    mine, _hers = factories.make_account(ann, name="Mine Ltd"), factories.make_account(carol, name="Hers Ltd")
    client = client_of(ann)

    def ask(name: str) -> Any:
        return client.get(
            "/crm/contacts/", {"view": "all", "rows": "1", "f0": "account", "o0": "is", "v0": name, "v0__title": ""}, follow=True
        )

    assert ask("Mine Ltd").context["asked"].own_data == {"all": [{"field": "account", "op": "is", "value": str(mine.pk)}]}
    refused = ask("Hers Ltd")
    assert refused.context["asked"].own_data == {}
    assert refused.context["panel"]["groups"][0][1][0].problem == "There is no such record."


def test_fields_one_relation_far_are_offered_to_those_who_see_them(ann: User, client_of: ClientOf) -> None:
    """PLT-8, PLT-25: "Account › Industry"; a hidden field, or a module one does not see, is not offered."""
    industry = next(iter(find_module("crm.account").fields["industry"].options))
    good = factories.make_account(ann, name="Good", industry=industry)
    contact = factories.make_contact(ann, account=good.pk, family_name="遠")
    factories.make_contact(ann, account=factories.make_account(ann).pk)
    client = client_of(ann)

    page = client.get(
        "/crm/contacts/", {"view": "all", "rows": "1", "f0": "account.industry", "o0": "is", "v0": industry, "panel": "x"}, follow=True
    )
    assert [one.pk for one in page.context["page"].records] == [contact.pk]
    assert page.context["chips"][0]["text"].startswith("Account › Industry is ")
    opened = client.get(f"{page.request['PATH_INFO']}?{page.request['QUERY_STRING']}&panel=filter")
    names = {name for _heading, offered in opened.context["panel"]["fields"] for name, _label in offered}
    assert {"account.industry", "account.name", "reports_to.email"} <= names

    hidden = Profile.objects.create(name="P", rights=ann.profile.rights, fields={"crm.account": {"industry": "hidden"}})
    User.objects.filter(pk=ann.pk).update(profile=hidden)
    bump("users")
    bump("access")
    again = client_of(User.objects.get(pk=ann.pk)).get("/crm/contacts/?view=all&panel=filter")
    names = {name for _heading, offered in again.context["panel"]["fields"] for name, _label in offered}
    assert "account.industry" not in names and "account.name" in names


def test_groups_keep_their_meaning_however_deep(ann: User, client_of: ClientOf) -> None:
    """PLT-8: one level of groups is shown to be changed; what is deeper is kept as it is and said; all within all stays all."""
    company = {"field": "company", "op": "contains", "value": "a"}
    email, phone = {"field": "email", "op": "filled"}, {"field": "phone", "op": "filled"}
    trees = [
        ({"all": [company, {"any": [email, phone]}]}, {"all": [company, {"any": [email, phone]}]}),
        ({"any": [company, {"all": [email, phone]}]}, {"any": [company, {"all": [email, phone]}]}),
        ({"all": [company, {"all": [email, phone]}]}, {"all": [company, email, phone]}),
        ({"all": [{"any": [company, {"all": [email, phone]}]}, email]}, None),
    ]
    client = client_of(ann)
    for tree, meant in trees:
        page = client.get(LEADS, {"view": "all", "panel": "filter", "filter": json.dumps(tree)})
        form = {"rows": "1", "view": "all", "match": "any" if page.context["panel"]["any"] else "all"}
        for row in (row for _n, rows in page.context["panel"]["groups"] for row in rows if row.field or row.kept):
            form |= {f"f{row.n}": row.name, f"o{row.n}": row.op, f"v{row.n}": row.first, f"g{row.n}": str(row.group), f"k{row.n}": row.kept}
        query = parse_qs(urlsplit(client.get(LEADS, form)["Location"]).query)
        assert json.loads(query["filter"][0]) == (meant or tree)
    said = client.get(LEADS, {"view": "all", "filter": json.dumps(trees[0][0])}).context["chips"]
    assert [chip["text"] for chip in said] == ["Company contains a", "E-mail is not empty or Phone is not empty"]


@pytest.mark.parametrize("key", [one.key for one in modules()])
def test_the_panel_of_every_module_opens(key: str, admin: User, client_of: ClientOf) -> None:
    """PLT-8: each offers every field that can be asked about, and no field twice."""
    module = find_module(key)
    page = client_of(admin).get(f"{module.url()}?view=all&panel=filter")
    offered = [name for heading, pairs in page.context["panel"]["fields"] for name, _label in pairs if not heading]
    asked = {one.key for one in module.fields.values() if not one.hidden and not one.live and one.kind.operators}
    parts = {part for one in module.fields.values() for part in one.parts if module.fields[part].kind.key == "text"}
    assert sorted(offered) == sorted(asked - parts)


def test_the_conditions_of_a_saved_view_are_changed_in_the_panel(ann: User, client_of: ClientOf) -> None:
    """PLT-9: one's own view opens with its conditions to be changed or taken away, and is saved under its name again."""
    from core.module.models import SavedView

    old = {"all": [{"field": "company", "op": "contains", "value": "商事"}, {"field": "email", "op": "filled"}]}
    kept = {"columns": ["name", "email"], "order": "-email"}
    view = SavedView.objects.create(module="crm.lead", name="Mine alone", owner=ann, criteria=old, **kept)
    bump("views")
    client = client_of(ann)
    page = client.get(f"{LEADS}views/{view.pk}?view=v{view.pk}")
    opened = client.get(page.context["conditions"])
    rows = [row for _n, members in opened.context["panel"]["groups"] for row in members if row.field]
    assert [row.name for row in rows] == ["company", "email"] and "Save as “Mine alone”" in opened.content.decode()

    form = dict(opened.context["panel"]["kept"]) | {"rows": "2", "f0": "company", "o0": "contains", "v0": "物産", "save": "1"}
    there = client.get(LEADS, form)["Location"]
    assert there.startswith(f"{LEADS}views/{view.pk}?")
    assert "物産" in client.get(there).content.decode()
    assert client.post(there, {"name": "Mine alone", "shared": "me"}).status_code == 302

    view.refresh_from_db()
    assert view.criteria == {"all": [{"field": "company", "op": "contains", "value": "物産"}]}
    assert (view.columns, view.order) == (["name", "email"], "-email")


@pytest.mark.parametrize("draft", ['[[1e999,"company","is",[]]]', '{"0":[]}', "[" * 3000, '[["x"]]', "[1]"])
def test_a_draft_written_by_hand_is_no_fault(draft: str, ann: Any, client_of: Any) -> None:
    """PLT-8: an address that no panel made shows the panel without conditions."""
    assert client_of(ann).get(LEADS, {"panel": "filter", "draft": draft}).status_code == 200
