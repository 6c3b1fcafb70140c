"""Facebook on the first day: pages, the people who run them, the people who write to them. The same on every machine.

All people and companies are invented. Ids and times are fixed, so that a test or a tutorial may name them.
"""

from datetime import datetime

from ..store import Row, Store
from . import content, people, settings, tables, talk
from .content import Author, Draft, Remark
from .people import Page, Person

PAGE, CAFE, ROASTERY, OTHER = 101_010_101_010_101, 101_010_101_010_102, 101_010_101_010_103, 202_020_202_020_202
FIRST_STAFF = 901

PAGES = (
    Page(
        PAGE,
        "縁デモ株式会社",
        "enishi.demo",
        "Home goods store",
        "暮らしの道具と豆の店。Tools and beans for the house.",
        "東京",
        1200,
        1300,
        120,
    ),
    Page(CAFE, "縁カフェ Enishi Café", "enishi.cafe", "Café", "豆と本と静かな席。", "鎌倉", 340, 365, 12),
    Page(ROASTERY, "縁ロースタリー", "enishi.roastery", "Coffee roastery", "焙煎所", "横浜", 88, 91, 1, in_business=True),
    Page(OTHER, "青葉商店 Aoba Store", "aoba.store", "Local business", "雑貨と文具", "仙台", 2210, 2300, 60),
)
STAFF = (
    Person("青木 太郎", "太郎", "青木", app_role=True),
    Person("Grace Hill", "Grace", "Hill"),
    Person("高橋 蓮", "蓮", "高橋"),
    Person("Ben Stone", "Ben", "Stone"),
)
ALL_TASKS = " ".join(people.TASKS)
# page, place of the person among the staff, tasks
ROLES = (
    (PAGE, 0, ALL_TASKS),
    (CAFE, 0, ALL_TASKS),
    (ROASTERY, 0, ALL_TASKS),
    (PAGE, 1, "MODERATE MESSAGING ANALYZE"),
    (CAFE, 2, "ANALYZE"),
)
CUSTOMERS = (
    Person("佐藤 花子", "花子", "佐藤"),
    Person("田中 健二", "健二", "田中"),
    Person("Emma Wright", "Emma", "Wright"),
    Person("Liam O’Brien", "Liam", "O’Brien"),
    Person("森 由紀☕️", "由紀☕️", "森"),
    Person("カネコ タクヤ", "タクヤ", "カネコ"),
    Person("Priya Nair", "Priya", "Nair"),
    Person("岡田 商店", "商店", "岡田"),
    Person("Marcus Lee", "Marcus", "Lee"),
    Person("中村 愛 🌸", "愛 🌸", "中村"),
    Person("Tess Tester", "Tess", "Tester", app_role=True),
    Person("髙橋 さくら", "さくら", "髙橋"),
)

