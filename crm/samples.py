"""Invented people and companies in Japanese and English, the same for the same number: for the demo and for load."""

from __future__ import annotations

import random
from dataclasses import dataclass

FAMILIES = [
    tuple(pair.split(":"))
    for pair in (
        "佐藤:サトウ 鈴木:スズキ 高橋:タカハシ 田中:タナカ 伊藤:イトウ 渡辺:ワタナベ 山本:ヤマモト 中村:ナカムラ 小林:コバヤシ 加藤:カトウ "
        "吉田:ヨシダ 山田:ヤマダ 佐々木:ササキ 山口:ヤマグチ 松本:マツモト 井上:イノウエ 木村:キムラ 林:ハヤシ 斎藤:サイトウ 清水:シミズ "
        "山崎:ヤマザキ 森:モリ 池田:イケダ 橋本:ハシモト 阿部:アベ 石川:イシカワ 山下:ヤマシタ 中島:ナカジマ 石井:イシイ 小川:オガワ "
        "前田:マエダ 岡田:オカダ 長谷川:ハセガワ 藤田:フジタ 後藤:ゴトウ 近藤:コンドウ 村上:ムラカミ 遠藤:エンドウ 青木:アオキ 坂本:サカモト "
        "福田:フクダ 太田:オオタ 西村:ニシムラ 藤井:フジイ 金子:カネコ 岡本:オカモト 藤原:フジワラ 三浦:ミウラ 中野:ナカノ 原田:ハラダ "
        "鬼頭:キトウ 髙木:タカギ 渡邊:ワタナベ 一ノ瀬:イチノセ 五十嵐:イガラシ 勅使河原:テシガワラ 小鳥遊:タカナシ 中田:ナカタ 東海林:ショウジ 服部:ハットリ"
    ).split()
]
GIVENS = [
    tuple(pair.split(":"))
    for pair in (
        "一郎:イチロウ 健太:ケンタ 大輔:ダイスケ 翔太:ショウタ 拓也:タクヤ 直樹:ナオキ 隆:タカシ 誠:マコト 蓮:レン 陽:ヨウ 悠真:ユウマ 湊:ミナト "
        "花子:ハナコ 結衣:ユイ さくら:サクラ 陽菜:ヒナ 美咲:ミサキ 愛:アイ 葵:アオイ あかり:アカリ 直美:ナオミ 恵子:ケイコ 由美:ユミ 千尋:チヒロ "
        "和夫:カズオ 茂:シゲル 清:キヨシ 豊:ユタカ 明:アキラ 純一:ジュンイチ 真由美:マユミ 久美子:クミコ 智子:トモコ 幸子:サチコ 優:ユウ 凛:リン"
    ).split()
]
LATIN_FAMILIES = (
    "Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White Roberts Green Hall Wood Jackson Clarke "
    "Okafor Lindqvist Fernández O'Connor Nguyen Schmidt Müller Rossi Dubois Novak Kowalski Jensen Hansen Park Kim Lee Chen Wang Garcia Silva"
).split()
LATIN_GIVENS = (
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Sarah Emma Olivia "
    "Harriet Miguel Ann-Sofie Deshawn Ji-woo Amelia Noah Liam Chloé Zoë Lukas Mia Hugo Clara"
).split()
STEMS = (
    "あおば 東雲 大和 瀬戸内 北斗 かえで さくら みなと 青葉 富士 白山 日の出 たちつてと あいうえお かきくけこ さしすせそ 八重洲 銀嶺 有明 常磐 "
    "千歳 朝日 緑風 若松 松風 光陽 三葉 七福 丸善 共立"
).split()
TRADES = "商事 物流 電子 印刷 フーズ テクノ 工業 建設 システム 商店 製作所 交通 薬品 ホテル 出版 食品 硝子 繊維 機械 設計".split()
LATIN_STEMS = (
    "Northwind Bluebird Harbour Cedar Summit Riverside Oakfield Granite Lighthouse Meadow Sterling Falcon Copper Juniper Aurora Pioneer Willow Beacon "
    "Kestrel Maple Atlas Ember Solstice Orchard Tidewater Foxglove Larkspur Redwood Silverline Moorland"
).split()
LATIN_TRADES = (
    "Logistics Foods Electronics Print Textiles Robotics Media Systems Tools Energy Travel Health Glass Motors Software Supplies".split()
)
LATIN_FORMS = "Ltd. Inc. LLC GmbH Co. plc".split()
JOB_TITLES = "代表取締役 部長 課長 係長 主任 担当 購買部長 店長 マネージャー 営業部長".split()
LATIN_JOB_TITLES = ("CEO", "Head of Purchasing", "Office Manager", "Buyer", "Store Manager", "CTO", "Sales Director", "Assistant")
PLACES = [
    ("100-0001", "東京都", "千代田区", "千代田1-1", "丸の内サンプルビル 5階"),
    ("104-0061", "東京都", "中央区", "銀座4-6-16", "銀座サンプルビル 7階"),
    ("530-0001", "大阪府", "大阪市北区", "梅田2-4-9", ""),
    ("460-0008", "愛知県", "名古屋市中区", "栄3-5-1", "栄タワー 12階"),
    ("060-0001", "北海道", "札幌市中央区", "北一条西2丁目", ""),
    ("980-0811", "宮城県", "仙台市青葉区", "一番町3-3-1", ""),
    ("700-0901", "岡山県", "岡山市北区", "本町6-36", "第一ビル 3階"),
    ("810-0001", "福岡県", "福岡市中央区", "天神1-8-1", ""),
    ("220-0011", "神奈川県", "横浜市西区", "高島2-18-1", ""),
    ("600-8216", "京都府", "京都市下京区", "烏丸通七条下ル", ""),
]
LATIN_PLACES = [
    ("SW1A 1AA", "London", "London", "12 Sample Street", "", "GB"),
    ("94103", "CA", "San Francisco", "500 Example Avenue", "Suite 210", "US"),
    ("10115", "Berlin", "Berlin", "Musterstraße 8", "", "DE"),
    ("75002", "Île-de-France", "Paris", "3 rue de l'Exemple", "", "FR"),
    ("10001", "NY", "New York", "77 Test Plaza", "Floor 9", "US"),
]
_ROMAN = "abcdefghijkmnopqrstuvwxyz"
TOPICS = (
    ("見積書", "the quote"), ("契約書", "the contract"), ("デモ", "the demo"), ("サンプル", "the samples"), ("納期", "the delivery date"),
    ("価格表", "the price list"), ("追加発注", "the second order"), ("保守契約", "the maintenance contract"), ("請求書", "the invoice"),
    ("導入計画", "the rollout plan"), ("展示会", "the trade fair"), ("新製品カタログ", "the new catalogue"),
)  # fmt: skip
# What is done about a topic, by kind of activity: in Japanese, in English.
ERRANDS = {
    "task": (
        ("{}の資料を送付", "{}の内容を確認", "{}の準備", "{}の社内確認"),
        ("Send what we have on {}", "Check {}", "Prepare {}", "Ask about {}"),
    ),
    "call": (("{}の件で電話", "{}のお礼の電話", "{}の返事を確認"), ("Call about {}", "Say thanks for {}", "Ask for an answer on {}")),
    "event": (("{}の打ち合わせ", "{}の説明", "訪問（{}）"), ("Meeting on {}", "Walk through {}", "Visit about {}")),
}


