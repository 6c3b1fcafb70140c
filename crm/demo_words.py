"""What the people of the demo organisation deal with: companies, deals, what was said and done. Told in both languages."""

from __future__ import annotations

from typing import Any

# One line each, however long.
# fmt: off

# Key, name, furigana, industry, type, owner, parent, website, place (index into samples.PLACES or -n into LATIN_PLACES), employees.
ACCOUNTS = [
    ("hikari", "ひかり電子株式会社", "ヒカリデンシ", "manufacturing", "customer", "ann", "", "hikari-denshi.example.co.jp", 0, 1800),
    ("hikari-kansai", "ひかり電子関西株式会社", "ヒカリデンシカンサイ", "manufacturing", "customer", "carol", "hikari", "kansai.hikari-denshi.example.co.jp", 2, 320),
    ("hikari-log", "ひかりロジスティクス株式会社", "ヒカリロジスティクス", "logistics", "prospect", "aoki", "hikari", "log.hikari-denshi.example.co.jp", 8, 240),
    ("aiueo", "あいうえお株式会社", "アイウエオ", "retail", "customer", "aoki", "", "aiueo.example.co.jp", 1, 450),
    ("northwind", "Northwind Hotels Ltd.", "", "food", "customer", "ann", "", "northwind-hotels.example.com", -1, 900),
    ("northwind-kyoto", "Northwind Hotels Kyoto 合同会社", "ノースウィンドホテルズキョウト", "food", "customer", "ken", "northwind", "kyoto.northwind-hotels.example.com", 9, 85),
    ("sakuragaoka", "医療法人さくらが丘会", "サクラガオカカイ", "medical", "customer", "ken", "", "sakuragaoka.example.or.jp", 6, 260),
    ("tsubame", "つばめ印刷株式会社", "ツバメインサツ", "manufacturing", "customer", "aoki", "", "tsubame-print.example.co.jp", 3, 130),
    ("cedar", "Cedar & Lane Coworking Inc.", "", "construction", "prospect", "ann", "", "cedarlane.example.com", -2, 60),
    ("shirayuki", "白雪フーズ株式会社", "シラユキフーズ", "food", "partner", "haruka", "", "shirayuki.example.co.jp", 4, 520),
    ("midori", "学校法人みどり学園", "ミドリガクエン", "education", "prospect", "carol", "", "midori.example.ac.jp", 5, 210),
    ("harbour", "Harbour Robotics GmbH", "", "it", "customer", "bob", "", "harbour-robotics.example.com", -3, 140),
    ("minato", "港南市役所", "コウナンシヤクショ", "public", "prospect", "haruka", "", "konan.example.lg.jp", 8, 1100),
    ("kissa", "喫茶チェーン 珈琲日和株式会社", "コーヒービヨリ", "food", "customer", "carol", "", "coffee-biyori.example.co.jp", 7, 95),
    ("beans", "Finca Aurora S.A.", "", "wholesale", "vendor", "bob", "", "finca-aurora.example.com", -4, 40),
    ("rival", "オフィス珈琲サービス株式会社", "オフィスコーヒーサービス", "wholesale", "competitor", "bob", "", "ocs.example.co.jp", 0, 700),
]

