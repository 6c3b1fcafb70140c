"""Importing: what becomes of rows, on both sides of every right (PLT-13, CRM-1)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.access.models import Profile, SharingRule, User
from core.actor import Actor
from core.event.models import Event
from core.field.models import Choice, CustomField
from core.identity.models import IdentityKey
from core.module.registry import module
from core.record import importing, importing_ahead, importing_undo, write
from core.record.importing_rejects import rejects
from core.record.importing_wishes import start
from core.record.importing_words import sentence
from core.record.reading import UnreadableFile
from core.record.transfer_models import ImportRun, RowNote
from core.record.writing import write_xlsx
from core.search.query import find
from core.stamps import bump
from core.work import jobs
from core.work.models import Job
from crm.models import Account, Contact, Deal, Lead
from tests import factories

from .transfer_cast import *  # noqa: F403

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_broker")]
HERE = Path(__file__).parents[1] / "data"
Bring = Callable[..., ImportRun]


def csv_file(rows: list[list[str]], name: str = "people.csv") -> SimpleUploadedFile:
    page = io.StringIO()
    csv.writer(page).writerows(rows)
    return SimpleUploadedFile(name, page.getvalue().encode())


@pytest.fixture
def bring() -> Bring:
    """Upload a file as somebody and run its import to the end."""

    def go(user: User, file: Any, key: str = "crm.lead", **wishes: Any) -> ImportRun:
        if isinstance(file, list):
            file = csv_file(file)
        row = importing.receive(file, user, module(key))
        with importing.opened(row) as table:
            wished = start(user, module(key), table)
        for name, value in wishes.items():
            setattr(wished, name, value)
        row.wishes = wished.plain()
        row.job = jobs.enqueue("core.import", args={"import": row.pk}, user=user, total=row.rows)
        row.save()
        jobs.drain()
        row.refresh_from_db()
        return row

    return go


def figures(row: ImportRun) -> dict[str, int]:
    assert row.job is not None
    assert row.job.state == "done", (row.job.state, row.job.last_error)
    return {name: number for name, number in row.job.result.items() if number}


def said(row: ImportRun) -> list[tuple[int | None, str]]:
    notes = RowNote.objects.filter(job=row.job).order_by("line", "pk")
    return [(note.line, sentence(note.code, note.values, module(row.module))) for note in notes]


def test_each_column_finds_its_field_and_each_row_its_record(ann: User, bring: Bring) -> None:
    """PLT-13, CRM-1"""
    row = bring(
        ann,
        [
            ["姓", "名", "会社名", "メール", "電話番号", "見込み客のデータ元", "ステータス", "Twitter", "従業員数"],
            ["佐藤", "花子", "㈱みなと", "hanako@example.jp", "０３−１２３４−５６７８", "展示会", "連絡済み", "@hanako", "1,200人"],
            ["Smith", "Anna", "Example", "Anna@Example.com", "+81 3 2222 3333", "fair", "Contacted", "", "12"],
        ],
    )

    assert figures(row) == {"added": 2, "remarks": 1}
    lead = Lead.objects.get(email="hanako@example.jp")
    assert (lead.family_name, lead.given_name, lead.company, lead.phone, lead.phone_key) == (
        "佐藤",
        "花子",
        "㈱みなと",
        "03-1234-5678",
        "+81312345678",
    )
    assert (lead.source, lead.status, lead.x_handle, lead.employees, lead.owner) == ("fair", "contacted", "hanako", None, ann)
    assert Lead.objects.get(family_name="Smith").email == "anna@example.com"
    assert said(row) == [(2, "Employees: this is not a number. It was left out.")]
    assert [hit.record_id for hit in find("crm.lead", "佐藤")] == [lead.pk]
    event = Event.objects.get(record_id=lead.pk, module="crm.lead")
    assert (event.kind, event.way, event.job, event.actor) == ("created", "import", row.job_id, ann)


@pytest.mark.parametrize("name", ["leads-utf8.csv", "leads-cp932.csv", "leads-utf16.tsv"])
def test_the_same_messy_list_gives_the_same_result_in_every_encoding(name: str, ann: User, bring: Bring) -> None:
    """PLT-13: rows without a name come back, bad addresses cost the address, twins are joined."""
    truth = json.loads((HERE / "leads.json").read_text())

    row = bring(ann, SimpleUploadedFile(name, (HERE / name).read_bytes()))

    got = figures(row)
    assert got["failed"] == truth["no_name"]
    notes = RowNote.objects.filter(job=row.job)
    assert notes.filter(code="bad_email").count() == truth["bad_email"]
    twins = truth["duplicate_email"] + truth["same_number_and_name"]
    assert notes.filter(code__startswith="joined").count() == twins
    assert got["added"] == truth["rows"] - truth["no_name"] - twins
    assert Lead.objects.filter(description__startswith="=HYPERLINK").exists()
    assert Lead.objects.count() == got["added"]


def test_a_nameless_row_comes_back_with_line_and_reason_and_stops_no_other(ann: User, bring: Bring) -> None:
    """PLT-13"""
    row = bring(ann, [["姓", "メール"], ["佐藤", "a@example.jp"], ["", "b@example.jp"], ["鈴木", "c@example.jp"]])

    assert figures(row) == {"added": 2, "failed": 1}
    assert said(row) == [(3, "A lead needs a name.")]
    back = b"".join(rejects(row, module("crm.lead"), "failed")).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(back))) == [
        ["姓", "メール", "Line in the file", "What was wrong"],
        ["", "b@example.jp", "3", "A lead needs a name."],
    ]


def test_the_rows_that_came_back_can_be_mended_and_imported(ann: User, bring: Bring) -> None:
    """PLT-13: the returned file has the original columns and maps as the first one did."""
    first = bring(ann, [["姓", "メール", "備考"], ["", "b@example.jp", "=1+1"]])
    back = b"".join(rejects(first, module("crm.lead"), "failed")).decode("utf-8-sig").replace("\r\n,b@", "\r\n森,b@")

    second = bring(ann, SimpleUploadedFile("again.csv", back.encode()))

    assert figures(second) == {"added": 1}
    lead = Lead.objects.get()
    assert (lead.family_name, lead.email, lead.description) == ("森", "b@example.jp", "=1+1")


def test_a_full_name_is_split_and_said_when_it_is_unclear(ann: User, bring: Bring) -> None:
    row = bring(ann, [["氏名", "会社名"], ["佐藤 花子 様", "A"], ["山本山太郎", "B"], ["Anna Smith", "C"]])

    assert figures(row) == {"added": 3, "remarks": 1}
    names = sorted(Lead.objects.values_list("family_name", "given_name"))
    assert names == [("Smith", "Anna"), ("佐藤", "花子"), ("山本山太郎", "")]
    assert said(row) == [(3, "Family name: it is unclear which part is the family name. All of it was put there.")]


PEOPLE = [["姓", "名", "メール", "役職"], ["佐藤", "花子", "a@example.jp", "部長"], ["鈴木", "一郎", "b@example.jp", "課長"]]


@pytest.mark.parametrize(
    ("mode", "expected", "title", "count"),
    [
        ("both", {"added": 1, "updated": 1}, "部長", 2),
        ("skip", {"added": 1, "skipped": 1}, "係長", 2),
        ("update", {"skipped": 1, "updated": 1}, "部長", 1),
        ("clone", {"added": 2}, "係長", 3),
    ],
)
def test_a_row_that_is_here_already_is_treated_as_asked(
    mode: str, expected: dict[str, int], title: str, count: int, ann: User, lead: Any, bring: Bring
) -> None:
    """PLT-13: add, update, both; skip, update or clone."""
    old = lead(ann, "佐藤", "花子", email="A@example.jp", job_title="係長", company="みなと")

    row = bring(ann, PEOPLE, mode=mode)

    assert figures(row) == expected
    old.refresh_from_db()
    assert (old.job_title, old.company) == (title, "みなと")
    assert Lead.objects.count() == count


def test_twins_in_the_file_are_found_by_address_and_phone_in_any_form(ann: User, bring: Bring) -> None:
    """PLT-13, PLT-16"""
    rows = [
        ["姓", "メール", "電話番号", "役職"],
        ["佐藤", "a@example.jp", "", ""],
        ["佐藤", "A@EXAMPLE.JP", "", "部長"],
        ["鈴木", "", "03-1234-5678", ""],
        ["鈴木", "", "+81 3 1234 5678", "課長"],
    ]
    row = bring(ann, rows)
    skipped = bring(ann, [[*one] for one in rows], mode="skip")

    assert figures(row) == {"added": 2, "updated": 2, "remarks": 2}
    assert sorted(Lead.objects.values_list("family_name", "job_title")) == [("佐藤", "部長"), ("鈴木", "課長")]
    assert said(row)[0] == (3, "Line 2 is about the same; both became one record.")
    assert figures(skipped) == {"skipped": 4}


def test_colleagues_who_share_a_telephone_or_a_desk_address_stay_two(ann: User, bring: Bring) -> None:
    """PLT-16: info@ and a switchboard do not make two people one."""
    row = bring(
        ann,
        [
            ["姓", "メール", "電話番号"],
            ["佐藤", "sato@example.jp", "03-1234-5678"],
            ["鈴木", "suzuki@example.jp", "03-1234-5678"],
            ["森", "info@example.jp", "03-9999-1111"],
            ["林", "info@example.jp", "03-9999-2222"],
        ],
    )

    assert figures(row) == {"added": 4}


@pytest.mark.parametrize("between", [0, 30])
def test_of_many_in_one_file_who_share_a_telephone_each_is_known_again(ann: User, bring: Bring, between: int) -> None:
    """PLT-13, PLT-16: a third line with the name of the second is about the second, however many stand before it."""
    others = [[f"部屋{n}", f"名{n}", "03-1234-5678", ""] for n in range(between)]
    rows = [["姓", "名", "電話番号", "役職"], ["佐藤", "一郎", "03-1234-5678", ""], *others, ["鈴木", "二郎", "03-1234-5678", ""]]

    row = bring(ann, [*rows, ["鈴木", "二郎", "03-1234-5678", "課長"], ["鈴木", "二郎", "03-1234-5678", "部長"]], keys=["phone"])

    assert figures(row) == {"added": 2 + between, "updated": 2, "remarks": 2}
    assert list(Lead.objects.filter(family_name="鈴木").values_list("given_name", "job_title")) == [("二郎", "部長")]
    assert said(row)[0][1] == f"Line {3 + between} is about the same; both became one record."


def test_twenty_at_one_company_are_twenty_people(ann: User, bring: Bring) -> None:
    """PLT-16, PLT-13: without addresses, one number of the house, names that begin alike: none is joined to another, none is
    told to be somebody who is here; the one who comes once more is."""
    families = "山田 佐藤 鈴木 高橋 田中 伊藤 渡辺".split()
    people = [[families[n % 7], f"名{n}", f"株式会社{n % 3}", f"03-3000-000{n % 3}"] for n in range(60)]

    row = bring(ann, [["姓", "名", "会社", "電話番号"], *people])
    again = bring(ann, [["姓", "名", "会社", "電話番号"], ["渡邊", "名6", "（株）0", ""]])

    assert figures(row) == {"added": 60}
    assert figures(again) == {"added": 1, "remarks": 1} and "渡辺 名6" in said(again)[0][1]


def test_people_of_one_reading_at_one_company_are_each_known_again(ann: User, bring: Bring) -> None:
    """PLT-13, PLT-16: two whose names are read alike are two, and both are here when their file comes once more."""
    rows = [["姓", "名", "姓（フリガナ）", "名（フリガナ）", "会社"]]
    rows += [["佐藤", given, "サトウ", "タロウ", "株式会社あおば"] for given in ("太郎", "太朗")]

    bring(ann, rows, keys=["name"])
    again = bring(ann, rows, keys=["name"])

    assert Lead.objects.count() == 2
    assert figures(again) == {"same": 2}


def test_those_who_share_a_number_and_have_nothing_else_are_known_again(
    ann: User, carol: User, lead: Any, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-13, PLT-16: one hotline of many people without a company or an address; the file comes twice, in small steps."""
    monkeypatch.setattr(importing, "CHUNK", 10)
    lead(carol, "姓7", "名7", phone="03-3234-5678")  # nobody ann may see
    rows = [["姓", "名", "電話番号"], *([f"姓{n}", f"名{n}", "03-3234-5678"] for n in range(35))]

    first = bring(ann, rows, keys=["phone"])
    again = bring(ann, [*rows, ["別", "人", "03-3234-5678"]], keys=["phone"])

    assert figures(first)["added"] == 35
    assert figures(again)["same"] == 35 and figures(again)["added"] == 1


