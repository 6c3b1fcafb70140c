"""One box finds by any part, in Latin and Japanese, what one may see (PLT-12). Runs on both databases."""

import pytest
from django.db import connection, transaction

from core.access.models import Role
from core.search import schema
from core.search.backends import backend
from core.search.grams import grams, line, wanted_word
from core.search.index import Entry, add, forget, settled_late, store
from core.search.models import SearchEntry
from core.search.query import Hit, count, find, matching_ids
from core.work.run import Cancelled

pytestmark = pytest.mark.django_db
LEAD = "crm.lead"


@pytest.fixture(autouse=True)
def grammar(db):
    schema.ensure(connection)


@pytest.fixture
def people():
    store(
        LEAD,
        [
            Entry(1, "田中 太郎", ["タナカ タロウ", "株式会社サンプル商事", "taro.tanaka@example.co.jp"], ["090-1234-5678"], ["@taro_t"]),
            Entry(2, "山田 花子", ["髙島屋", "hanako@gmail.com"], ["03-3234-5678"]),
            Entry(3, "John Smith", ["Smith John", "Acme, Inc.", "j.smith@acme.example"], ["+1 415 555 2671"]),
            Entry(4, "中田 英", ["ラーメン屋"], ["12-34"]),
            Entry(5, "Blacksmith 100%_off", ["O'Brien"]),
        ],
    )
    store("crm.contact", [Entry(1, "田中 次郎")])


def ids(q, **options):
    return [hit.record_id for hit in find(LEAD, q, **options)]


@pytest.mark.parametrize(
    "q, found",
    [
        ("田中", [1]),
        ("中田", [4]),
        ("田", [1, 4, 2]),
        ("林", []),
        ("太郎", [1]),
        ("田中太郎", [1]),
        ("田中 太郎", [1]),
        ("太郎　田中", [1]),
        ("ﾀﾅｶ", [1]),
        ("たろう", [1]),
        ("ンプ", [1]),
        ("ーメン", [4]),
        ("ｰﾒﾝ", [4]),
        ("高島", [2]),
        ("SMITH", [5, 3]),
        ("ｓｍｉｔｈ", [5, 3]),
        ("john smi", [3]),
        ("smith acme", [3]),
        ("mit", [5, 3]),
        ("sm", [3]),
        ("s", [3]),
        ("j.smith@acme", [3]),
        ("@example.co.jp", [1]),
        ("@taro_t", [1]),
        ("o'brien", [5]),
        ("100%_o", [5]),
        ("100%x", []),
        ("%", []),
        ("!!!", []),
        ("", []),
        ("zzz", []),
        ("田中 花子", []),
        ("^smith", [5, 3]),
    ],
)
def test_any_part_of_a_name_company_address_or_handle_is_found_plt_12(people, q, found):
    assert ids(q) == found
    assert sorted(matching_ids(LEAD, q)) == sorted(found)
    assert count(LEAD, q) == len(found)


@pytest.mark.parametrize(
    "q", ["０９０－１２３４－５６７８", "+81 90 1234 5678", "+81 (0)90-1234-5678", "090-1234-5678", "09012345678", "1234-5678", "90 1234"]
)
def test_a_phone_is_found_in_any_form_plt_12(people, q):
    assert ids(q) == [1]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("090-", [1]),
        ("０９０－", [1]),
        ("090ー", [1]),
        ("03-", [2]),
        ("(03)", [2]),
        ("090-1", [1]),
        ("+81-90", [1]),
        ("田中 090-1234", [1]),
        ("花子 090-", []),
        ("smith +1-415", [3]),
    ],
)
def test_part_of_a_phone_is_found_while_it_is_typed_plt_12(people, q, found):
    assert ids(q) == found
    assert sorted(matching_ids(LEAD, q)) == found


def test_the_last_four_digits_find_every_number_that_ends_so_plt_12(people):
    assert ids("5678") == [2, 1]
    assert ids("2671") == [3]
    assert ids("1234") == [4, 1]


def test_a_ticket_number_with_a_dash_is_found_though_it_looks_like_a_phone():
    store("helpdesk.ticket", [Entry(1, "T 2024-0012"), Entry(2, "T 2024-0013")])

    assert [hit.record_id for hit in find("helpdesk.ticket", "2024-0012")] == [1]
    assert [hit.record_id for hit in find("helpdesk.ticket", "#2024-0012")] == [1]


def test_what_begins_with_the_query_comes_first_then_the_newest():
    store(LEAD, [Entry(1, "田中"), Entry(2, "山田", ["田中商店"]), Entry(3, "田中 一"), Entry(4, "森", ["田中商店"])])

    assert find(LEAD, "田中") == [Hit(1, "田中", True), Hit(3, "田中 一", True), Hit(4, "森", False), Hit(2, "山田", False)]
    assert ids("田中", limit=3) == [1, 3, 4]


@pytest.mark.parametrize("q", ["田中", "商店", "森 商"])
def test_the_limit_counts_only_what_may_be_seen_plt_12(q):
    roles = [Role.objects.create(name="mine" if number % 40 == 0 else "theirs") for number in range(200)]
    store(LEAD, [Entry(role.pk, f"田中 {number}" if number % 2 else f"森 {number}", ["田中商店"]) for number, role in enumerate(roles)])
    mine = Role.objects.filter(name="mine").order_by("name")
    expected = sorted(mine.values_list("pk", flat=True), reverse=True)

    assert sorted(ids(q, limit=5, allowed=mine), reverse=True) == expected
    assert count(LEAD, q, 1_000, mine) == 5
    assert count(LEAD, q, 3) == 4
    assert ids(q, allowed=Role.objects.none()) == []
    assert sorted(Role.objects.filter(pk__in=matching_ids(LEAD, q), name="mine").values_list("pk", flat=True), reverse=True) == expected