# Key, account, family, given, furigana, title, mail, phone; the first one of an account is its primary contact.
CONTACTS = [
    ("sato", "hikari", "佐藤", "美和子", "サトウ", "ミワコ", "総務部長", "m.sato@hikari-denshi.example.co.jp", "03-5550-0101"),
    ("kitano", "hikari", "北野", "亮", "キタノ", "リョウ", "購買課 主任", "kitano@hikari-denshi.example.co.jp", "03-5550-0102"),
    ("ueda", "hikari-kansai", "上田", "千夏", "ウエダ", "チナツ", "総務課長", "ueda@kansai.hikari-denshi.example.co.jp", "06-5550-0111"),
    ("oba", "hikari-log", "大場", "修", "オオバ", "オサム", "センター長", "oba@log.hikari-denshi.example.co.jp", "045-555-0121"),
    ("kakiku", "aiueo", "柿久", "恵子", "カキク", "ケイコ", "店舗運営部長", "kakiku@aiueo.example.co.jp", "03-5550-0131"),
    ("sashisu", "aiueo", "指須", "聡", "サシス", "サトシ", "購買担当", "sashisu@aiueo.example.co.jp", "090-5550-0132"),
    ("whitmore", "northwind", "Whitmore", "Harriet", "", "", "Head of Guest Services", "h.whitmore@northwind-hotels.example.com", "+44 20 7946 0141"),
    ("okada", "northwind-kyoto", "岡田", "玲奈", "オカダ", "レナ", "支配人", "okada@kyoto.northwind-hotels.example.com", "075-555-0151"),
    ("hayami", "sakuragaoka", "速水", "義明", "ハヤミ", "ヨシアキ", "事務長", "hayami@sakuragaoka.example.or.jp", "086-555-0161"),
    ("tsuda", "tsubame", "津田", "桜", "ツダ", "サクラ", "代表取締役", "tsuda@tsubame-print.example.co.jp", "052-555-0171"),
    ("lane", "cedar", "Lane", "Marcus", "", "", "Founder", "marcus@cedarlane.example.com", "+1 415 555 0181"),
    ("yukimura", "shirayuki", "雪村", "大地", "ユキムラ", "ダイチ", "営業企画", "yukimura@shirayuki.example.co.jp", "011-555-0191"),
    ("midorikawa", "midori", "緑川", "文", "ミドリカワ", "フミ", "法人事務局", "midorikawa@midori.example.ac.jp", "022-555-0201"),
    ("vogel", "harbour", "Vogel", "Anke", "", "", "Office Lead", "a.vogel@harbour-robotics.example.com", "+49 30 5550 0211"),
    ("minami", "minato", "南", "浩二", "ミナミ", "コウジ", "管財課 係長", "minami@konan.example.lg.jp", "045-555-0221"),
    ("kohi", "kissa", "古日", "薫", "コヒ", "カオル", "店舗開発部", "kohi@coffee-biyori.example.co.jp", "092-555-0231"),
    ("mora", "beans", "Mora", "Lucía", "", "", "Exports", "lucia@finca-aurora.example.com", "+33 1 55 55 02 41"),
]