def test_a_short_number_knows_its_people_again(ann: User, bring: Bring) -> None:
    """PLT-13, PLT-16: a number of the house telephone is no key of anybody, but with the name beside it, it says who is meant."""
    rows = [["姓", "名", "電話番号", "部署"], ["佐藤", "太郎", "1234", ""], ["鈴木", "花子", "1234", ""], ["森", "一", "110", ""]]

    bring(ann, rows, keys=["phone"])
    again = bring(ann, [*rows, ["林", "二", "1234", ""]], keys=["phone"])

    assert figures(again) == {"same": 3, "added": 1}


@pytest.mark.postgres
def test_lines_that_are_read_ahead_become_what_they_would_have_become(
    ann: User, bob: User, lead: Any, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-13: on PostgreSQL a thread reads the next lines while these are written: same records, same words, no connection."""
    rows = [["姓", "名", "メール", "電話番号", "年商", "ステータス"]]
    for n in range(100):
        mail = ("broken", f"p{n}@example.jp", f"P{n - 3}@example.jp")[n % 3]
        name, phone = ([f"姓{n}", f"名{n}"], f"03-3000-{n % 40:04}") if n % 11 else (["", ""], f"03-9999-{n:04}")
        rows.append([*name, mail, phone, "many" if n % 7 == 0 else str(n), "未対応"])
    read = importing_ahead._following
    ahead: list[bool] = []
    monkeypatch.setattr(importing_ahead, "_following", lambda *given: (part := read(*given), ahead.append(bool(part.rows)))[0])

    def brought(size: int) -> tuple[dict[str, int], list[Any], list[Any]]:
        Lead.objects.all().delete()
        lead(ann, "佐藤", email="p52@example.jp")  # keeps her owner
        monkeypatch.setattr(importing, "CHUNK", size)
        row = bring(bob, [[*one] for one in rows])
        held = Lead.objects.order_by("pk").values_list(
            "family_name", "email", "phone_key", "annual_revenue", "status", "owner_id", "sort_name"
        )
        keys = IdentityKey.objects.filter(record_id__in=Lead.objects.values("pk")).order_by("record_id", "kind", "value")
        return figures(row), said(row), [*held, *keys.values_list("kind", "value", "who"), find("crm.lead", "姓57", 9)[0].title]

    whole, parted = brought(1000), brought(9)

    assert [whole[0], whole[2]] == [parted[0], parted[2]] and whole[0]["failed"]
    assert set(Lead.objects.filter(email="p52@example.jp").values_list("owner", "family_name")) == {(ann.pk, "姓52")}
    assert ahead.count(True) >= 8, "but for what met something for the first time"


@pytest.mark.postgres
def test_what_an_import_fills_is_known_to_the_planner_at_once(ann: User, bring: Bring) -> None:
    """PLT-13: a first import fills empty tables faster than the server looks at them; its look-ups must not read them whole."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_class SET reltuples = -1 WHERE oid = 'core_identitykey'::regclass")

    bring(ann, [["姓", "メール"], *([f"姓{n}", f"p{n}@example.jp"] for n in range(30))])

    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'core_identitykey'::regclass")
        assert cursor.fetchone()[0] == IdentityKey.objects.count() > 0