# Which of the posts below have pictures, and how many.
PHOTOS = {"o2": 2, "v3": 1}
# key, page, author (None: the page), time, words, reactions
POSTS = (
    ("o1", PAGE, None, "2026-08-03T00:00:00", "夏の新豆が入りました。The summer harvest is here! #縁デモ", 41),
    ("v1", PAGE, "Emma Wright", "2026-08-05T08:30:00", "Do you ship the hand grinder to the UK?", 2),
    ("o2", PAGE, None, "2026-08-20T01:02:03", "新商品のお知らせ: 藍色のマグ、入荷しました。", 18),
    ("v2", PAGE, "佐藤 花子", "2026-08-22T02:10:00", "営業時間を教えてください", 0),
    ("v3", PAGE, "Liam O’Brien", "2026-09-01T17:45:00", "The lid of my kettle arrived bent. Order 20418.", 0),
    ("v4", PAGE, "岡田 商店", "2026-09-09T01:00:00", "先日の催事ではお世話になりました。", 4),
    ("o3", PAGE, None, "2026-09-15T03:00:00", "手挽きミルの手入れ会を開きます。\nGrinder care workshop, October 3rd.", 12),
    ("v5", PAGE, "Marcus Lee", "2026-09-15T20:22:00", "Is the blue mug coming back? My kid broke ours 😢", 5),
    ("v6", PAGE, "髙橋 さくら", "2026-10-04T06:30:00", "ミルの替え刃は店頭でも買えますか。", 1),
    ("v7", PAGE, "Tess Tester", "2026-10-12T09:00:00", "Test post by somebody with a role in the app.", 0),
    ("o4", PAGE, None, "2026-10-20T00:00:00", "秋の福袋、11月1日から予約開始です。", 64),
    ("c1", CAFE, None, "2026-09-20T00:00:00", "鎌倉の朝に、焼きたてのスコーン。", 9),
    ("c2", CAFE, "森 由紀☕️", "2026-09-21T03:00:00", "席の予約はできますか?", 1),
    ("a1", OTHER, None, "2026-09-05T00:00:00", "新学期のノート、揃いました。", 30),
)
# key, author, time, words: on their own profiles, naming the page
TAGS = (
    ("t1", "田中 健二", "2026-08-11T12:00:00", "山頂で飲むコーヒーは最高。豆は縁デモ株式会社さんの。"),
    ("t2", "Priya Nair", "2026-09-02T05:12:00", "Packaging done right by Enishi: no plastic at all 👏🏽"),
    ("t3", "中村 愛 🌸", "2026-09-21T11:11:11", "敬老の日の贈り物に。祖父が喜んでいます👵🏻"),
)
# key, on post, answers comment, author (None: the page), time, words
COMMENTS = (
    ("k1", "o1", None, "佐藤 花子", "2026-08-03T02:14:09", "新豆、香りがとても良いです☕️"),
    ("k2", "o1", "k1", None, "2026-08-03T03:00:00", "ありがとうございます。今年は浅煎りもお試しください。"),
    ("k3", "o2", None, "佐藤 花子", "2026-08-20T01:30:00", "何色がありますか?"),
    ("k4", "o2", "k3", None, "2026-08-20T02:00:00", "藍と白がございます。"),
    ("k5", "o2", None, "Emma Wright", "2026-08-20T09:12:00", "Lovely! Dishwasher safe?"),
    ("k6", "v1", None, None, "2026-08-05T09:02:41", "Yes, it takes about ten days."),
    ("k7", "v1", "k6", "Emma Wright", "2026-08-05T09:10:12", "Thank you for the quick answer!"),
    ("k8", "v3", None, None, "2026-09-01T23:58:10", "We are sorry! We will send a refund for order 20418 today."),
    ("k9", "o3", None, "カネコ タクヤ", "2026-09-16T15:40:00", "土曜も参加できますか?"),
    ("k10", "o4", None, "中村 愛 🌸", "2026-10-20T04:00:00", "楽しみにしています🎁"),
    ("k11", "o4", None, "Priya Nair", "2026-10-21T07:05:00", "Do the bags ship abroad?"),
    ("k12", "c1", None, "髙橋 さくら", "2026-09-20T01:10:00", "スコーン、何時頃まで残っていますか。"),
    ("k13", "a1", None, "佐藤 花子", "2026-09-05T04:00:00", "方眼もありますか"),
)
# author, time, positive, words
RATINGS = (
    ("佐藤 花子", "2026-08-19T10:00:00", True, "親切でした"),
    ("Liam O’Brien", "2026-09-03T18:01:00", True, "Broken lid, but the refund came within a day."),
    ("カネコ タクヤ", "2026-09-12T12:00:00", False, "電話がつながりにくいです。"),
    ("Marcus Lee", "2026-10-01T20:00:00", True, ""),
)
# page, person, lines of (who, time, words)
THREADS = (
    (
        PAGE,
        "佐藤 花子",
        (
            ("them", "2026-08-20T01:55:00", "先日のマグ、贈り物の包装はできますか?"),
            ("us", "2026-08-20T01:58:00", "はい、無料で承ります。"),
            ("them", "2026-08-20T02:00:00", "ありがとうございます"),
        ),
    ),
    (
        PAGE,
        "Emma Wright",
        (
            ("them", "2026-10-28T07:05:00", "Hello, can I change the address of order 20511?"),
            ("us", "2026-10-28T07:20:00", "Of course. Where should it go?"),
            ("them", "2026-10-28T07:31:00", "12 Mill Lane, Bristol. Thanks!"),
        ),
    ),
    (PAGE, "Tess Tester", (("them", "2026-10-12T09:05:00", "Test message by somebody with a role in the app."),)),
    (PAGE, "髙橋 さくら", (("them", "2026-11-02T06:30:00", "替え刃の在庫を教えてください。"),)),
    (CAFE, "森 由紀☕️", (("them", "2026-09-21T03:05:00", "土曜の10時に二名でお願いできますか。"),)),
)


