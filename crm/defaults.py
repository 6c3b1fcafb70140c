"""The picklists and visibility the CRM starts with. Admins change them in the console."""

from core.defaults import start

# The code asks for this value by name: admins rename it, but do not remove it.
FIXED = {"fixed": True}
SOURCES = [
    ("web", "Website", "Webサイト", 1),
    ("fair", "Trade fair", "展示会", 2),
    ("referral", "Referral", "紹介", 3),
    ("phone", "Phone", "電話", 4),
    ("ad", "Advertisement", "広告", 5),
    ("x", "X (Twitter)", "Twitter", 6),
    ("seminar", "Seminar", "セミナー", 7),
    ("other", "Other", "その他", 10),
]
INDUSTRIES = [
    ("manufacturing", "Manufacturing", "製造業"),
    ("retail", "Retail", "小売業"),
    ("wholesale", "Wholesale", "卸売業"),
    ("it", "Information technology", "情報通信業"),
    ("construction", "Construction", "建設業"),
    ("finance", "Finance", "金融業"),
    ("logistics", "Logistics", "運輸業"),
    ("food", "Food", "飲食業"),
    ("medical", "Medical", "医療・福祉"),
    ("education", "Education", "教育"),
    ("public", "Public sector", "官公庁"),
    ("other", "Other", "その他"),
]


def _stage(value: str, en: str, ja: str, hue: int, probability: int, kind: str = "open") -> tuple[object, ...]:
    return (value, en, ja, hue, {"probability": probability, "type": kind})


start(
    choices={
        ("crm.lead", "source"): SOURCES,
        ("crm.contact", "source"): SOURCES,
        ("crm.deal", "source"): SOURCES,
        ("crm.lead", "status"): [
            ("new", "Not contacted", "未対応", 1),
            ("contacted", "Contacted", "連絡済み", 6),
            ("qualified", "Qualified", "見込みあり", 2),
            ("later", "Contact later", "後日連絡", 3),
            ("unqualified", "Not qualified", "見込みなし", 9),
        ],
        ("crm.lead", "rating"): [("hot", "Hot", "高", 9), ("warm", "Warm", "中", 3), ("cold", "Cold", "低", 6)],
        ("crm.lead", "industry"): INDUSTRIES,
        ("crm.account", "industry"): INDUSTRIES,
        ("crm.account", "type"): [
            ("prospect", "Prospect", "見込み", 3),
            ("customer", "Customer", "顧客", 2),
            ("partner", "Partner", "パートナー", 5),
            ("vendor", "Vendor", "仕入先", 7),
            ("competitor", "Competitor", "競合", 9),
        ],
        ("crm.deal", "pipeline"): [("sales", "Sales", "営業", 1)],
        ("crm.deal", "stage"): [
            _stage("qualification", "Qualification", "見極め", 1, 10),
            _stage("analysis", "Needs analysis", "ニーズ分析", 6, 25),
            _stage("proposal", "Proposal", "提案", 3, 50),
            _stage("negotiation", "Negotiation", "交渉", 5, 75),
            _stage("won", "Won", "受注", 2, 100, "won"),
            _stage("lost", "Lost", "失注", 9, 0, "lost"),
        ],
        ("crm.deal", "type"): [
            ("new", "New business", "新規", 1),
            ("existing", "Existing business", "既存", 2),
            ("renewal", "Renewal", "更新", 4),
        ],
        ("crm.activity", "kind"): [
            ("task", "Task", "タスク", 1, FIXED),
            ("event", "Event", "予定", 5, FIXED),
            ("call", "Call", "通話", 4, FIXED),
        ],
        ("crm.deal", "role"): [
            ("decides", "Decision maker", "決裁者", 2),
            ("influences", "Influencer", "影響者", 5),
            ("evaluates", "Evaluator", "評価者", 6),
            ("uses", "User", "利用者", 1),
            ("buys", "Buyer", "購買担当", 3),
            ("other", "Other", "その他", 10),
        ],
        # What a stage means in the end; follows the stage, never typed.
        ("crm.deal", "outcome"): [
            ("open", "Open", "進行中", 1, FIXED),
            ("won", "Won", "受注", 2, FIXED),
            ("lost", "Lost", "失注", 9, FIXED),
        ],
        ("crm.activity", "status"): [
            ("open", "Open", "未着手", 1),
            ("progress", "In progress", "進行中", 3),
            ("waiting", "Waiting", "保留", 6),
            ("done", "Done", "完了", 2, FIXED),
        ],
        ("crm.activity", "priority"): [("high", "High", "高", 9), ("normal", "Normal", "中", 10), ("low", "Low", "低", 6)],
        ("crm.activity", "direction"): [("out", "Outgoing", "発信", 4), ("in", "Incoming", "着信", 5)],
    },
    visibility={"crm.lead": "private", "crm.account": "read", "crm.contact": "private", "crm.deal": "private", "crm.activity": "private"},
)