def test_the_same_file_twice_adds_nothing(ann: User, bring: Bring) -> None:
    """Reliability F18"""
    bring(ann, PEOPLE)

    assert figures(bring(ann, PEOPLE)) == {"same": 2}
    assert Lead.objects.count() == 2


def test_an_invisible_twin_is_not_revealed_and_not_changed(ann: User, carol: User, lead: Any, bring: Bring) -> None:
    """PLT-24, A2: for ann carol's lead does not exist."""
    hidden = lead(carol, "佐藤", "花子", email="a@example.jp", job_title="係長")

    row = bring(ann, PEOPLE)

    assert figures(row) == {"added": 2}
    hidden.refresh_from_db()
    assert (hidden.job_title, hidden.version) == ("係長", 1)
    by_number = bring(ann, [["Record number", "役職"], [str(hidden.pk), "社長"], ["999999", "社長"]], mode="update")
    assert [words for _line, words in said(by_number)] == [
        f"There is no record with the number {hidden.pk} that you may see.",
        "There is no record with the number 999999 that you may see.",
    ]


def test_a_record_one_may_only_read_is_left_alone_and_said(ann: User, carol: User, bring: Bring) -> None:
    """PLT-24: accounts are open to read."""
    theirs = write.create("crm.account", actor=Actor(carol), name="株式会社みなと", phone="03-1111-2222")

    row = bring(ann, [["取引先名", "電話"], ["㈱みなと", "03-9999-9999"]], "crm.account")

    assert said(row) == [(2, "It is already here, and you may not change it.")]
    theirs.refresh_from_db()
    assert theirs.phone == "03-1111-2222"


