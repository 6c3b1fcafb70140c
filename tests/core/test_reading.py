"""Tables are read whatever their encoding, and nothing else than a table or a clear refusal comes of any file."""

import io
import json
import random
import struct
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from core.record.reading import Limits, Table, UnreadableFile, open_table
from tests.data import make

DATA = Path(__file__).parent.parent / "data"
FILES = ("leads-cp932.csv", "leads-utf8.csv", "leads-utf16.tsv")
MB = 1024 * 1024


def table(content: bytes | str, limits: Limits | None = None, sheet: str = "") -> Table:
    return open_table(io.BytesIO(content.encode() if isinstance(content, str) else content), "a", limits or Limits(), sheet)


def cells(content: bytes | str) -> list[list[str]]:
    return [row for _line, row in table(content).rows()]


def refusal(content: bytes | str, limits: Limits | None = None) -> str:
    """The code of the error, after making sure that it has words."""
    with pytest.raises(UnreadableFile) as caught:
        for _row in table(content, limits).rows():
            pass
    assert str(caught.value) and "%(" not in str(caught.value)
    return caught.value.code


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    page = io.BytesIO()
    book = xlsxwriter.Workbook(page, {"default_date_format": "yyyy-mm-dd"})
    for name, rows in sheets:
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    book.close()
    return page.getvalue()


def repacked(content: bytes, **changes: bytes) -> bytes:
    """The workbook with other bytes in the members whose file name (without ending) is given."""
    page = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(Path(name).stem, old.read(name)))
    return page.getvalue()


SIMPLE = workbook(("One", [["Name", "Age"], ["Ann", 41], ["Bob", 42]]))
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"


@pytest.mark.parametrize("name", FILES)
def test_a_messy_list_is_the_same_in_every_encoding(name: str) -> None:
    """PLT-13: the encoding and the separator are found out by themselves."""
    truth = json.loads((DATA / "leads.json").read_text())
    with (DATA / name).open("rb") as file:
        found = open_table(file, name, Limits())
        rows = [row for _line, row in found.rows()]

    assert found.headers == make.HEADERS
    assert rows == make.rows()[0]
    assert (len(rows), found.blank, found.long) == (truth["rows"], truth["blank"], 0)
    assert sum(not row[0] and not row[1] for row in rows) == truth["no_name"]
    assert sum("\n" in row[15] for row in rows) == truth["two_lines"]


def test_the_committed_files_are_what_the_generator_makes() -> None:
    text = make.text(",", blank_after=(20, 101, 299))

    assert (DATA / "leads-cp932.csv").read_bytes() == text.encode("cp932")
    assert json.loads((DATA / "leads.json").read_text()) == {**make.rows()[1], "blank": 3}


