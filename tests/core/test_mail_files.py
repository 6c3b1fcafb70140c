"""Files that go with a mail, its HTML twin, and what a form keeps (CRM-16, U1 to U4, I5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from core.access.models import User
from core.actor import Actor
from core.clock import now
from core.files.keeping import attach
from core.files.models import File
from core.files.sweeping import sweep_files
from core.mail.enclosing import forget
from core.mail.html import paragraphs
from core.mail.models import Enclosure, Mail, MailTemplate
from core.record.bin import empty_bin
from core.record.write import delete
from core.work.jobs import drain
from tests import factories

from .mail_cast import *  # noqa: F403
from .mail_cast import Box, ClientOf, box_body, parsed, press

pytestmark = pytest.mark.django_db
CSV = "名前,金額\r\n田中,100\r\n".encode("cp932")
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def parts(box: Box) -> dict[str, tuple[str, bytes]]:
    """What was attached: name -> (type, bytes)."""
    return {one.get_filename(): (one.get_content_type(), one.get_payload(decode=True)) for one in parsed(box).iter_attachments()}


def test_files_arrive_under_their_japanese_names_byte_for_byte(box: Box, client_of: ClientOf, ann: User, lead: Any) -> None:
    """CRM-16: true MIME parts with RFC 2231 names; a file of the record and two of the form, text keeps its encoding."""
    held, _remark = attach("crm.lead", lead, upload("見積書 №1.pdf", PDF), actor=Actor(ann))
    client = client_of(ann)

    press(client, lead, files=[upload("売上.csv", CSV), upload("plan.txt", b"a\r\nb")], enclose=[f"a{held.pk}"])
    drain()

    assert parts(box) == {"見積書 №1.pdf": ("application/pdf", PDF), "売上.csv": ("text/csv", CSV), "plan.txt": ("text/plain", b"a\r\nb")}
    assert b"filename*=utf-8''%E8%A6%8B" in box.got[0].content.replace(b"\r\n ", b"")
    mail = Mail.objects.get()
    assert (mail.state, mail.files, File.objects.count()) == ("sent", 3, 3)  # the record's file has no second copy


def test_the_files_of_a_mail_stand_on_its_page_and_the_timeline_and_open_by_the_records_rights(
    box: Box, client_of: ClientOf, ann: User, bob: User, carol: User, lead: Any
) -> None:
    """CRM-16, U2, U4: asked each time; a download, never a page of ours."""
    press(client_of(ann), lead, files=[upload("見積.pdf", PDF)])
    mail = Mail.objects.get()
    where = f"/mail/{mail.pk}/files/{mail.enclosures.get().pk}"

    answer = client_of(bob).get(where)

    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client_of(carol).get(where).status_code == 404
    assert client_of(ann).get(f"/mail/{mail.pk + 1}/files/{mail.enclosures.get().pk}").status_code == 404
    for page in (f"/mail/{mail.pk}/", f"/crm/leads/{lead.pk}/", f"/crm/leads/{lead.pk}/timeline?show=mail"):
        assert f'href="{where}"' in client_of(ann).get(page).content.decode(), page


def test_a_form_that_comes_back_keeps_its_files_and_a_tick_taken_away_leaves_one_out(
    box: Box, client_of: ClientOf, ann: User, bob: User, lead: Any
) -> None:
    """CRM-16: a wrong address costs nobody their files; they are their sender's alone."""
    client = client_of(ann)
    back = press(client, lead, to="nobody", files=[upload("a.txt", b"one"), upload("b.txt", b"two")])
    first, second = Enclosure.objects.order_by("pk")
    page = back.content.decode()

    assert back.status_code == 422
    assert f'value="e{first.pk}" checked' in page and "a.txt" in page and "お世話になります" in page
    press(client_of(bob), lead, enclose=[f"e{first.pk}"])  # with ann's token and ann's file
    press(client, lead, enclose=[f"e{first.pk}"])
    drain()

    of_bob, of_ann = (next(one for one in range(2) if who.email in box.got[one].content.decode()) for who in (bob, ann))
    assert [one.get_filename() for one in parsed(box, of_bob).iter_attachments()] == []
    assert [one.get_filename() for one in parsed(box, of_ann).iter_attachments()] == ["a.txt"]
    assert not Enclosure.objects.filter(pk=second.pk).exists()
    sweep_files()
    assert [File.objects.get().pk, default_storage.exists(File.objects.get().place)] == [first.file_id, True]