def test_rights_are_asked_again_when_the_job_runs(ann: User, lead: Any, bring: Bring) -> None:
    """PLT-25, A9: a right that was withdrawn while the job waited stops it."""
    row = importing.receive(csv_file(PEOPLE), ann, module("crm.lead"))
    with importing.opened(row) as table:
        row.wishes = start(ann, module("crm.lead"), table).plain()
    row.job = jobs.enqueue("core.import", args={"import": row.pk}, user=ann)
    row.save()
    rights = {"crm.lead": ["view", "create", "edit"]}
    ann.profile = Profile.objects.create(name="No import", rights=rights)
    ann.save()
    bump("access")

    jobs.drain()

    row.job.refresh_from_db()
    assert (row.job.state, row.job.last_error) == ("failed", "You may not import records of this kind.")
    assert Lead.objects.count() == 0


def test_a_locked_field_cannot_be_filled(ann: User, bring: Bring) -> None:
    """PLT-25, A5"""
    ann.profile = Profile.objects.create(name="Locked", rights=ann.profile.rights, fields={"crm.lead": {"job_title": "read"}})  # type: ignore[union-attr]
    ann.save()

    bring(ann, PEOPLE)

    assert set(Lead.objects.values_list("job_title", flat=True)) == {""}


def test_unknown_choices_are_left_out_or_added_by_those_who_may(ann: User, bob: User, bring: Bring) -> None:
    rows = [["姓", "見込み客のデータ元"], ["佐藤", "口コミ"], ["鈴木", "口コミ"]]

    by_ann = bring(ann, rows, new_choices=False)
    by_bob = bring(bob, rows, new_choices=True)

    assert said(by_ann)[0] == (2, "Lead source: “口コミ” is not one of the choices. It was left out.")
    assert figures(by_bob) == {"added": 2}
    assert Choice.objects.filter(module="crm.lead", field="source", label_ja="口コミ").count() == 1
    assert Lead.objects.filter(source="口コミ", owner=bob).count() == 2