@dataclass(slots=True)
class Person:
    """One invented person with a company and all ways to reach them."""

    family: str
    given: str
    family_kana: str
    given_kana: str
    company: str
    job: str
    email: str
    phone: str
    handle: str
    place: tuple[str, ...]
    japanese: bool


def company(number: int, dice: random.Random, japanese: bool) -> str:
    """A company name; large numbers get a branch so that names rarely meet."""
    if japanese:
        stem, trade = dice.choice(STEMS), dice.choice(TRADES)
        name = f"{stem}{trade}" + (f"{dice.choice('東西南北中央')}{number % 97}" if number > 600 else "")
        return dice.choice((f"{name}株式会社", f"株式会社{name}", f"合同会社{name}", f"有限会社{name}"))
    stem = f"{dice.choice(LATIN_STEMS)} {dice.choice(LATIN_TRADES)}"
    return f"{stem}{f' {number % 997}' if number > 480 else ''} {dice.choice(LATIN_FORMS)}"


def subject(kind: str, number: int, dice: random.Random, japanese: bool) -> str:
    """What an activity is about; every second names the company."""
    words = dice.choice(ERRANDS.get(kind, ERRANDS["task"])[not japanese]).format(dice.choice(TOPICS)[not japanese])
    if dice.random() < 0.5:
        return words
    return f"{company(number, dice, True)} {words}" if japanese else f"{words}, {company(number, dice, False)}"


def person(number: int, dice: random.Random, japanese: bool | None = None) -> Person:
    """Person number `number`; four of five are Japanese unless said otherwise."""
    eastern = dice.random() < 0.8 if japanese is None else japanese
    key = f"{dice.choice(_ROMAN)}{dice.choice(_ROMAN)}{number}"
    if eastern:
        (family, family_kana), (given, given_kana) = dice.choice(FAMILIES), dice.choice(GIVENS)
        area, exchange = dice.choice((3, 6, 45, 52, 75, 90, 80)), dice.randrange(2000, 9999)
        # Ten digits on land, eleven on the move.
        phone = f"0{area}-{exchange // 10 if area in {45, 52, 75} else exchange}-{number % 10000:04}"
        place: tuple[str, ...] = (*dice.choice(PLACES), "JP")
        return Person(
            family,
            given,
            family_kana,
            given_kana,
            company(number, dice, True),
            dice.choice(JOB_TITLES),
            f"{key}@example.co.jp",
            phone,
            f"e_{key}",
            place,
            True,
        )
    family, given = dice.choice(LATIN_FAMILIES), dice.choice(LATIN_GIVENS)
    phone = f"+44 20 7946 {number % 10000:04}"
    mail = f"{given[0].lower()}.{key}@example.com"
    return Person(
        family,
        given,
        "",
        "",
        company(number, dice, False),
        dice.choice(LATIN_JOB_TITLES),
        mail,
        phone,
        f"e_{key}",
        dice.choice(LATIN_PLACES),
        False,
    )