def test_attaching_and_looking_send_nothing(client_of: ClientOf, ann: User, lead: Any) -> None:
    """CRM-16: both work without script and keep what is typed; the preview shows paragraphs and links."""
    client = client_of(ann)

    attached = press(client, lead, attach="1", files=[upload("a.txt", b"one")]).content.decode()
    looked = press(client, lead, look="1", body="一行目\n二行目\n\nhttps://example.com/a?b=1&c=2。").content.decode()

    assert "checked><span><svg" in attached and "お世話になります" in attached
    link = '<a href="https://example.com/a?b=1&amp;c=2" rel="noopener noreferrer">https://example.com/a?b=1&amp;c=2</a>。'
    assert f"<p>一行目<br>\n二行目</p>\n<p>{link}</p>" in looked
    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("run.pdf", b"MZ\x90\x00 a program", "is a program"),
        ("photo.docx", b"just text", "is not what its name says"),
        ("empty.txt", b"", "is empty"),
        ("large.txt", b"x" * (1024 * 1024 + 1), "a mail carries up to 1 MB"),
    ],
)
def test_a_file_that_may_not_go_is_named_and_nothing_is_sent(
    settings: Any, client_of: ClientOf, ann: User, lead: Any, name: str, content: bytes, words: str
) -> None:
    """CRM-16, U1, U3: content is checked as for every attachment; a huge one is refused by its size."""
    settings.MAIL_MAX_MB = 1

    answer = press(client_of(ann), lead, files=[upload(name, content)])

    assert (answer.status_code, Mail.objects.exists(), File.objects.exists()) == (422, False, False)
    assert words in answer.content.decode()
    assert "お世話になります" in answer.content.decode()


def test_files_that_are_too_much_together_are_said_and_kept(settings: Any, client_of: ClientOf, ann: User, lead: Any) -> None:
    """CRM-16: the limit is that of the mail, not of each file; leaving one out sends it."""
    settings.MAIL_MAX_MB = 1
    client = client_of(ann)
    half = b"x" * 600_000

    answer = press(client, lead, files=[upload("a.txt", half), upload("b.txt", half)])
    one = Enclosure.objects.order_by("pk")[0]
    press(client, lead, enclose=[f"e{one.pk}"])

    assert answer.status_code == 422
    assert "a mail carries up to 1 MB" in answer.content.decode()
    assert [row.name for row in Mail.objects.get().enclosures.all()] == ["a.txt"]


def test_a_mail_too_large_for_the_server_is_told_in_its_words(box: Box, client_of: ClientOf, ann: User, lead: Any) -> None:
    """CRM-16: refused for good; nothing is tried again."""
    box.small = 1_000
    press(client_of(ann), lead, files=[upload("a.txt", b"x" * 5_000)])

    drain()

    mail = Mail.objects.get()
    assert (mail.state, mail.reason, box.got) == ("failed", "The mail server said: 552 5.3.4 Message too big for system", [])


def test_a_file_the_storage_lost_is_said_before_anything_leaves(box: Box, client_of: ClientOf, ann: User, lead: Any) -> None:
    """CRM-16: no mail goes without what its writer put with it."""
    press(client_of(ann), lead, files=[upload("a.txt", b"one")])
    default_storage.delete(File.objects.get().place)

    drain()

    mail = Mail.objects.get()
    assert (mail.state, box.got) == ("failed", [])
    assert "“a.txt” is no longer there" in mail.reason


def test_a_template_brings_its_files(box: Box, client_of: ClientOf, ann: User, bob: User, lead: Any) -> None:
    """CRM-16: shared with the template; what was typed before stays below its text."""
    author = client_of(bob)
    values = {"name": "資料", "subject": "ご案内 {{ company }}", "body": "{{ dear }}", "shared": "on", "once": "t"}
    author.post("/me/templates/new", {**values, "files": [upload("会社案内.pdf", PDF)]})
    template = MailTemplate.objects.get()
    client = client_of(ann)

    page = press(client, lead, subject="", body="追伸", fill="1", template=template.pk).content.decode()
    sent = template.enclosures.get()
    press(client, lead, filled=template.pk, enclose=[f"e{sent.pk}"])
    drain()

    assert 'value="ご案内 あおい商事"' in page and "\n田中 愛\n\n追伸</textarea>" in page
    assert f'value="e{sent.pk}" checked' in page
    assert parts(box) == {"会社案内.pdf": ("application/pdf", PDF)}
    assert client.get(f"/me/templates/{template.pk}/files/{sent.pk}").status_code == 200
    template.shared = False
    template.save()
    assert client.get(f"/me/templates/{template.pk}/files/{sent.pk}").status_code == 404
    press(client, lead, once="b", filled=template.pk, enclose=[f"e{sent.pk}"])
    assert [one.files for one in Mail.objects.order_by("pk")] == [1, 0]


def test_a_template_loses_the_file_whose_tick_was_taken(client_of: ClientOf, ann: User) -> None:
    """CRM-16: what is ticked is what it has."""
    client = client_of(ann)
    values = {"name": "A", "subject": "B", "body": "C"}
    client.post("/me/templates/new", {**values, "once": "t", "files": [upload("a.txt", b"1"), upload("b.txt", b"2")]})
    template = MailTemplate.objects.get()
    kept = template.enclosures.order_by("pk")[1]

    client.post(f"/me/templates/{template.pk}", {**values, "once": "u", "enclose": [f"e{kept.pk}"]})

    assert [one.name for one in template.enclosures.all()] == ["b.txt"]