# Account, name, amount, type, path of (stage, days ago), days until closing, owner, more.
# What other currencies are worth in yen: currency, rate, and how many days ago it began.
RATES = [("USD", "148.20", 300), ("USD", "153.40", 40), ("GBP", "188.50", 300), ("GBP", "201.30", 40)]
DEALS = [
    ("hikari", "本社 全フロア コーヒーマシン 24台", 6_480_000, "new", [("qualification", 210), ("analysis", 190), ("proposal", 150), ("negotiation", 120), ("won", 95)], -95, "ann", {"next_step": ""}),
    ("hikari", "保守契約 更新(年間)", 1_200_000, "renewal", [("qualification", 25), ("proposal", 12), ("negotiation", 3)], 6, "ann", {"next_step": "押印済み契約書の返送待ち"}),
    ("hikari", "新研究棟 カフェコーナー", 3_900_000, "existing", [("qualification", 34), ("analysis", 20), ("proposal", 8)], 40, "ann", {"next_step": "レイアウト案を佐藤部長に説明", "competitor": "オフィス珈琲サービス株式会社", "campaign": "オフィス環境展 2026"}),
    ("hikari-kansai", "大阪支社 マシン入替 8台", 2_160_000, "existing", [("qualification", 60), ("analysis", 41), ("proposal", 30), ("won", 9)], -9, "carol", {}),
    ("hikari-log", "物流センター 休憩室 6か所", 1_740_000, "new", [("qualification", 18), ("analysis", 5)], 55, "aoki", {"next_step": "現地調査 日程調整"}),
    ("aiueo", "店舗向け 豆の定期便 12店", 2_880_000, "new", [("qualification", 330), ("analysis", 300), ("proposal", 280), ("won", 262)], -262, "aoki", {}),
    ("aiueo", "定期便 更新 12店 → 15店", 3_600_000, "renewal", [("qualification", 40), ("proposal", 21), ("negotiation", 7)], 3, "aoki", {"next_step": "15店分の単価を再見積", "campaign": "定期便 更新キャンペーン"}),
    ("aiueo", "レジ横ドリップマシン 導入", 980_000, "existing", [("qualification", 150), ("analysis", 130), ("lost", 101)], -101, "aoki", {"lost_reason": "設置場所が確保できなかった"}),
    ("aiueo", "本部オフィス サーバー 4台", 720_000, "existing", [("qualification", 12)], 75, "aoki", {}),
    ("northwind", "In-room coffee, London properties", 8_400_000, "new", [("qualification", 260), ("analysis", 231), ("proposal", 205), ("negotiation", 180), ("won", 160)], -160, "ann", {}),
    ("northwind", "Breakfast bar machines, Leeds", 12_500, "existing", [("qualification", 30), ("analysis", 16), ("proposal", 4)], 18, "ann", {"next_step": "Send samples of the Aurora blend", "currency": "GBP"}),
    ("northwind", "Staff kitchens, pilot", 640_000, "existing", [("qualification", 190), ("lost", 140)], -140, "ann", {"lost_reason": "Budget moved to next year"}),
    ("northwind-kyoto", "客室用カプセル 60室", 1_560_000, "new", [("qualification", 70), ("analysis", 52), ("proposal", 33), ("negotiation", 15), ("won", 2)], -2, "ken", {}),
    ("sakuragaoka", "待合室 3か所 と 職員ラウンジ", 1_890_000, "new", [("qualification", 95), ("analysis", 80), ("proposal", 44), ("negotiation", 10)], 9, "ken", {"next_step": "理事会の承認待ち"}),
    ("sakuragaoka", "夜間対応 保守プラン", 360_000, "existing", [("qualification", 8)], 50, "ken", {}),
    ("tsubame", "工場棟 自販型マシン 3台", 1_350_000, "new", [("qualification", 120), ("analysis", 100), ("proposal", 78), ("won", 50)], -50, "aoki", {}),
    ("cedar", "Three floors, flat rate per desk", 4_100_000, "new", [("qualification", 45), ("analysis", 28), ("proposal", 14)], 22, "ann", {"next_step": "Marcus compares us with a lease", "competitor": "Office Coffee Service", "campaign": "Autumn tasting"}),
    ("shirayuki", "共同キャンペーン 冬のブレンド", 1_000_000, "existing", [("qualification", 20), ("analysis", 9)], 33, "haruka", {}),
    ("midori", "学生ホール カフェ運営", 5_200_000, "new", [("qualification", 85), ("analysis", 61), ("proposal", 35)], 62, "carol", {"next_step": "入札仕様書の確認"}),
    ("midori", "職員室 マシン 10台", 1_450_000, "new", [("qualification", 140), ("proposal", 112), ("lost", 88)], -88, "carol", {"lost_reason": "価格", "competitor": "オフィス珈琲サービス株式会社"}),
    ("harbour", "Berlin office, beans and service", 1_980_000, "new", [("qualification", 160), ("analysis", 141), ("proposal", 120), ("won", 99)], -99, "bob", {}),
    ("harbour", "Second floor and workshop", 1_120_000, "existing", [("qualification", 15), ("proposal", 2)], 12, "bob", {"next_step": "Call Anke about the water line"}),
    ("minato", "庁舎 1階 待合スペース", 2_700_000, "new", [("qualification", 50), ("analysis", 24)], 100, "haruka", {"next_step": "見積合わせ(3社)"}),
    ("kissa", "新店 5店舗 焙煎機リース", 9_600_000, "new", [("qualification", 110), ("analysis", 92), ("proposal", 60), ("negotiation", 22)], 14, "carol", {"next_step": "リース会社の審査結果"}),
    ("kissa", "既存店 ミル交換", 540_000, "existing", [("qualification", 200), ("proposal", 185), ("won", 170)], -170, "carol", {}),
]