@pytest.mark.parametrize("few", [1, 40])
def test_old_records_are_found_among_many(monkeypatch, few):
    monkeypatch.setattr("core.search.chase._NEAR", 20)
    monkeypatch.setattr("core.search.chase._ENOUGH", 10)
    monkeypatch.setattr("core.search.chase._SOME", few)
    monkeypatch.setattr("core.search.chase._FEW", few * 2)
    monkeypatch.setattr("core.search.chase._MORE", few * 2)
    monkeypatch.setattr("core.search.chase._THROUGH", few)
    store(
        LEAD,
        [Entry(number, f"森 {number}", ["鬼頭" if number in (3, 7) else "池田", "大" if number % 2 else "小"]) for number in range(1, 501)],
    )

    assert ids("鬼頭") == [7, 3]
    assert ids("大", limit=3) == [499, 497, 495]
    assert ids("大", limit=60)[-1] == 381
    assert ids("森 42", limit=2) == [42, 420]
    roles = [Role.objects.create(pk=pk, name="mine") for pk in (2, 7, 499)]
    assert ids("森", limit=3, allowed=Role.objects.all()) == sorted((role.pk for role in roles), key=str)
    assert ids("鬼頭", allowed=Role.objects.all()) == [7]
    assert ids("大", allowed=Role.objects.all()) == [499, 7]
    assert ids("大", limit=1, allowed=Role.objects.exclude(pk=499)) == [7]
    assert ids("小", allowed=Role.objects.all()) == [2]
    assert [count(LEAD, q, 1_000, Role.objects.all()) for q in ("森", "大", "鬼頭", "無")] == [3, 2, 1, 0]
    assert count(LEAD, "森", 2, Role.objects.all()) == 3


def test_a_changed_entry_is_found_by_its_new_words_only(people):
    store(LEAD, [Entry(1, "森 太郎")])

    assert ids("森") == [1]
    assert ids("田中") == ids("090-1234-5678") == []
    assert SearchEntry.objects.filter(module=LEAD).count() == 5


def test_storing_the_same_again_writes_nothing(people, django_assert_num_queries):
    before = list(SearchEntry.objects.order_by("pk").values())

    store(LEAD, [Entry(4, "中田 英", ["ラーメン屋"], ["12-34"])])

    assert list(SearchEntry.objects.order_by("pk").values()) == before


def test_one_record_twice_in_a_load_is_the_last_one():
    store(LEAD, [Entry(1, "田中"), Entry(1, "森")])

    assert (ids("田中"), ids("森")) == ([], [1])


def test_a_long_load_is_written_in_batches(monkeypatch):
    monkeypatch.setattr("core.search.index._BATCH", 7)
    monkeypatch.setattr("core.search.index._SETTLE_AFTER", 15)
    monkeypatch.setattr("core.search.index._WORTH_SETTLING", 1)

    store(LEAD, (Entry(number, f"森 {number}") for number in range(50)))

    assert count(LEAD, "森") == 50


def test_what_a_job_that_stopped_has_added_is_sorted_in(monkeypatch):
    """PLT-12, PLT-20: a cancelled, failed or paused job leaves nothing that every search after it has to go through."""
    settled = []
    monkeypatch.setattr(backend(connection), "settle", settled.append)

    with pytest.raises(Cancelled), settled_late():
        add(LEAD, [Entry(1, "田中")])
        raise Cancelled

    assert settled == [connection]


def test_what_is_forgotten_is_not_found(people):
    forget(LEAD, [1, 3, 99])

    assert (ids("田中"), ids("smith"), ids("山田")) == ([], [5], [2])
    assert [hit.record_id for hit in find("crm.contact", "田中")] == [1]


def test_modules_are_apart(people):
    assert find("crm.contact", "田中") == [Hit(1, "田中 次郎", True)]
    assert find("crm.deal", "田中") == []


def test_clearing_empties_and_ensuring_twice_harms_nothing(people):
    schema.clear(connection)
    schema.ensure(connection)
    schema.ensure(connection)

    assert ids("田中") == []
    store(LEAD, [Entry(1, "田中")])
    assert ids("田中") == [1]


def test_a_failed_save_leaves_the_index_as_it_was(people):
    with pytest.raises(RuntimeError), transaction.atomic():
        store(LEAD, [Entry(1, "森")])
        raise RuntimeError

    assert (ids("森"), ids("田中")) == ([], [1])


def test_signs_no_database_takes_are_left_out():
    store(LEAD, [Entry(1, "田\x00中" * 60, ["x" * 9_000])])

    assert ids("田中田中" * 12) == [1]
    assert ids("田中田中" * 11 + "森") == []


def test_every_gram_asked_for_is_a_gram_of_each_key_that_holds_the_word():
    texts = ["John O'Brien", "田中ー太郎", "ﾗｰﾒﾝ ABC商事", "a..b@docomo.ne.jp", "taro_t-1", "東京-NY", "ＡＢ-12"]
    for text in texts:
        key = line(text)
        folded = key.replace("^", "")
        for start in range(len(folded)):
            for end in range(start + 1, len(folded) + 1):
                word, needed = wanted_word(LEAD, folded[start:end])
                if needed and " " not in folded[start:end] and word in key:
                    assert needed <= grams(LEAD, key), (text, folded[start:end])


def test_the_back_end_fits_the_database():
    assert backend(connection).__name__.endswith("postgres" if connection.vendor == "postgresql" else "sqlite")