@pytest.mark.parametrize(
    ("codec", "label"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("cp932", "Shift_JIS"),
        ("euc_jis_2004", "EUC-JP"),
        ("iso2022_jp", "ISO-2022-JP"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
    ],
)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_every_encoding_and_line_end_is_recognised(codec: str, label: str, end: str) -> None:
    """PLT-13."""
    lines = ["姓,会社名,メール", "斉藤,株式会社大和テクノ,a@example.com", "林,ソラリス,", "山田,有限会社北斗,c@example.com"]

    found = table((end.join(lines) + end).encode(codec))

    assert (found.encoding, found.separator) == (label, ",")
    assert [found.headers, *(row for _line, row in found.rows())] == [line.split(",") for line in lines]


def test_western_files_are_the_last_resort() -> None:
    """PLT-13."""
    content = "Name;City;Note\nJosé Müller;Zürich;Straße 5\nRenée Véronique;Málaga;naïve café – €5\n".encode("cp1252")

    found = table(content)

    assert (found.encoding, found.separator) == ("Windows-1252", ";")
    assert [row for _line, row in found.rows()][1] == ["Renée Véronique", "Málaga", "naïve café – €5"]


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_the_separator_is_found_although_the_others_occur(separator: str) -> None:
    content = separator.join(["Name", "Price", "Note"]) + "\n"
    content += separator.join(["Ann", '"1,5"', '"a;b\tc|d"']) + "\n"
    content += separator.join(["Bob", '"2,5"', '"two\nlines, and; more"']) + "\n"

    found = table(content)

    assert found.separator == separator
    assert list(found.rows()) == [(2, ["Ann", "1,5", "a;b\tc|d"]), (3, ["Bob", "2,5", "two\nlines, and; more"])]


def test_lines_are_numbered_as_an_editor_numbers_them_and_reading_goes_on_at_any() -> None:
    """PLT-13, PLT-20: a row is named by its line, and a dead worker's reading is taken up again."""
    content = 'sep=;\n\nName;Note\nAnn;"a\nb\nc"\n;\nBob;x\n   \nCyd;y\n'

    found = table(content)

    assert list(found.rows()) == [(4, ["Ann", "a\nb\nc"]), (8, ["Bob", "x"]), (10, ["Cyd", "y"])]
    assert found.blank == 3
    assert list(found.rows(start_line=5)) == [(8, ["Bob", "x"]), (10, ["Cyd", "y"])]
    assert found.count == 3


def test_two_readings_of_one_table_do_not_disturb_each_other() -> None:
    found = table("a,b\n" + "".join(f"{n},x\n" for n in range(50_000)))

    pairs = list(zip(found.rows(), found.rows(), strict=True))

    assert len(pairs) == 50_000 and all(left == right for left, right in pairs)


def test_headings_are_made_unique_and_rows_as_wide_as_they_are() -> None:
    found = table("Name,Mail,mail,,Name \nAnn,a@x.jp\nBob,b@x.jp,c@x.jp,d,e,f,\nCyd,,,,,,,\n")

    rows = [row for _line, row in found.rows()]

    assert found.headers == ["Name", "Mail", "mail (2)", "Column 4", "Name (2)"]
    assert found.renamed == {2: "mail (2)", 3: "Column 4", 4: "Name (2)"}
    assert rows == [["Ann", "a@x.jp", "", "", ""], ["Bob", "b@x.jp", "c@x.jp", "d", "e", "f"], ["Cyd", "", "", "", ""]]
    assert (found.long, found.long_lines) == (1, [3])
    assert len(found.notes()) == 2


@pytest.mark.parametrize("first", ["斉藤,大輔,a@example.com", "090-1234-5678,2026-11-21,斉藤"])
def test_a_file_without_headings_keeps_its_first_row(first: str) -> None:
    found = table(first + "\n佐藤,結衣,b@example.com\n")

    assert found.headerless
    assert found.headers == ["Column 1", "Column 2", "Column 3"]
    assert next(found.rows()) == (1, first.split(","))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\r\n , ,\r\n", "empty"),
        (b"Name,Mail\r\n\r\n", "only_headers"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "protected"),
        (b"%PDF-1.7\n1 0 obj", "pdf"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image"),
        (b"\x1f\x8b\x08\x00\x00", "archive"),
        (b"<!DOCTYPE html><table>", "web_page"),
        (b'{"name": "Ann"}', "json"),
        (b"PK\x03\x04 and then nothing", "broken_workbook"),
        (SIMPLE[:900], "broken_workbook"),
        (b"Name,Mail\nAnn,a\x00b\nBob,c\n", "nul"),
        (b"Name,Mail\n" * 900 + b"Ann,a\x00b\n", "nul"),
        (b'Name,Mail\nAnn,"never closed\nBob,b@x.jp\n', "open_quote"),
        (b'Name,Mail\nAnn,"' + b"x\n" * 200_000, "long_cell"),
        (b"Name,Mail\nAnn," + b"x" * 2_000_000, "long_line"),
        ("姓,名\n".encode() + "斉藤,大輔\n".encode() * 50 + b"\xe6\x96,x\n", "undecodable"),
        ("姓,名\r\n".encode("cp932") + "斉藤は,大輔の\r\n".encode("cp932") * 50 + b"\x82\xff,x\r\n", "undecodable"),
        (random.Random(1).randbytes(5000), "binary"),
        (b"\x01\x02\x03\x04\x05\x06" * 20, "binary"),
    ],
)
def test_what_is_no_table_is_named(content: bytes, code: str) -> None:
    """PLT-13, U3: each refusal says in a person's words what the file is."""
    if code == "binary":
        assert refusal(content) in ("binary", "nul")
    else:
        assert refusal(content) == code