def test_a_mail_has_a_text_and_an_html_twin(box: Box, client_of: ClientOf, ann: User, lead: Any) -> None:
    """CRM-16: multipart/alternative; what stands in the text means nothing in the HTML but links and line ends (H1)."""
    press(client_of(ann), lead, body="<script>alert(1)</script>\nhttps://example.com/\n\nさようなら")

    drain()

    html = parsed(box).get_body(("html",)).get_content()
    assert box_body(box).replace("\r\n", "\n").strip() == "<script>alert(1)</script>\nhttps://example.com/\n\nさようなら"
    assert "<script" not in html and "&lt;script&gt;" in html
    assert '<a href="https://example.com/" rel="noopener noreferrer">' in html and "<p>さようなら</p>" in html
    assert parsed(box).get_content_type() == "multipart/alternative"


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("(https://example.com/a).", "https://example.com/a"),
        ("「https://例え.jp/道」", "https://例え.jp/道"),
        ("javascript:alert(1) https://", ""),
    ],
)
def test_links_end_where_they_end(text: str, link: str) -> None:
    """CRM-16: brackets and full stops are not part of one, and only http is one."""
    assert (f'<a href="{link}"' in paragraphs(text)) is bool(link)
    assert paragraphs(text).count("<a ") == bool(link)


def test_a_field_typed_by_hand_is_filled_in_and_shown_before_it_goes(client_of: ClientOf, ann: User, lead: Any) -> None:
    """CRM-16: what one reads is what goes out; a name that is no field stops it."""
    client = client_of(ann)

    filled = press(client, lead, body="{{ company }} 御中")
    unknown = press(client, lead, subject="{{ nonsense }}")

    assert (filled.status_code, unknown.status_code, Mail.objects.count()) == (422, 422, 0)
    assert "あおい商事 御中</textarea>" in filled.content.decode()
    assert "would be sent as it stands: {{ nonsense }}" in unknown.content.decode()


def test_line_breaks_make_no_second_header(box: Box, client_of: ClientOf, ann: User, lead: Any) -> None:
    """I5, M2: in the subject, the writer's name and an address."""
    User.objects.filter(pk=ann.pk).update(given_name="A\r\nBcc: x@example.com")

    wrong = press(client_of(ann), lead, to="ai@example.co.jp\r\nBcc: x@example.com")
    press(client_of(ann), lead, subject="A\r\nBcc: x@example.com")
    drain()

    assert wrong.status_code == 422
    assert (Mail.objects.get().state, parsed(box)["Bcc"], box.got[0].rcpt_tos) == ("sent", None, ["ai@example.co.jp"])


def test_what_nobody_finished_goes_after_a_day_and_what_was_erased_goes_with_its_record(
    clock: Any, client_of: ClientOf, ann: User, lead: Any
) -> None:
    """O5, E3: drafts of forms; mails and their files when the bin is emptied."""
    client = client_of(ann)
    press(client, lead, to="", files=[upload("draft.txt", b"1")])
    press(client, lead, once="b", files=[upload("sent.txt", b"2")])
    clock.shift(timedelta(hours=25))

    forget(now())
    sweep_files()
    left = [one.name for one in Enclosure.objects.all()]
    delete(lead, actor=Actor(ann))
    empty_bin(None, actor=Actor.system())
    drain()

    assert left == ["sent.txt"]
    assert (Mail.objects.count(), Enclosure.objects.count(), File.objects.count()) == (0, 0, 0)


def test_the_mail_of_a_person_is_found_from_the_account(client_of: ClientOf, ann: User) -> None:
    """CRM-9: rolled up, in everything and among the mails alone, with its files and whose it is."""
    account = factories.make_account(ann, name="あおい商事")
    contact = factories.make_contact(ann, family_name="田中", email="t@example.co.jp", account=account.pk)
    client = client_of(ann)
    client.post(
        f"/crm/contacts/{contact.pk}/mail",
        {"to": "t@example.co.jp", "subject": "ご提案", "body": "A", "once": "a", "files": [upload("案.pdf", PDF)]},
    )

    for page in (f"/crm/accounts/{account.pk}/", f"/crm/accounts/{account.pk}/?show=mail", f"/crm/accounts/{account.pk}/timeline"):
        text = client.get(page).content.decode()
        assert "ご提案" in text and "案.pdf" in text and f'href="/crm/contacts/{contact.pk}/"' in text, page


def test_the_tray_shows_what_would_go_with_it(settings: Any, client_of: ClientOf, ann: User, admin: User, lead: Any) -> None:
    """CRM-16: names and sizes, and the way to the mail itself."""
    settings.EMAIL_BACKEND = "core.mail.tray.Backend"
    press(client_of(ann), lead, files=[upload("見積.pdf", PDF)])

    drain()

    page = client_of(admin).get("/mail/tray/").content.decode()
    assert "見積.pdf" in page and f'href="/mail/{Mail.objects.get().pk}/"' in page
    assert "お見積り" not in client_of(admin).get("/mail/tray/?q=nowhere").content.decode()