def test_owners_and_linked_records_are_found_by_name(ann: User, bob: User, bring: Bring) -> None:
    account = write.create("crm.account", actor=Actor(bob), name="株式会社みなと")
    rows = [
        ["姓", "取引先", "担当者"],
        ["佐藤", "みなと", "ann@example.jp"],
        ["鈴木", "Nowhere", "Bob Weaver"],
        ["森", "㈱みなと", "Nobody"],
    ]

    row = bring(bob, rows, "crm.contact")

    assert sorted(Contact.objects.values_list("family_name", "account", "owner")) == [
        ("佐藤", account.pk, ann.pk),
        ("森", account.pk, bob.pk),
        ("鈴木", None, bob.pk),
    ]
    assert said(row) == [
        (3, "Account: there is no “Nowhere”. It was left out."),
        (4, "Owner: nobody here is called “Nobody”."),
    ]


def test_accounts_nobody_has_yet_are_made_when_asked_for(bob: User, bring: Bring) -> None:
    rows = [["姓", "取引先"], ["佐藤", "株式会社あ"], ["鈴木", "㈱あ"], ["森", "い"]]

    row = bring(bob, rows, "crm.contact", new_links=True)

    assert figures(row) == {"added": 3}
    assert sorted(Account.objects.values_list("name", flat=True)) == ["い", "株式会社あ"]
    assert Contact.objects.filter(account__name="株式会社あ").count() == 2


def test_people_are_known_by_company_while_missing_companies_are_made(bob: User, bring: Bring) -> None:
    """PLT-13: "same name at the same company" beside "make missing accounts": who is at a company that is yet to be made is new."""
    bring(bob, [["姓", "取引先"], ["佐藤", "株式会社あ"]], "crm.contact", new_links=True, keys=["name"])

    again = bring(bob, [["姓", "取引先"], ["佐藤", "株式会社あ"], ["佐藤", "い"]], "crm.contact", new_links=True, keys=["name"])

    assert (figures(again)["added"], Contact.objects.count(), Account.objects.count()) == (1, 2, 2)