# Kind, subject, days from today, who, account, priority: negative days that are not done are overdue.
ACTIVITIES = [
    ("event", "Video call: Leeds breakfast bar", 0, "ann", "northwind", "normal"),
    ("event", "本部 打ち合わせ(15店の配送)", 0, "aoki", "aiueo", "normal"),
    ("call", "保守契約の返送について確認の電話", 0, "ann", "hikari", "high"),
    ("task", "カフェコーナーのレイアウト案を送付", -2, "ann", "hikari", "high"),
    ("event", "佐藤部長 訪問(新研究棟)", 3, "ann", "hikari", "normal"),
    ("task", "Send samples of the Aurora blend to Leeds", 0, "ann", "northwind", "normal"),
    ("call", "Ask Harriet who signs for Leeds", 1, "ann", "northwind", "normal"),
    ("task", "Answer Marcus: lease against flat rate", -4, "ann", "cedar", "high"),
    ("task", "15店分の単価を再見積", 0, "aoki", "aiueo", "high"),
    ("event", "あいうえお 定例会", 2, "aoki", "aiueo", "normal"),
    ("call", "指須様 導入時期の確認", -1, "aoki", "aiueo", "normal"),
    ("task", "物流センター 現地調査の日程を出す", -6, "aoki", "hikari-log", "normal"),
    ("task", "リース会社に審査状況を確認", 0, "carol", "kissa", "high"),
    ("event", "みどり学園 入札説明会", 5, "carol", "midori", "high"),
    ("task", "入札仕様書の読み合わせ", -3, "carol", "midori", "normal"),
    ("call", "理事会の結果を聞く", 0, "ken", "sakuragaoka", "high"),
    ("task", "夜間保守プランの資料作成", 4, "ken", "sakuragaoka", "low"),
    ("task", "カプセル初回納品の立会い", -1, "ken", "northwind-kyoto", "normal"),
    ("event", "Pipeline meeting, East", 0, "bob", "", "normal"),
    ("call", "Anke: water line on the second floor", 1, "bob", "harbour", "normal"),
    ("task", "Review prices of the Aurora harvest", 8, "bob", "beans", "low"),
    ("event", "西日本 営業会議", 0, "haruka", "", "normal"),
    ("task", "庁舎の見積合わせ資料", 6, "haruka", "minato", "normal"),
    ("task", "冬のブレンド 共同チラシの校正", -5, "haruka", "shirayuki", "normal"),
]

# Series: subject, who, account, days since the first date, hour, minutes, rule, place, and those of us who take part.
SERIES = [
    ("East: Monday meeting", "bob", "", 70, 9, 45, "FREQ=WEEKLY;BYDAY=MO", "会議室B", ("ann", "aoki")),
    ("西日本 朝会", "haruka", "", 40, 9, 15, "FREQ=WEEKLY;BYDAY=MO,WE,FR", "オンライン", ("ken", "carol")),
    ("Tasting with the roasters", "ann", "northwind", 60, 15, 60, "FREQ=MONTHLY;COUNT=6", "Cupping room", ("bob",)),
    ("あいうえお 月次報告会", "aoki", "aiueo", 61, 14, 60, "FREQ=MONTHLY", "先方", ("ann",)),
    ("Daily look at open offers", "ann", "", 20, 17, 15, "FREQ=DAILY", "", ()),
]

# Tasks that come again: subject, who, days from today, rule.
CHAINS = [
    ("Send the weekly pipeline report", "ann", 1, "FREQ=WEEKLY"),
    ("月次の売上報告を提出", "aoki", 0, "FREQ=MONTHLY"),
    ("経費精算", "carol", -1, "FREQ=WEEKLY;INTERVAL=2"),
    ("Order beans for the show room", "bob", 4, "FREQ=MONTHLY;COUNT=12"),
]

# Account, who, days ago, what was written down.
NOTES = [
    ("hikari", "ann", 94, "24台すべて設置完了。佐藤部長は静音性を特に評価。次は新研究棟の話が出る見込み。"),
    ("hikari", "ann", 8, "競合(オフィス珈琲サービス)が新研究棟に見積を出しているとのこと。価格より保守の速さで勝負する。"),
    ("hikari-log", "aoki", 5, "休憩室は24時間稼働。夜間の補充をどうするかが論点。"),
    ("aiueo", "aoki", 101, "レジ横は通路幅の基準で不可。来期の改装時に再提案する。"),
    ("aiueo", "aoki", 7, "12店のうち3店で豆の消費が想定の1.4倍。15店に増える分と合わせて単価を見直したい。"),
    ("northwind", "ann", 160, "Harriet decides on guest products alone; staff kitchens go through Facilities."),
    ("northwind", "ann", 4, "She liked the Aurora blend at the tasting. Needs oat-milk compatibility for Leeds."),
    ("cedar", "ann", 14, "Marcus wants one price per desk, nothing else on the invoice. He pays quickly."),
    ("sakuragaoka", "ken", 10, "理事会は毎月第2木曜。速水事務長は賛成、理事長は水回りを心配している。"),
    ("kissa", "carol", 22, "リース審査は通る見込み。焙煎機は2月までに3台必要。"),
    ("midori", "carol", 88, "職員室は価格で失注。ただし学生ホールは別予算で、こちらは運営力が評価される。"),
    ("harbour", "bob", 2, "Anke can sign up to one million yen herself. Keep the second floor below it."),
    ("minato", "haruka", 24, "管財課は前例を重視。近隣市の導入実績を資料に入れる。"),
    ("northwind", "ann", 3, "@Bob could you join the call on Leeds? Floor plan is attached. Their brief: https://northwind-hotels.example.com/leeds"),
    ("hikari", "bob", 6, "@Ann good. Keep the service promise in writing; I will sign it."),
    ("aiueo", "aoki", 5, "@Bob 単価の見直し案を来週までに作ります。https://aiueo.example.co.jp/stores を参考にしてください。"),
]