def plant(store: Store) -> None:
    """Make the first day, unless there is a world already."""
    if store.number("SELECT COUNT(*) FROM fb_people"):
        return
    for customer in CUSTOMERS:
        people.add(store, customer)
    for place, person in enumerate(STAFF):
        people.add(store, person, FIRST_STAFF + place)
    # Who is made later comes after everybody: one counter, and the staff has its own range.
    settings.put(store, "next_person", FIRST_STAFF + 100)
    for page in PAGES:
        people.add_page(store, page)
    for page_id, place, tasks in ROLES:
        store.run("INSERT INTO fb_roles VALUES (?, ?, ?)", page_id, FIRST_STAFF + place, tasks)
    posts = _posts(store)
    _comments(store, posts)
    for name, moment, positive, text in RATINGS:
        content.rate(store, _page(store, PAGE), _person(store, name), positive, text, _ms(moment))
    for page_id, name, lines in THREADS:
        _thread(store, _page(store, page_id), _person(store, name), lines)


def clear(store: Store, keep_tokens: bool) -> None:
    """Empty the world of Facebook; registered apps and their webhooks stay, as they would outside."""
    for table in tables.WORLD if keep_tokens else tables.WORLD + tables.SIGN_IN:
        store.run(f"DELETE FROM {table}")  # noqa: S608 (names from the constants above)
    store.run("DELETE FROM deliveries WHERE network = 'facebook'")


def _posts(store: Store) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for key, page_id, name, moment, text, reactions in POSTS:
        author = Author(person=_person(store, name)) if name else Author(page=page_id)
        photos = tuple(_photo(store, page_id) for _one in range(PHOTOS.get(key, 0)))
        kind = "added_photos" if photos else "wall_post" if name else "mobile_status_update"
        draft = Draft(page_id, author, text, kind=kind, photos=photos, shares=reactions // 20)
        found[key] = content.publish(store, draft, _ms(moment))
        for place in range(min(reactions, len(CUSTOMERS))):
            kind = content.REACTIONS[place % 3]
            content.react(store, found[key], Author(person=place + 1), kind, _ms(moment) + 60_000 * (place + 1))
    for key, name, moment, text in TAGS:
        number = _person(store, name)
        draft = Draft(content.PROFILES + number, Author(person=number), text, kind=content.TAG, tagged=PAGE)
        found[key] = content.publish(store, draft, _ms(moment))
    return found


def _comments(store: Store, posts: dict[str, Row]) -> None:
    found: dict[str, Row] = {}
    for key, on, answers, name, moment, text in COMMENTS:
        post = posts[on]
        author = Author(person=_person(store, name)) if name else Author(page=post["owner"])
        found[key] = content.remark(store, Remark(post, author, text, found[answers] if answers else None), _ms(moment))


def _thread(store: Store, page: Row, person: int, lines: tuple[tuple[str, str, str], ...]) -> None:
    for who, moment, text in lines:
        if who == "them":
            talk.write(store, page, person, text, at_ms=_ms(moment))
        else:
            talk.answer(store, page, person, text, [], "", at_ms=_ms(moment))


def _photo(store: Store, page: int) -> int:
    number = settings.number(store, "photo")
    store.run("INSERT INTO fb_photos VALUES (?, ?, '', 1)", number, page)
    return number


def _person(store: Store, name: str) -> int:
    return store.number("SELECT id FROM fb_people WHERE name = ?", name)


def _page(store: Store, number: int) -> Row:
    page = people.page(store, number)
    assert page is not None  # noqa: S101
    return page


def _ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment + "+00:00").timestamp() * 1000)