def test_a_line_that_would_spoil_the_one_before_is_refused_and_leaves_it(bob: User, bring: Bring) -> None:
    """PLT-13: what a record says of itself holds for lines that become one record, too: a lost deal needs its reason."""
    write.create("crm.account", actor=Actor(bob), name="あおば")
    rows = [["商談名", "取引先", "ステージ"], ["納入", "あおば", "ヒアリング"], ["納入", "あおば", "失注"]]

    row = bring(bob, rows, "crm.deal", keys=["name"])

    assert figures(row)["added"] == figures(row)["failed"] == 1
    assert Deal.objects.get().stage != "lost"
    assert [text for line, text in said(row) if line == 3] == ["Say why this deal was lost."]


def test_a_rule_is_asked_once_for_all_records_of_a_step(bob: User, carol: User, lead: Any, bring: Bring) -> None:
    """PLT-13, ADM-13: whether a sharing rule opens the records that rows mean is one question, however many they are; so it is
    when the import is undone."""
    SharingRule.objects.create(module="crm.lead", criteria={}, target=f"user:{carol.pk}", level="write")
    bump("access")
    for n in range(12):
        lead(bob, "姓", f"名{n}", email=f"n{n}@example.jp")

    def brought(many: int) -> tuple[int, int]:
        rows = [["メール", "部署"], *([f"n{n}@example.jp", f"課{many}"] for n in range(many))]
        with CaptureQueriesContext(connection) as asked:
            row = bring(carol, rows)
        assert figures(row) == {"updated": many}
        with CaptureQueriesContext(connection) as undone:
            jobs.enqueue("core.undo_import", args={"import": row.pk}, user=carol, total=importing_undo.steps(row))
            jobs.drain()
        assert not Lead.objects.exclude(department="").exists()
        return sum("rule_" in one["sql"] for one in asked), sum("rule_" in one["sql"] for one in undone)

    assert brought(2) == brought(12)


def test_an_added_link_and_a_formula_are_imported_like_what_ships(ann: User, bob: User, bring: Bring) -> None:
    """PLT-13, PLT-17: a link by its title, or to a record made for it; formulas know what the import filled in."""
    factories.add_field("link", "crm.contact", target="crm.account", label_en="Bank", label_ja="取引銀行")
    factories.add_field("formula", "crm.contact", formula='if(empty(c_link), "none", "some")', result="text", label_en="Banked")
    there = write.create("crm.account", actor=Actor(bob), name="縁銀行")
    rows = [["姓", "取引銀行"], ["佐藤", "縁銀行"], ["鈴木", "新銀行"], ["森", ""]]

    row = bring(bob, rows, "crm.contact", new_links=True)

    assert figures(row) == {"added": 3}
    made = Account.objects.get(name="新銀行")
    found = dict(Contact.objects.values_list("family_name", "extra"))
    assert found["佐藤"] == {"c_link": there.pk, "c_formula": "some"}
    assert found["鈴木"] == {"c_link": made.pk, "c_formula": "some"}
    assert found["森"] == {"c_formula": "none"}


def test_an_import_is_undone_down_to_the_old_values(ann: User, bob: User, lead: Any, bring: Bring) -> None:
    """PLT-13+: created ones go to the bin, changed ones get their old values, what somebody changed since stays."""
    old = lead(ann, "佐藤", "花子", email="a@example.jp", job_title="係長")
    kept = lead(ann, "森", "葵", email="k@example.jp", job_title="係長", company="旧")
    rows = [["姓", "メール", "役職", "会社名"], ["佐藤", "a@example.jp", "部長", ""], ["森", "k@example.jp", "部長", "新"]]
    rows += [["鈴木", "b@example.jp", "課長", ""], ["林", "c@example.jp", "課長", ""], ["原", "d@example.jp", "", ""]]
    row = bring(ann, rows)
    write.update(Lead.objects.get(pk=kept.pk), actor=Actor(bob), job_title="社長")
    write.update(Lead.objects.get(email="b@example.jp"), actor=Actor(bob), job_title="社長")
    write.create("crm.activity", actor=Actor(bob), subject="電話", lead=Lead.objects.get(email="c@example.jp"))

    row.undo = jobs.enqueue("core.undo_import", args={"import": row.pk}, user=ann, total=importing_undo.steps(row))
    row.save()
    jobs.drain()

    row.undo.refresh_from_db()
    assert (row.undo.state, row.undo.result) == ("done", {"binned": 1, "restored": 2, "kept": 3})
    old.refresh_from_db()
    kept.refresh_from_db()
    assert (old.job_title, kept.job_title, kept.company) == ("係長", "社長", "旧")
    living = Lead.objects.filter(deleted_at=None).values_list("email", flat=True)
    assert sorted(living) == ["a@example.jp", "b@example.jp", "c@example.jp", "k@example.jp"]
    codes = sorted(RowNote.objects.filter(job=row.undo).values_list("code", flat=True))
    assert codes == ["kept_changed", "kept_used", "kept_value"]


