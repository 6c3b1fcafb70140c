"""Makes the messy Japanese lead lists beside this file: one list, three encodings, and how many oddities it has.

Run `python -m tests.data.make` to write them anew; the same seed gives the same bytes.
"""

import csv
import io
import json
import random
from pathlib import Path

HERE = Path(__file__).parent
ROWS = 300
HEADERS = [
    *("姓", "名", "セイ", "メイ", "会社名", "役職", "メール", "電話番号", "郵便番号"),
    *("都道府県", "市区町村", "番地", "見込み客のデータ元", "ステータス", "Twitter", "備考"),
]
PEOPLE = (
    ("森", "葵", "モリ", "アオイ"),
    ("髙橋", "健一", "タカハシ", "ケンイチ"),
    ("長谷川", "みどり", "ハセガワ", "ミドリ"),
    ("Smith", "Anna", "スミス", "アンナ"),
    ("吉田", "陽子", "ヨシダ", "ヨウコ"),
)
COMPANIES = ("㈱みなと商会", "株式会社ソラリス", "有限会社 北斗", "Example K.K.", "（株）ﾃﾞﾙﾀ")
PLACES = (
    ("150-0002", "東京都", "渋谷区", "渋谷2-1-1"),
    ("0640804", "北海道", "札幌市中央区", "南四条西4丁目"),
    ("９８００８１１", "宮城県", "仙台市青葉区", "一番町1-2"),
)
FORMULAS = ('=HYPERLINK("http://bad.example","x")', "=1+2", "@SUM(A1:A3)", "-2+3", "＝1+1")
SHARED = "０３（１２３４）５６７８"
BAD_MAILS = ("なし", "sato@", "a b@example.com", "x@@y.jp")


def rows(seed: int = 7) -> tuple[list[list[str]], dict[str, int]]:
    """The rows and what is wrong with how many of them."""
    chance = random.Random(seed)
    made: list[list[str]] = []
    for at in range(ROWS):
        family, given, kana, kana_given = chance.choice(PEOPLE)
        place = chance.choice(PLACES)
        phone = f"03-{chance.randrange(1000, 9999)}-{chance.randrange(1000, 9999)}"
        made.append(
            [family, given, kana, kana_given, chance.choice(COMPANIES), chance.choice(("部長", "課長", "")), f"user{at}@example.com", phone]
            + [
                *place,
                chance.choice(("展示会", "紹介", "Webサイト")),
                chance.choice(("未対応", "連絡済み")),
                chance.choice(("", f"@user{at}")),
                "",
            ]
        )
    spots = iter(chance.sample(range(1, ROWS), 60))
    truth = {"rows": ROWS, "no_name": 8, "bad_email": 8, "duplicate_email": 10, "formulas": 10, "full_width_phones": 6, "two_lines": 9}
    for _count in range(truth["no_name"]):
        made[next(spots)][:4] = ["", "", "", ""]
    for count in range(truth["bad_email"]):
        made[next(spots)][6] = BAD_MAILS[count % len(BAD_MAILS)] if count < len(BAD_MAILS) else f"broken{count}@"
    for _count in range(truth["duplicate_email"]):
        made[next(spots)][6] = made[0][6]
    for count in range(truth["formulas"]):
        made[next(spots)][15] = FORMULAS[count % len(FORMULAS)]
    for _count in range(truth["full_width_phones"]):
        made[next(spots)][7] = SHARED
    named = [tuple(row[:2]) for row in made if row[7] == SHARED]
    truth["same_number_and_name"] = len(named) - len(set(named))
    for _count in range(truth["two_lines"]):
        made[next(spots)][15] = '一行目\n二行目, "引用"　おわり'
    return made, truth


def text(separator: str, *, blank_after: tuple[int, ...] = ()) -> str:
    """The whole list as a text with CRLF line ends and blank lines after the given rows."""
    page = io.StringIO(newline="")
    writer = csv.writer(page, delimiter=separator)
    writer.writerow(HEADERS)
    for at, row in enumerate(rows()[0]):
        writer.writerow(row)
        if at in blank_after:
            page.write("\r\n" if at % 2 else separator * 15 + "\r\n")
    return page.getvalue()


def main() -> None:
    """Write the three files and the counts."""
    truth = {**rows()[1], "blank": 3}
    listed = text(",", blank_after=(20, 101, 299))
    (HERE / "leads-cp932.csv").write_bytes(listed.encode("cp932"))
    (HERE / "leads-utf8.csv").write_bytes(listed.encode("utf-8-sig"))
    (HERE / "leads-utf16.tsv").write_bytes(text("\t", blank_after=(20, 101, 299)).encode("utf-16"))
    (HERE / "leads.json").write_text(json.dumps(truth, indent=1) + "\n")


if __name__ == "__main__":
    main()
