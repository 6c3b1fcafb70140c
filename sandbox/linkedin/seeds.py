"""LinkedIn on the first day: a page, its people, customers in both languages; the same on every machine.

All people and companies are invented. Ids and times are fixed, so that a test or a tutorial may name them.
"""

import os
from datetime import datetime
from typing import Any

from .. import apps
from ..store import Store
from . import feed, little, members, urns
from .feed import Draft
from .members import Member
from .schema import TABLES_OF_SIGN_IN, TABLES_OF_THE_WORLD

DEFAULT_REDIRECTS = "http://localhost:8000/social/connect/linkedin/callback,http://127.0.0.1:8000/social/connect/linkedin/callback"
PAGE = 5_515_715

ORGANIZATIONS = (
    (PAGE, "enishi-demo", "縁デモ株式会社", "https://enishi.example", 1_342),
    (5_515_801, "hikari-denshi", "ひかり電子株式会社", "https://hikari-denshi.example.co.jp", 8_210),
    (5_515_802, "northwind-hotels", "Northwind Hotels Ltd.", "https://northwind-hotels.example.com", 12_904),
    (5_515_803, "aiueo-retail", "あいうえお株式会社", "https://aiueo.example.co.jp", 640),
    (5_515_804, "cedar-and-lane", "Cedar & Lane Coworking Inc.", "https://cedarlane.example.com", 415),
    (5_515_805, "tachitsute", "たちつて株式会社", "https://tachitsute.example.co.jp", 233),
)


def _job(title: str, company: str, year: int, month: int = 4, until: int | None = None) -> dict[str, Any]:
    end = {"endDate": {"year": until, "month": 3}} if until else {}
    return {"title": title, "company": {"name": company}, "isCurrent": until is None, "startDate": {"year": year, "month": month}, **end}


def _school(name: str, degree: str, start: int, end: int) -> dict[str, Any]:
    return {"schoolName": name, "degree": degree, "startDate": {"year": start}, "endDate": {"year": end}}


def _japanese(number: str, vanity: str, last: str, first: str, headline: str, place: str, *more: list[dict[str, Any]]) -> Member:
    return Member(number, vanity, first, last, headline, place=place, positions=more[0], educations=more[1])


def _english(
    number: str, vanity: str, first: str, last: str, headline: str, place: str, country: str, *more: list[dict[str, Any]]
) -> Member:
    return Member(number, vanity, first, last, headline, "", country, "en", place, more[0], more[1])