# Whose photo was put there by whom, how many days ago.
FACES = [("sato", "ann", 90), ("kitano", "ann", 88), ("whitmore", "ann", 150), ("kakiku", "aoki", 70), ("lane", "ann", 12), ("hayami", "ken", 30)]
MEMO = """見積メモ 新研究棟 / Quote notes, new laboratory wing

本体 24台 + 保守 36か月 / 24 machines, 36 months of service
夜間の補充は別紙 / Refills at night: see the other sheet
"""

# Source of a list of leads, days ago, how many, who brought it in, tag.
LISTS = [
    ("fair", 170, 60, "bob", "展示会2026春"),
    ("seminar", 88, 35, "haruka", "セミナー"),
    ("fair", 46, 70, "haruka", "Hotel Expo"),
    ("ad", 12, 45, "bob", "秋キャンペーン"),
]
INQUIRIES = {
    True: [
        "オフィスのコーヒーマシンを探しています。社員は80名ほどです。",
        "豆の定期便の料金表を送ってください。",
        "今使っている機械のリースが年度末で切れます。入替の相談をしたいです。",
        "試飲会に参加したいのですが、次回の日程を教えてください。",
        "カフェインレスの取り扱いはありますか。",
        "来春オープンのホテルで、客室用の製品を検討しています。",
    ],
    False: [
        "We are 40 people and our machine is at its end. What would you suggest?",
        "Please send your price list for beans by subscription.",
        "Do you serve sites outside Tokyo, too?",
        "Could we have a tasting for the team next month?",
        "Looking for in-room coffee for 120 rooms.",
    ],
}
DONE = [
    ("call", "初回の電話", "つながった。資料を希望。"),
    ("call", "First call", "Reached. Wants a price list."),
    ("task", "資料を送付", ""),
    ("event", "オンライン商談", "30分。次回は試飲会。"),
    ("call", "折り返しの電話", "不在。伝言を残した。"),
]
NEXT = {
    "ja": ("電話する", "見積書を送付", "試飲会に招待", "サンプルを手配"),
    "en": ("Call back", "Send the offer", "Invite to the tasting", "Send samples"),
}
TAGS = {
    "hikari": ["重要顧客", "紹介可"],
    "northwind": ["Key account"],
    "aiueo": ["重要顧客"],
    "beans": ["Supplier"],
    "minato": ["入札"],
    "midori": ["入札"],
}

# (module, account, as it came in first, as it came in again): written another way, and the same all the same.
TWINS: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    (
        "crm.lead", "",
        {"family_name": "渡邊", "given_name": "健一", "family_kana": "ワタナベ", "given_kana": "ケンイチ", "company": "株式会社みなと珈琲",
         "phone": "090-5550-1184", "source": "fair", "status": "contacted"},
        {"family_name": "渡辺", "given_name": "健一", "company": "㈱みなと珈琲", "email": "k.watanabe@minato.example", "source": "web",
         "description": "先日の展示会でお話ししました。見積をお願いします。"},
    ),
    (
        "crm.lead", "",
        {"family_name": "Nakamura", "given_name": "Yuko", "company": "Harbour Tea Ltd.", "phone": "+81 90 5550 2296", "source": "web"},
        {"family_name": "中村", "given_name": "優子", "family_kana": "ナカムラ", "given_kana": "ユウコ", "company": "Harbour Tea",
         "phone": "０９０−５５５０−２２９６", "source": "phone", "rating": "warm"},
    ),
    (
        "crm.contact", "aiueo",
        {"family_name": "髙橋", "given_name": "真理", "email": "mari@aiueo.example", "job_title": "購買"},
        {"family_name": "高橋", "given_name": "真理", "phone": "03-5550-7731", "job_title": "購買課長"},
    ),
    (
        "crm.account", "",
        {"name": "株式会社やまと製茶", "website": "https://yamato-tea.example", "industry": "food", "type": "competitor"},
        {"name": "ヤマト製茶（株）", "phone": "075-555-0188", "industry": "food", "type": "competitor"},
    ),
)  # fmt: skip
