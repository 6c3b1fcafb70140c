"""The departments, statuses and the rest that the help desk starts with."""

from core.defaults import start

# The code asks for these values by name.
FIXED = {"fixed": True}

start(
    choices={
        ("helpdesk.ticket", "department"): [
            ("support", "Support", "サポート", 1),
            ("sales", "Sales", "営業", 3),
            ("billing", "Billing", "経理", 5),
        ],
        ("helpdesk.ticket", "status"): [
            ("open", "Open", "対応中", 4, FIXED),
            ("waiting", "Waiting for customer", "お客様の返答待ち", 3, FIXED),
            ("on_hold", "On hold", "保留", 6, FIXED),
            ("closed", "Closed", "完了", 2, FIXED),
        ],
        ("helpdesk.ticket", "priority"): [
            ("urgent", "Urgent", "至急", 9),
            ("high", "High", "高", 3),
            ("normal", "Normal", "中", 10),
            ("low", "Low", "低", 6),
        ],
        ("helpdesk.ticket", "channel"): [
            ("x", "X", "X", 10, FIXED),
            ("facebook", "Facebook", "Facebook", 1),
            ("phone", "Phone", "電話", 4),
            ("mail", "Mail", "メール", 5),
            ("form", "Web form", "Webフォーム", 7),
            ("other", "Other", "その他", 10),
        ],
    },
    visibility={"helpdesk.ticket": "write"},
)