OURS, HIKARI, NORTHWIND, RETAIL = "縁デモ株式会社", "ひかり電子株式会社", "Northwind Hotels Ltd.", "あいうえお株式会社"
MEMBERS = (
    _japanese("782bbtaQ", "maeda-mei", "前田", "芽衣", "縁デモ株式会社 広報", "東京", [_job("広報", OURS, 2019)], [_school("一橋大学", "学士", 2011, 2015)]),
    _japanese("5kTq81xW", "aoki-shun", "青木", "俊", "縁デモ株式会社 営業", "東京", [_job("営業", OURS, 2021)], [_school("明治大学", "学士", 2014, 2018)]),
    _english("Qm42ZpLr", "dana-cole", "Dana", "Cole", "Sales at Enishi Demo", "Tokyo", "JP", [_job("Sales", OURS, 2022)], []),
    _japanese(
        "8675309abc",
        "sato-hanako",
        "佐藤",
        "花子",
        "購買部 課長",
        "東京",
        [_job("課長", "たちつて株式会社", 2020), _job("主任", "緑風商事株式会社", 2012, 4, 2020)],
        [_school("東京大学", "学士", 2000, 2004)],
    ),
    _japanese(
        "Hk3nW9sa",
        "sato-miwako",
        "佐藤",
        "美和子",
        "ひかり電子株式会社 総務部長",
        "東京",
        [_job("総務部長", HIKARI, 2018), _job("総務課長", HIKARI, 2010, 4, 2018)],
        [_school("お茶の水女子大学", "学士", 1996, 2000)],
    ),
    _japanese("Hk3nW9sb", "sato-miwako-design", "佐藤", "美和子", "グラフィックデザイナー", "札幌", [_job("フリーランス", "自営", 2015)], []),
    _japanese("Kt07rYo1", "kitano-ryo", "北野", "亮", "購買課 主任", "東京", [_job("購買課 主任", HIKARI, 2016)], [_school("東北大学", "修士", 2008, 2014)]),
    _japanese("Kk55keiK", "kakiku-keiko", "柿久", "恵子", "店舗運営部長", "東京", [_job("店舗運営部長", RETAIL, 2014)], [_school("大阪大学", "学士", 1994, 1998)]),
    _japanese("Ok81renA", "okada-rena", "岡田", "玲奈", "ホテル支配人", "京都", [_job("支配人", "Northwind Hotels Kyoto 合同会社", 2021)], []),
    _japanese("Hy33gaki", "hayami-yoshiaki", "速水", "義明", "事務長", "岡山", [_job("事務長", "医療法人さくらが丘会", 2009)], [_school("岡山大学", "学士", 1990, 1994)]),
    _japanese("Ts90saku", "tsuda-sakura", "津田", "桜", "代表取締役", "名古屋", [_job("代表取締役", "つばめ印刷株式会社", 2017)], []),
    _english(
        "Wm28harT",
        "harriet-whitmore",
        "Harriet",
        "Whitmore",
        "Head of Guest Services",
        "London",
        "GB",
        [_job("Head of Guest Services", NORTHWIND, 2017, 9), _job("Duty Manager", "Meadow Hotels plc", 2011, 2, 2017)],
        [_school("University of Surrey", "BSc", 2004, 2007)],
    ),
    _english("Ln64marC", "marcus-lane", "Marcus", "Lane", "Founder", "San Francisco", "US", [_job("Founder", "Cedar & Lane Coworking Inc.", 2020, 1)], []),
    _english("Vg17ankE", "anke-vogel", "Anke", "Vogel", "Office Lead", "Berlin", "DE", [_job("Office Lead", "Harbour Robotics GmbH", 2019, 6)], [_school("TU Berlin", "MSc", 2009, 2014)]),
    _english("Wr52emmA", "emma-wright", "Emma", "Wright", "Baker and café owner", "Bristol", "GB", [_job("Owner", "Wright & Daughters", 2014, 3)], []),
)  # fmt: skip

ROLES = (("maeda-mei", "ADMINISTRATOR"), ("aoki-shun", "ADMINISTRATOR"), ("dana-cole", "CONTENT_ADMINISTRATOR"))
KNOWN = {
    "maeda-mei": ("aoki-shun", "dana-cole", "sato-miwako", "kitano-ryo", "harriet-whitmore", "emma-wright"),
    "aoki-shun": ("dana-cole", "sato-hanako", "kakiku-keiko", "marcus-lane"),
    "sato-miwako": ("kitano-ryo", "hayami-yoshiaki"),
}
FOLLOWERS = ("sato-hanako", "sato-miwako", "kitano-ryo", "okada-rena", "harriet-whitmore", "anke-vogel", "emma-wright")

US = "@[縁デモ株式会社](urn:li:organization:5515715)"
# key, author (a vanity name, or "us"), time, little text, visibility, what it shares
POSTS = (
    ("p1", "us", "2026-09-02T00:00:00", "新サービスを始めました {hashtag|\\#|縁デモ}", "PUBLIC", None),
    ("p2", "sato-miwako", "2026-09-10T03:20:00", "新研究棟のカフェコーナー、社員の声を集めています☕️", "PUBLIC", None),
    ("p3", "us", "2026-09-24T01:00:00", "Our autumn tasting opens on November 1. Come and see us!", "PUBLIC", None),
    ("p4", "harriet-whitmore", "2026-10-02T08:30:00", "Hiring two night managers in Kyoto. Ask me anything.", "PUBLIC", None),
    ("p5", "kitano-ryo", "2026-10-05T11:00:00", "社内向け: 共同購買の打ち合わせは来週です。", "CONNECTIONS", None),
    ("p6", "emma-wright", "2026-10-08T07:45:00", f"Two years with the grinder of {US} and it still runs like on day one 👏🏽", "PUBLIC", None),
    ("p7", "kakiku-keiko", "2026-10-14T05:05:00", f"{US} さんの試飲会、とても勉強になりました。", "PUBLIC", None),
    ("p8", "us", "2026-10-20T00:00:00", "秋の福袋、11月1日から予約を始めます。https://enishi.example/autumn", "PUBLIC", None),
    ("p9", "marcus-lane", "2026-10-21T16:00:00", "Worth a look for anyone who runs an office kitchen.", "PUBLIC", "p8"),
    ("p10", "sato-hanako", "2026-10-25T22:48:00", "朝の散歩。金木犀の香り。", "PUBLIC", None),
)  # fmt: skip
# key, post, author, time, plain text, what it answers
COMMENTS = (
    ("c1", "p1", "sato-hanako", "2026-09-02T02:10:00", "導入事例を教えてください", None),
    ("c2", "p1", "us", "2026-09-02T04:00:00", "お問い合わせありがとうございます。資料をお送りします。", "c1"),
    ("c3", "p3", "harriet-whitmore", "2026-09-24T09:12:00", "Do you deliver samples to London?", None),
    ("c4", "p8", "kitano-ryo", "2026-10-20T02:30:00", "法人での予約もできますか(10セットほど)?", None),
    ("c5", "p8", "anke-vogel", "2026-10-22T13:00:00", "Is there an English order form?", None),
)
# post, author, time, kind
REACTIONS = (
    ("p1", "sato-hanako", "2026-09-02T02:09:00", "LIKE"),
    ("p1", "okada-rena", "2026-09-02T06:00:00", "PRAISE"),
    ("p8", "sato-miwako", "2026-10-20T00:30:00", "LIKE"),
    ("p8", "harriet-whitmore", "2026-10-20T08:00:00", "EMPATHY"),
    ("p2", "kitano-ryo", "2026-09-10T04:00:00", "LIKE"),
)


