"""Japanese on every page (PLT-6): every sentence is translated, and what is rendered shows no English."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import gettext, override

from core import stamps
from core.access.models import User
from core.actor import Actor
from core.criteria.tree import read
from core.criteria.words import OPERATORS, SENTENCES, group_words
from core.field.look import Look
from core.management.commands.messages import gathered
from core.module.registry import module, modules
from core.record import write
from crm.reports import shipped
from tests import factories

PO = Path(project.BASE_DIR) / "locale/ja/LC_MESSAGES/django.po"
# Names and keys that are written the same in every language.
SAME = set(
    """
Enishi CRM CSV XLSX PDF Excel JSON XML OpenDocument Web URL API FAX ID SLA CSAT OK MB UTF- JIS BOM xlsb xls xlsx
Facebook Messenger LinkedIn Twitter Instagram English Ctrl Enter Esc Shift Alt Tab JPY USD EUR
JavaScript Meta Community Management me IP QR PIN VPN db https support example com Google Microsoft Authenticator Password E-mail
Python Django Celery SQLite PostgreSQL Cc PNG JPEG GIF WebP ZIP Thunderbird
    if and or not contains
""".split()
)
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}")
WORD = re.compile(r"[A-Za-z][A-Za-z'-]+")
COMMAND = re.compile(r"\bbin/\w+|\bmanage\.py \w+")


def _catalogue() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="ja")


def _forms(found: str | tuple[str, ...] | list[str]) -> list[str]:
    return list(found) if isinstance(found, tuple | list) else [found]


def _translation(catalogue: Catalog, message: Message) -> str:
    held = catalogue.get(message.id, message.context)
    return "".join(_forms(held.string)) if held and held.string else ""


def test_every_sentence_has_its_japanese() -> None:
    """PLT-6: a sentence in code or templates that locale/ja lacks is found here, not by a reader."""
    catalogue = _catalogue()

    missing = [one.id for one in gathered() if one.id and not _translation(catalogue, one).strip()]

    assert missing == []


def test_translations_keep_their_placeholders() -> None:
    """A lost or misspelt placeholder would lose a name, or break the page."""
    wrong = []
    for one in _catalogue():
        if one.id and one.string:
            # The plural form names them all; "One field" may leave out the number.
            wanted = set(PLACEHOLDER.findall(_forms(one.id)[-1]))
            wrong += [(one.id, text) for text in _forms(one.string) if set(PLACEHOLDER.findall(text)) != wanted]

    assert wrong == []


def test_translations_are_japanese() -> None:
    """What was forgotten in English shows as Latin words that are neither names nor placeholders."""
    wrong = []
    for one in _catalogue():
        text = COMMAND.sub("", PLACEHOLDER.sub("", "".join(_forms(one.string)))) if one.id else ""
        left = [word for word in WORD.findall(text) if word not in SAME]
        wrong += [(one.id, left)] if left else []

    assert wrong == []


def test_nothing_is_glued_in_code() -> None:
    """Babel does not read into f-strings: a sentence in one is never translated."""
    hidden = re.compile(r"""\bf(["'])(?:(?!\1).)*\{[^}]*\b(?:_|lazy|gettext)\(""")
    found = []
    for app in ("core", "crm", "automation", "social", "helpdesk", "campaigns", "admin_console"):
        for path in sorted((Path(project.BASE_DIR) / app).rglob("*.py")):
            found += [f"{path.name}: {line.strip()}" for line in path.read_text(encoding="utf-8").splitlines() if hidden.search(line)]

    assert found == []


def test_the_catalogue_compiles() -> None:
    """`manage.py messages --compile` writes what gettext reads back."""
    out = io.BytesIO()
    write_mo(out, _catalogue())
    out.seek(0)

    assert read_mo(out).get("Save").string == "保存"


@pytest.fixture
def japanese(tmp_path: Path, settings: Any) -> Iterator[None]:
    """The catalogue of this tree, compiled aside, and labels read again from it."""
    target = tmp_path / "ja/LC_MESSAGES/django.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as out:
        write_mo(out, _catalogue())
    settings.LOCALE_PATHS = [tmp_path]
    _forget_labels()
    yield
    _forget_labels()


def _forget_labels() -> None:
    """Field labels are fixed once a process, in both languages."""
    for one in modules():
        one.__dict__.pop("built_in", None)
    stamps._cache.clear()


@pytest.fixture
def sakura(db: None, japanese: None) -> User:
    """Looks after everything, in Japanese."""
    names = {"family_name": "山田", "given_name": "さくら", "language": "ja", "role": factories.make_role("営業部")}
    apps = ("crm", "social", "helpdesk")
    user = factories.make_user("sakura", profile="Administrator", level="account", apps=apps, admin_of=apps, **names)
    user.set_password("a sentence is best")
    user.save()
    return user


@pytest.fixture
def browser(sakura: User) -> Client:
    client = Client(headers={"accept-language": "ja"})
    client.force_login(sakura)
    return client


def read_by(client: Client, address: str, status: int = 200) -> list[str]:
    """What English a page shows; the page has to be the one that was meant."""
    answer = client.get(address)
    assert (answer.status_code, answer.headers.get("Location")) == (status, None)
    return english(answer.content.decode())


@pytest.fixture
def records(sakura: User) -> dict[str, Any]:
    """One record of each kind, with a change and a note in its history."""
    actor = Actor(sakura)
    account = write.create("crm.account", actor=actor, name="青葉商事株式会社", owner=sakura)
    contact = write.create("crm.contact", actor=actor, family_name="清水", given_name="一郎", account=account.pk, owner=sakura)
    deal = write.create("crm.deal", actor=actor, name="什器の入れ替え", account=account.pk, contact=contact.pk, amount=1000, owner=sakura)
    lead = write.create("crm.lead", actor=actor, family_name="田中", given_name="望", company="あいうえお株式会社", owner=sakura)
    task = write.create("crm.activity", actor=actor, subject="見積もりの送付", deal=deal.pk, account=account.pk, owner=sakura)
    write.update(lead, actor=actor, company="かきくけこ株式会社", status="contacted")
    ticket = write.create("helpdesk.ticket", actor=actor, subject="納期の確認", contact=contact.pk, owner=sakura)
    return {"tickets": ticket, "accounts": account, "contacts": contact, "deals": deal, "leads": lead, "activities": task}


class _Seen(HTMLParser):
    """Gathers what a reader or a screen reader is given; scripts, drawings and data of the page are left out."""

    SILENT = frozenset({"script", "style", "svg", "code", "time"})
    SAID = frozenset({"aria-label", "title", "placeholder", "alt", "data-key-label", "data-unsaved", "data-saving", "data-tip"})

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        # Time zones, and the switch that is written in the other language, are data.
        foreign = tag in {"option", "button"} and given.get("lang")
        zone = tag == "option" and "/" in (given.get("value") or "")
        if tag in self.SILENT or foreign or zone:
            self.silent.append(tag)
        if not self.silent:
            # Where the English name of a field is typed, English is data.
            said = self.SAID - ({"placeholder"} if given.get("name") == "label_en" else set())
            self.words += [value for name, value in attrs if name in said and value]

    def handle_endtag(self, tag: str) -> None:
        if self.silent and self.silent[-1] == tag:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data)


