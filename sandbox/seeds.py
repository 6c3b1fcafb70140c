"""The world on the first day: a brand account and its customers, the same on every machine.

All people and companies are invented. Ids and times are fixed, so that a test or a tutorial may name them.
"""

from dataclasses import replace
from datetime import datetime

from . import people, posts
from .people import Person
from .posts import Draft
from .store import TABLES_OF_SIGN_IN, TABLES_OF_THE_WORLD, Store
from .x import first_day, tables

BRAND_ID = 1_500_000_000_000_000_900
FIRST_CUSTOMER_ID = 1_500_000_000_000_000_001
JOINED = "2015-04-01T00:00:00+00:00"

BRAND = Person(
    "enishi_demo", "縁デモ株式会社", "暮らしの道具と豆の店。Tools and beans for the house.", "東京", True, followers=1280, following=96
)

CUSTOMERS = (
    Person("sato_hanako", "佐藤 花子", "コーヒー好き", "東京", followers=120, following=80),
    Person("kenji_tanaka", "田中 健二", "自転車と山。", "長野", followers=342, following=210),
    Person("emma_w_2026", "Emma Wright", "Baker, runner, bad at chess.", "Bristol", followers=95, following=150),
    Person("liam_obrien", "Liam O’Brien", "I fix radios.", "Cork", followers=51, following=77),
    Person("yuki_mori", "森 由紀☕️", "喫茶店めぐり", "京都", followers=904, following=415),
    Person("takuya_k", "カネコ タクヤ", "深夜ラジオ", "大阪", followers=33, following=61),
    Person("priya_n", "Priya Nair", "Product person. Tea over coffee.", "Bengaluru", followers=2210, following=640),
    Person("okada_shoten", "岡田商店(公式)", "金物と荒物。創業1921年", "新潟", followers=418, following=120),
    Person("marcus_lee", "Marcus Lee", "Dad of three.", "Vancouver", followers=14, following=42),
    Person("nakamura_ai", "中村 愛 🌸", "二児の母", "福岡", followers=187, following=203),
    Person("shy_fox", "Shy Fox", "Friends only.", "", protected=True, followers=9, following=11),
    Person("loud_offers", "Loud Offers", "", "", suspended=True, followers=1, following=900),
)

LONG = (
    "@enishi_demo 長くなりますが感想です。先週末に注文した手挽きミルが、台風で遅れると聞いていたのに予定通り届きました。"
    "箱を開けると木の香りがして、刃の調整も説明書の通りで迷いませんでした。朝の一杯が楽しみになり、"
    "家族も豆を選ぶようになりました。ひとつだけ、取っ手のねじが少しゆるみやすいので、締め方の動画があると助かります。"
    "次は同じ色のケトルを買うつもりです。いつも丁寧な梱包をありがとうございます。"
)

# key, author, time, text, what it answers (a key), its likes
POSTS = (
    ("p1", "enishi_demo", "2026-08-03T00:00:00", "夏の新豆が入りました。The summer harvest is here! #縁デモ", None, 41),
    ("p2", "sato_hanako", "2026-08-03T02:14:09", "@enishi_demo 新豆、香りがとても良いです☕️", "p1", 6),
    ("p3", "emma_w_2026", "2026-08-05T08:30:00", "@enishi_demo Do you ship the hand grinder to the UK?", None, 2),
    ("p4", "enishi_demo", "2026-08-05T09:02:41", "@emma_w_2026 Yes, it takes about ten days.", "p3", 1),
    ("p5", "emma_w_2026", "2026-08-05T09:10:12", "@enishi_demo Lovely, thank you for the quick answer!", "p4", 1),
    ("p6", "kenji_tanaka", "2026-08-11T12:00:00", "山頂で飲むコーヒーは最高。豆は縁デモさんの。", None, 12),
    ("p7", "yuki_mori", "2026-08-14T03:20:30", LONG, None, 18),
    ("p8", "liam_obrien", "2026-08-19T17:45:00", "@enishi_demo The lid of my kettle arrived bent. Order 20418.", None, 0),
    ("p9", "enishi_demo", "2026-08-19T23:58:10", "@liam_obrien We are sorry! We will send a refund for order 20418 today.", "p8", 0),
    ("p10", "liam_obrien", "2026-08-22T18:01:00", "@enishi_demo Refund received, all solved. Thank you.", "p9", 3),
    ("p11", "takuya_k", "2026-08-30T15:40:00", "@enishi_demo 営業時間を教えてください。土日もやっていますか?", None, 0),
    ("p12", "enishi_demo", "2026-08-31T00:05:00", "@takuya_k 土日も10時から18時まで営業しております。", "p11", 1),
    ("p13", "priya_n", "2026-09-02T05:12:00", "Packaging done right by @enishi_demo: no plastic at all 👏🏽", None, 88),
    ("p14", "okada_shoten", "2026-09-09T01:00:00", "@enishi_demo 先日の催事ではお世話になりました。", None, 4),
    ("p15", "marcus_lee", "2026-09-15T20:22:00", "@enishi_demo Is the blue mug coming back? My kid broke ours 😢", None, 5),
    ("p16", "nakamura_ai", "2026-09-21T11:11:11", "@enishi_demo 敬老の日の贈り物に使いました。祖父が喜んでいます👵🏻", None, 23),
    ("p17", "shy_fox", "2026-09-25T09:00:00", "@enishi_demo (only my friends can see this)", None, 0),
    ("p18", "loud_offers", "2026-09-26T09:00:00", "@enishi_demo CHEAP FOLLOWERS https://offers.example/now", None, 0),
    ("p19", "kenji_tanaka", "2026-10-04T06:30:00", "@enishi_demo ミルの替え刃は店頭でも買えますか。", None, 1),
    ("p20", "sato_hanako", "2026-10-12T22:48:00", "朝の散歩。金木犀の香り。", None, 9),
    ("p21", "enishi_demo", "2026-10-20T00:00:00", "秋の福袋、11月1日から予約開始です。 https://enishi.example/autumn", None, 64),
    ("p22", "emma_w_2026", "2026-10-28T07:05:00", "@enishi_demo The grinder still runs like on day one.", None, 7),
)


def plant(store: Store) -> None:
    """Make the first day, unless there is a world already."""
    if store.number("SELECT COUNT(*) FROM people"):
        return
    joined = _ms(JOINED)
    people.add(store, BRAND, BRAND_ID, joined)
    for place, customer in enumerate(CUSTOMERS):
        people.add(store, customer, FIRST_CUSTOMER_ID + place, joined)
    # Ids come from the clock of the seeds; the counter continues above them even where the machine's clock is behind.
    known: dict[str, int] = {}
    for key, author, moment, text, answers, likes in POSTS:
        person = people.by_username(store, author)
        draft = Draft(person["id"] if person else BRAND_ID, text, likes=likes)
        if answers:
            draft = replace(draft, reply_to=known[answers])
        known[key] = posts.publish(store, draft, _ms(moment + "+00:00"))["id"]
    first_day.plant(store)


def clear(store: Store, keep_tokens: bool) -> None:
    """Empty the world of X."""
    world = TABLES_OF_THE_WORLD + tables.TABLES
    for table in world if keep_tokens else world + TABLES_OF_SIGN_IN + tables.TABLES_OF_APPS:
        store.run(f"DELETE FROM {table}")  # noqa: S608 (names from the constants above)


def _ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
