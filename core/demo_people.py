"""The people of the demo organisation: 青葉商事 (Aoba Trading), which brings coffee machines and beans to offices and hotels."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from core.access.models import AppAccess, Profile, Role, User
from core.access.people import place
from core.demo import Story, demo
from core.mail.models import MailTemplate
from core.organisation.models import Organisation
from core.stamps import bump

PASSWORD = "enishi-demo"  # noqa: S105 - printed beside every login
DOMAIN = "aoba.example"
ALL_APPS = "crm social helpdesk"

# Key, name, the key above.
ROLES = [
    ("chief", "社長 · President", ""),
    ("east", "東日本営業部長 · Sales manager East", "chief"),
    ("east-sales", "東日本営業 · Sales East", "east"),
    ("west", "西日本営業部長 · Sales manager West", "chief"),
    ("west-sales", "西日本営業 · Sales West", "west"),
    ("care", "お客様相談室長 · Head of support", "chief"),
    ("agents", "お客様相談室 · Support", "care"),
    ("marketing", "マーケティング · Marketing", "chief"),
]


@dataclass(frozen=True)
class Member:
    """One of the twelve."""

    key: str
    family: str
    given: str
    role: str
    title: str
    language: str
    apps: str
    who: str
    level: str = ""
    admin_of: str = ""


MEMBERS = [
    Member("ann", "Clarke", "Ann", "east-sales", "Sales", "en", "crm social", "sells in the East; English"),
    Member("aoki", "青木", "健太", "east-sales", "営業", "ja", "crm social", "sells in the East; Japanese"),
    Member("bob", "Harris", "Bob", "east", "Sales manager", "en", "crm social", "leads Ann and 青木"),
    Member("carol", "Reyes", "Carol", "west-sales", "Sales", "en", "crm social", "sells in the West: another team"),
    Member("haruka", "森", "遥", "west", "営業部長", "ja", "crm social", "leads the West"),
    Member("ken", "小林", "健", "west-sales", "営業", "ja", "crm", "sells in the West"),
    Member(
        "emi",
        "石川",
        "恵美",
        "care",
        "相談室長",
        "ja",
        "crm social helpdesk",
        "leads support, administers the help desk",
        admin_of="helpdesk",
    ),
    Member("yui", "藤田", "結衣", "agents", "相談員", "ja", "helpdesk", "support agent: the help desk only"),
    Member("liam", "Novak", "Liam", "agents", "Support agent", "en", "helpdesk", "support agent: the help desk only"),
    Member("dave", "Okafor", "Dave", "marketing", "Marketing", "en", "social", "marketing: without the CRM"),
    Member(
        "sakura",
        "西村",
        "さくら",
        "marketing",
        "広報",
        "ja",
        "crm social",
        "marketing with the CRM; administers Social",
        admin_of="social",
    ),
    Member("mei", "青葉", "芽衣", "chief", "社長", "ja", ALL_APPS, "account admin: sees and may do everything", level="account"),
]


@demo(order=0)
def people(story: Story) -> None:
    """Roles, users, apps. Mei is the account admin; there is no suite admin yet."""
    roles: dict[str, Role] = {}
    for key, name, above in ROLES:
        roles[key] = Role.objects.create(name=name, parent=roles.get(above))
        place(roles[key])
    profiles = {one.name: one for one in Profile.objects.filter(built_in=True)}
    secret = make_password(PASSWORD)  # Made once: each costs half a second, and the password is no secret.
    for one in MEMBERS:
        story.people[one.key] = User.objects.create(
            email=f"{one.key}@{DOMAIN}", password=secret, family_name=one.family, given_name=one.given, title=one.title,
            language=one.language, level=one.level, role=roles[one.role],
            profile=profiles["Administrator" if one.level else "Standard"],
        )  # fmt: skip
    access = [
        AppAccess(user=story.people[one.key], app=app, is_admin=bool(one.level) or app == one.admin_of)
        for one in MEMBERS
        for app in one.apps.split()
    ]
    AppAccess.objects.bulk_create(access)
    open_at = {str(day): ["09:00", "18:00"] for day in range(5)}
    Organisation.objects.create(pk=1, name="青葉商事 · Aoba Trading", fiscal_month=4, honorific="san", hours=open_at)
    for key in ("users", "access", "organisation"):
        bump(key)


@demo(order=5)
def mail_templates(story: Story) -> None:
    """Two texts everybody may begin from."""
    rows = [
        (
            "お礼（初回面談後）",
            "本日のお礼（{{ company }}様）",
            "{{ dear }}\n\n本日はお時間をいただき、ありがとうございました。\nご不明な点がございましたら、いつでもご連絡ください。\n\n青葉商事\n{{ me.name }}\n{{ me.email }}",
            "aoki",
        ),
        (
            "Thank you after a first call",
            "Thank you for your time",
            "Dear {{ dear }},\n\nthank you for the good conversation today. The offer for {{ company }} follows this week.\n\nKind regards\n{{ me.name }}\n{{ me.email }}",
            "ann",
        ),
    ]
    MailTemplate.objects.bulk_create(
        [MailTemplate(name=name, subject=subject, body=body, owner=story.people[who], shared=True) for name, subject, body, who in rows]
    )


def logins() -> str:
    """What to sign in with, one line a person."""
    return "".join(f"{f'{one.key}@{DOMAIN}':<22}  {PASSWORD}  {one.who}\n" for one in MEMBERS)