def english(html: str) -> list[str]:
    """The Latin words a page shows that are neither addresses nor names that are the same in every language."""
    seen = _Seen()
    seen.feed(html)
    found = []
    for text in seen.words:
        text = COMMAND.sub(" ", text)
        text = re.sub(r"\S+@\S+|https?://\S+|\S+\.csv\b|\b[0-9a-f]{12}\b", " ", text)
        found += [f"{word} ({text.strip()[:60]})" for word in WORD.findall(text) if word not in SAME]
    return sorted(set(found))


PAGES = """
/crm/ /me/ /bin/ /search /search?q=田中 /search?q=どこにもない /jobs/ /accounts/password/change/ /accounts/logout/
/crm/reports/ /crm/targets/ /social/ /social/?state=done /social/settings/channels/ /social/posts/
/admin_console/ /admin_console/users/ /admin_console/system/ /admin_console/audit/ /admin_console/fields/
/admin_console/fields/crm.lead/ /admin_console/fields/crm.lead/new /admin_console/fields/crm.lead/company
/admin_console/fields/crm.deal/stage/values /admin_console/fields/crm.lead/status/values/contacted
/helpdesk/ /helpdesk/tickets/ /helpdesk/tickets/new /social/settings/rules/ /social/settings/rules/new
""".split()
QUERIES = ["", "?panel=columns", "?panel=filter&more=0", "?q=どこにもない", '?filter={"all":[{"field":"owner","op":"me"}]}', "?filter=x"]
KINDS = ["leads", "accounts", "contacts", "deals", "activities"]
REPORTS = [one.key for one in shipped.SHIPPED]


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/"])
def test_signing_in_speaks_japanese(sakura: User, address: str) -> None:
    assert read_by(Client(headers={"accept-language": "ja"}), address) == []


def test_an_empty_installation_speaks_japanese(db: None, japanese: None) -> None:
    assert read_by(Client(headers={"accept-language": "ja"}), "/setup/", 403) == []


@pytest.mark.parametrize("address", PAGES)
def test_the_apps_speak_japanese(browser: Client, records: dict[str, Any], address: str) -> None:
    assert read_by(browser, address) == []


def test_a_page_that_is_not_there_speaks_japanese(browser: Client) -> None:
    assert read_by(browser, "/crm/nowhere/", 404) == []