def app_name() -> str:
    """The client id of the demo's app."""
    return os.environ.get("SANDBOX_LINKEDIN_CLIENT_ID", "sandbox-linkedin")


def register_app(store: Store) -> None:
    """The app of the demo."""
    apps.register_named(store, "SANDBOX_LINKEDIN_", "sandbox-linkedin", "sandbox-linkedin-secret", DEFAULT_REDIRECTS)


def plant(store: Store) -> None:
    """Make the first day, unless there is a world already."""
    if store.number("SELECT COUNT(*) FROM li_members"):
        return
    for row in ORGANIZATIONS:
        store.run("INSERT INTO li_organizations VALUES (?, ?, ?, ?, ?)", *row)
    for one in MEMBERS:
        members.add(store, one)
    ids = {one.vanity: one.id for one in MEMBERS}
    for vanity, role in ROLES:
        members.set_role(store, ids[vanity], PAGE, role, "APPROVED")
    for vanity, others in KNOWN.items():
        for other in others:
            members.connect(store, ids[vanity], ids[other])
    for vanity in FOLLOWERS:
        store.run("INSERT INTO li_followers VALUES (?, ?)", PAGE, ids[vanity])
    _talk(store, {"us": urns.organization(PAGE), **{vanity: urns.person(number) for vanity, number in ids.items()}})


def clear(store: Store, keep_tokens: bool) -> None:
    """Empty the world of LinkedIn; the key that signs stays."""
    for table in TABLES_OF_THE_WORLD if keep_tokens else TABLES_OF_THE_WORLD + TABLES_OF_SIGN_IN:
        store.run(f"DELETE FROM {table}")  # noqa: S608 (names from the constants of the schema)


def _talk(store: Store, names: dict[str, str]) -> None:
    """Everything in the order of its time, for ids grow with it."""
    posts: dict[str, Any] = {}
    said: dict[str, int] = {}

    def publish(key: str, author: str, moment: str, text: str, visibility: str, shared: str | None) -> None:
        parent = posts[shared]["id"] if shared else None
        posts[key] = feed.publish(store, Draft(names[author], text, visibility=visibility, parent=parent), _ms(moment))

    def comment(key: str, post: str, author: str, moment: str, text: str, answers: str | None) -> None:
        parent = said[answers] if answers else None
        said[key] = feed.comment(store, posts[post], names[author], little.escape(text), parent, _ms(moment))["id"]

    def react(post: str, author: str, moment: str, kind: str) -> None:
        feed.react(store, posts[post], None, names[author], kind, _ms(moment))

    steps = (
        [(row[2], publish, row) for row in POSTS]
        + [(row[3], comment, row) for row in COMMENTS]
        + [(row[2], react, row) for row in REACTIONS]
    )
    for _, step, row in sorted(steps, key=lambda one: one[0]):
        step(*row)


def _ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment + "+00:00").timestamp() * 1000)