def test_cancelling_stops_between_chunks_and_what_came_in_stays(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-20"""
    monkeypatch.setattr(importing, "CHUNK", 10)
    rows = [["姓", "メール"], *([f"人{n}", f"p{n}@example.jp"] for n in range(50))]
    row = importing.receive(csv_file(rows), ann, module("crm.lead"))
    with importing.opened(row) as table:
        row.wishes = start(ann, module("crm.lead"), table).plain()
    row.job = jobs.enqueue("core.import", args={"import": row.pk}, user=ann, total=50)
    row.save()
    decide = importing.Importer.decide

    def decide_and_cancel(self: Any, chunk: Any, *ahead: Any) -> Any:
        if chunk[0][0] > 20:
            Job.objects.filter(pk=row.job_id).update(cancel_asked=True)
        return decide(self, chunk, *ahead)

    monkeypatch.setattr(importing.Importer, "decide", decide_and_cancel)
    jobs.drain()
    row.job.refresh_from_db()
    assert (row.job.state, row.job.done, Lead.objects.count()) == ("cancelled", 30, 30)

    monkeypatch.setattr(importing.Importer, "decide", decide)
    jobs.try_again(row.job)
    jobs.drain()
    row.job.refresh_from_db()
    assert (row.job.state, row.job.result["added"], Lead.objects.count()) == ("done", 50, 50)


def test_a_turn_that_ends_is_taken_up_where_it_was(ann: User, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-20: the time slice ends after every chunk; nothing is left out and nothing doubled."""
    from core.work import run

    monkeypatch.setattr(importing, "CHUNK", 7)
    monkeypatch.setattr(run, "SLICE", 0.0)

    row = bring(ann, [["姓", "メール"], *([f"人{n}", f"p{n}@example.jp"] for n in range(40))])

    assert figures(row) == {"added": 40}
    assert row.job and row.job.done == 40
    assert Lead.objects.count() == 40


def test_a_file_that_changed_since_its_upload_is_not_imported(ann: User) -> None:
    """Reliability F18"""
    from django.core.files.storage import default_storage

    row = importing.receive(csv_file(PEOPLE), ann, module("crm.lead"))
    with importing.opened(row) as table:
        row.wishes = start(ann, module("crm.lead"), table).plain()
    default_storage.delete(row.file)
    default_storage.save(row.file, csv_file([*PEOPLE, ["原", "x", "x@example.jp", ""]]))
    row.job = jobs.enqueue("core.import", args={"import": row.pk}, user=ann)
    row.save()

    jobs.drain()

    row.job.refresh_from_db()
    assert row.job.last_error == "The file is no longer the one that was uploaded. Please upload it again."
    assert Lead.objects.count() == 0


def test_tags_that_do_not_fit_are_left_out_and_said(ann: User, bring: Bring) -> None:
    """PLT-13, PLT-15: never a part of them without a word; the row itself comes in."""
    row = bring(ann, [["Last name", "Company", "Tags"], ["Ito", "Acme", "vip, fair"], ["Abe", "Beta", "x" * 61]])

    assert figures(row) == {"added": 2, "remarks": 1}
    assert [words for _line, words in said(row)] == ["Tags: Up to 30 tags of at most 60 characters. It was left out."]
    assert [sorted(one.tag_words) for one in Lead.objects.order_by("company")] == [["fair", "vip"], []]


def test_what_was_exported_comes_back_as_it_was(bob: User, bring: Bring) -> None:
    """PLT-14, E1: every field, in both formats; nothing is updated."""
    from core.record import exporting

    CustomField.objects.create(module="crm.lead", key="c1", kind="money", label_en="Budget", label_ja="予算")
    CustomField.objects.create(module="crm.lead", key="c2", kind="date", label_en="Met on", label_ja="面会日")
    bump("fields")
    values = {
        "company": "=1+1", "phone": "+81 3-1234-5678", "mobile": "090 1234 5678", "status": "contacted", "source": "x", "employees": 12,
        "annual_revenue": "1200.5", "tags": "重要, VIP", "email_opt_out": True, "x_handle": "taro", "postal_code": "1500002",
        "country": "JP",
        "description": "一行目\n'二行目", "website": "example.com", "c1": "0.1", "c2": "2026-11-21",
    }  # fmt: skip
    write.create("crm.lead", actor=Actor(bob), family_name="'田中", given_name="van der 太郎", **values)
    write.create("crm.lead", actor=Actor(bob), family_name="de la Cruz", given_name="Ana", email="a@example.jp")
    asked = exporting.asked_list(bob, module("crm.lead"), "")

    as_csv = b"".join(exporting.streamed(asked, "all", bom=True))
    as_xlsx = io.BytesIO()
    exporting.workbook(asked, "all", as_xlsx)
    as_list = b"".join(exporting.streamed(asked, "list", bom=False))

    assert figures(bring(bob, SimpleUploadedFile("all.csv", as_csv))) == {"same": 2}
    assert figures(bring(bob, SimpleUploadedFile("all.xlsx", as_xlsx.getvalue()))) == {"same": 2}
    assert figures(bring(bob, SimpleUploadedFile("list.csv", as_list))) == {"same": 2}


def test_a_workbook_that_lost_its_zeros_gets_them_back(ann: User, bring: Bring) -> None:
    file = io.BytesIO()
    write_xlsx(file, ["姓", "電話番号", "郵便番号"], [["佐藤", 312345678, 600001]])

    bring(ann, SimpleUploadedFile("a.xlsx", file.getvalue()))

    assert Lead.objects.values_list("phone", "postal_code").get() == ("0312345678", "060-0001")


def test_a_mapping_is_remembered_by_its_headings(ann: User) -> None:
    """PLT-13: guessed and saved."""
    from core.record.importing_wishes import Wishes, remember

    row = importing.receive(csv_file([["甲", "乙"], ["佐藤", "a@example.jp"]]), ann, module("crm.lead"))
    remember(ann, module("crm.lead"), row.headers, Wishes(columns={0: "family_name", 1: "description"}, mode="skip", keys=["phone"]))

    with importing.opened(row) as table:
        again = start(ann, module("crm.lead"), table)

    assert (again.columns, again.mode, again.keys) == ({0: "family_name", 1: "description"}, "skip", ["phone"])


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, b"%PDF-1.7", b"PK\x03\x04broken"])
def test_a_file_that_is_no_table_is_refused_in_words(content: bytes, ann: User) -> None:
    with pytest.raises(UnreadableFile):
        importing.receive(SimpleUploadedFile("a.csv", content), ann, module("crm.lead"))

    assert ImportRun.objects.count() == 0