@pytest.mark.parametrize("key", REPORTS)
def test_reports_speak_japanese(browser: Client, records: dict[str, Any], key: str) -> None:
    assert read_by(browser, f"/crm/reports/{key}/") == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_list_speaks_japanese(browser: Client, kind: str) -> None:
    assert read_by(browser, f"/crm/{kind}/") == []


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("kind", KINDS)
def test_lists_speak_japanese(browser: Client, records: dict[str, Any], kind: str, query: str) -> None:
    assert read_by(browser, f"/crm/{kind}/{query}") == []


@pytest.mark.parametrize("kind", ["leads", "deals"])
def test_boards_speak_japanese(browser: Client, records: dict[str, Any], kind: str) -> None:
    assert read_by(browser, f"/crm/{kind}/board") == []


@pytest.mark.parametrize("page", ["import", "export"])
@pytest.mark.parametrize("kind", KINDS)
def test_moving_data_speaks_japanese(browser: Client, records: dict[str, Any], kind: str, page: str) -> None:
    assert read_by(browser, f"/crm/{kind}/{page}") == []


@pytest.mark.parametrize("what", ["edit", "owner", "tag", "delete"])
@pytest.mark.parametrize("kind", KINDS)
def test_changing_many_speaks_japanese(browser: Client, records: dict[str, Any], kind: str, what: str) -> None:
    answer = browser.post(f"/crm/{kind}/bulk", {"do": what, "pk": [records[kind].pk]}, follow=True)

    assert (answer.status_code, english(answer.content.decode())) == (200, [])


def test_an_import_speaks_japanese(browser: Client, records: dict[str, Any]) -> None:
    table = SimpleUploadedFile("名簿.csv", "姓,名,会社名,メール\n佐藤,愛,さくら工業,@\n,,,\n".encode(), "text/csv")

    answer = browser.post("/crm/leads/import", {"file": table, "mode": "both"}, follow=True)

    assert answer.redirect_chain != []
    assert (answer.status_code, english(answer.content.decode())) == (200, [])


@pytest.mark.parametrize("page", ["", "timeline", "edit"])
@pytest.mark.parametrize("kind", KINDS)
def test_records_speak_japanese(browser: Client, records: dict[str, Any], kind: str, page: str) -> None:
    assert read_by(browser, f"/crm/{kind}/{records[kind].pk}/{page}") == []


def test_a_ticket_speaks_japanese(browser: Client, records: dict[str, Any]) -> None:
    assert read_by(browser, f"/helpdesk/tickets/{records['tickets'].pk}/") == []


@pytest.mark.parametrize("kind", KINDS)
def test_forms_and_their_errors_speak_japanese(browser: Client, kind: str) -> None:
    answers = [browser.get(f"/crm/{kind}/new"), browser.get(f"/crm/{kind}/views/new")]
    wrong = {"email": "@", "phone": "?", "closing_on": "?", "due_on": "?", "employees": "?", "account": "どこにもない", "amount": "?"}

    answers += [browser.post(f"/crm/{kind}/new", wrong), browser.post(f"/crm/{kind}/views/new", {"name": ""})]

    assert [answer.status_code for answer in answers] == [200, 200, 422, 422]
    assert [word for answer in answers for word in english(answer.content.decode())] == []


def test_converting_a_lead_speaks_japanese(browser: Client, records: dict[str, Any]) -> None:
    assert read_by(browser, f"/crm/leads/{records['leads'].pk}/convert") == []


def test_an_account_names_our_own_person(sakura: User) -> None:
    """The plain word for an owner is mistaken for the customer's person (docs/glossary.md)."""
    with override("ja"):
        labels = [module(f"crm.{name}").field("owner").label for name in ("account", "contact", "deal", "lead")]

    assert labels == ["自社担当者", "担当者", "担当者", "担当者"]


def test_every_operator_has_its_sentence() -> None:
    assert list(SENTENCES) == list(OPERATORS)


def test_conditions_read_as_japanese(sakura: User) -> None:
    leads = module("crm.lead")
    asked = {
        "all": [
            {"field": "status", "op": "is", "value": "new"},
            {"field": "company", "op": "contains", "value": "商事"},
            {"any": [{"field": "owner", "op": "me"}, {"field": "created_at", "op": "last_n_days", "value": 7}]},
        ]
    }

    with override("ja"):
        said = group_words(read(asked, leads, leads.fields), Look.of(sakura))

    assert said == "ステータス：未対応 かつ 会社名：「商事」を含む かつ (担当者：自分 または 作成日時：過去7日以内)"


def test_the_language_of_errors_follows_the_reader(japanese: None) -> None:
    with override("ja"):
        assert gettext("Please fill this in.") == "入力してください。"
    with override("en"):
        assert gettext("Please fill this in.") == "Please fill this in."