def test_bytes_that_break_the_encoding_are_named_by_their_line() -> None:
    """PLT-13."""
    content = "姓,名\n".encode() + "斉藤,大輔\n".encode() * 20_000 + b"\xe6\x96,x\n"

    with pytest.raises(UnreadableFile) as caught:
        table(content)

    assert str(caught.value) == "Line 20002 cannot be read as UTF-8. Save the file as CSV UTF-8 and try again."


def test_limits_hold_for_text() -> None:
    """U3."""
    assert refusal("a,b\n" + "1,2\n" * 11, Limits(rows=10)) == "too_many_rows"
    assert refusal("a,b,c\n1,2,3\n", Limits(columns=2)) == "too_many_columns"
    assert refusal("a,b\n1,2,3,4\n", Limits(columns=3)) == "too_many_columns"
    assert refusal("a,b\n" + "1,2\n" * MB, Limits(size=MB)) == "too_large"
    assert len(cells("a,b\n" + '1,"2\n3"\n' * 10)) == 10


def test_a_workbook_shows_its_cells_as_a_person_would_type_them() -> None:
    """PLT-13: integers are no floats, days are ISO, the first sheet with content is read."""
    rows: list[list[object]] = [["Name", "Age", "Rate", "On", "At", "Ok"], []]
    rows.append(["田中", 1234.0, 0.1 + 0.2, date(2026, 11, 21), None, True])
    rows.append(["佐藤", 1e15, -5, None, datetime(2026, 11, 21, 13, 30), False])
    book = workbook(("Empty", []), ("People", rows))
    found = table(book)

    assert (found.kind, found.sheet, found.sheets, found.encoding) == ("xlsx", "People", ["Empty", "People"], "")
    assert list(found.rows()) == [
        (3, ["田中", "1234", "0.3", "2026-11-21", "", "TRUE"]),
        (4, ["佐藤", "1000000000000000", "-5", "", "2026-11-21 13:30:00", "FALSE"]),
    ]
    assert found.blank == 1
    assert found.number_columns == {1, 2}
    assert table(book, sheet="People").headers == found.headers
    with pytest.raises(UnreadableFile):
        table(book, sheet="Nobody")


def test_a_workbook_that_is_larger_than_it_says_is_not_opened() -> None:
    """U3: the limit counts what really comes out of the archive, not what its directory claims."""
    bomb = repacked(SIMPLE, sheet1=HEAD + b" " * (30 * MB) + TAIL)
    at = bomb.index(b"xl/worksheets/sheet1.xml", bomb.index(b"PK\x01\x02")) - 46
    lying = bytearray(bomb)
    struct.pack_into("<I", lying, at + 24, 100)

    assert refusal(bomb) == "bomb"
    assert refusal(bytes(lying)) in ("bomb", "broken_workbook")
    assert refusal(SIMPLE, Limits(unpacked=500)) == "bomb"
    assert refusal(SIMPLE, Limits(members=3)) == "bomb"


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        (b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "too_many_columns"),
        (b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>', "too_many_rows"),
        (b'<row r="1048576"><c><v>1</v></c></row>', "too_many_rows"),
        (b'<!-- <c r="A1"> --><row r="1048576"><c><v>1</v></c></row>', "too_many_rows"),
        (b'<row r="1">' + b"<c><v>1</v></c>" * 600 + b"</row>", "too_many_columns"),
        (b'<row r="1"><c r="SF1"/><c><v>1</v></c></row>', "too_many_columns"),
        (b'<x:row r="1"><x:c r="XFD1"><x:v>1</x:v></x:c></x:row>', "too_many_columns"),
        (b"<row r='1'><c s='1' r='XFD1'><v>1</v></c></row>", "too_many_columns"),
        (b'<row r="1"><c r="A1"><v>1</v></c></row><row r="400000"><c r="SA400000"><v>1</v></c></row>', "too_large_workbook"),
    ],
)
def test_a_workbook_that_would_fill_the_memory_is_not_opened(sheet: bytes, code: str) -> None:
    """U3: a few cells far apart cost calamine the whole rectangle between them."""
    assert refusal(repacked(SIMPLE, sheet1=HEAD + sheet + TAIL)) == code