def test_dates_follow_the_order_of_the_file(bob: User, bring: Bring) -> None:
    write.create("crm.account", actor=Actor(bob), name="みなと")
    rows = [["商談名", "取引先", "完了予定日", "フェーズ"], ["A", "みなと", "03/04/2026", "提案"], ["B", "みなと", "25/12/2026", "Won"]]

    row = bring(bob, rows, "crm.deal")

    from crm.models import Deal

    assert figures(row) == {"added": 2}
    assert [str(day) for day in Deal.objects.order_by("name").values_list("closing_on", flat=True)] == ["2026-04-03", "2026-12-25"]


def test_twins_in_distant_lines_are_named_too(ann: User, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-13: the report is the same wherever a chunk of the file ends."""
    monkeypatch.setattr(importing, "CHUNK", 2)
    rows = [["姓", "メール", "役職"], ["佐藤", "a@example.jp", ""], ["森", "b@example.jp", ""], ["佐藤", "a@example.jp", "部長"]]

    joined = bring(ann, rows)
    skipped = bring(ann, [[one[0], f"x{one[1]}" if "@" in one[1] else one[1], one[2]] for one in rows], mode="skip")

    assert figures(joined) == {"added": 2, "updated": 1, "remarks": 1}
    assert said(joined) == [(4, "Another line of this file is about the same; both became one record.")]
    assert figures(skipped) == {"added": 2, "skipped": 1}
    assert said(skipped) == [(4, "Another line of this file is about the same.")]