def test_one_long_text_in_many_cells_is_not_opened() -> None:
    """U3: every cell that refers to a shared string gets a copy of it."""
    strings = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>' + b"x" * 2_000_000 + b"</t></si></sst>"
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 300))

    assert refusal(repacked(SIMPLE, sharedStrings=strings, sheet1=HEAD + rows + TAIL)) == "too_large_workbook"


def test_formatting_down_to_the_last_row_is_no_content() -> None:
    rows = b'<row r="1"><c r="A1"><v>7</v></c><c r="B1" t="str"><v>n</v></c><c r="C1" t="str"><v>m</v></c></row>'
    rows += b'<row r="2"><c r="A2"><v>7</v></c></row><row r="1048576"><c r="A1048576" s="1"/></row>'

    assert cells(repacked(SIMPLE, sheet1=HEAD + rows + TAIL)) == [["7", "", ""]]


def test_cells_without_addresses_are_read() -> None:
    rows = b'<row><c t="str"><v>Name</v></c><c t="str"><v>Age</v></c></row>' + b'<row><c t="str"><v>Ann</v></c><c><v>4</v></c></row>' * 50

    assert cells(repacked(SIMPLE, sheet1=HEAD + rows + TAIL)) == [["Ann", "4"]] * 50


def test_other_archives_are_named() -> None:
    def packed(*names: str) -> bytes:
        page = io.BytesIO()
        with zipfile.ZipFile(page, "w") as archive:
            for name in names:
                archive.writestr(name, b"x")
        return page.getvalue()

    assert refusal(packed("leads.csv")) == "archive"
    assert refusal(packed("[Content_Types].xml", "word/document.xml")) == "document"
    assert refusal(packed("mimetype", "content.xml")) == "open_document"
    assert refusal(packed("[Content_Types].xml", "xl/workbook.bin")) == "binary_excel"
    assert refusal(packed("[Content_Types].xml", "xl/workbook.xml")) == "broken_workbook"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_no_bytes_give_anything_but_a_table_or_a_refusal(content: bytes) -> None:
    """PLT-13, U3."""
    try:
        for _line, row in table(content).rows():
            assert all(isinstance(cell, str) for cell in row)
    except UnreadableFile as error:
        assert str(error)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SIMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=12), st.integers(100, len(SIMPLE)))
def test_no_damaged_workbook_gives_anything_but_a_table_or_a_refusal(changes: list[tuple[int, int]], length: int) -> None:
    """U3."""
    content = bytearray(SIMPLE)
    for at, byte in changes:
        content[at] = byte
    try:
        list(table(bytes(content if length % 2 else content[:length])).rows())
    except UnreadableFile as error:
        assert str(error)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 2))
def test_no_sheet_gives_anything_but_a_table_or_a_refusal(noise: bytes, where: int) -> None:
    """U3: damage inside the XML of a workbook that is whole as an archive."""
    member = ("sheet1", "workbook", "sharedStrings")[where]
    try:
        list(table(repacked(SIMPLE, **{member: HEAD + b'<row r="1"><c r="A1"><v>' + noise + b"</v></c></row>" + TAIL})).rows())
    except UnreadableFile as error:
        assert str(error)
