"""Tickets of the demo organisation: what customers asked by phone, mail and form, and what was answered."""

from __future__ import annotations

from typing import Any

from core import clock
from core.demo import Story, demo
from core.record.write import create

from .actions import assign, close, comment
from .models import CUSTOMER, Entry, Ticket

# Who asks (a contact by place), days ago, hour, channel, department, priority, agent, subject, what was said, inner comments, ends.
ASKED: list[tuple[int, float, int, str, str, str, str, str, str, tuple[str, ...], bool]] = [
    (0, 9, 10, "phone", "support", "high", "yui", "抽出口から水が漏れる", "昨日からコーヒーマシンの抽出口の下に水がたまります。使い続けて大丈夫でしょうか。", ("パッキンの摩耗と思われる。型番 AK-40、部品 P-118 を手配。", "技術担当の訪問は木曜 10 時。"), True),
    (1, 7, 14, "mail", "billing", "normal", "yui", "10月分の請求書の再発行", "10月分の請求書を紛失しました。PDFで再発行をお願いできますか。宛名は総務部でお願いします。", ("経理に依頼済み。",), True),
    (2, 6, 9, "form", "support", "normal", "liam", "Descaling light stays on", "We ran the descaling programme twice, but the orange light does not go out. Is there a reset?", ("Hold the left button for ten seconds after the rinse; sent the page of the manual.",), True),
    (3, 5, 11, "phone", "support", "urgent", "emi", "朝からまったく起動しない", "電源を入れても反応がありません。9時から来客があり、至急見てほしいとのこと。", ("代替機を午前中に配送。",), True),
    (4, 4, 16, "mail", "sales", "low", "liam", "Decaf beans in the subscription", "Could we swap one of the three bags for decaf from next month on?", ("Passed to Ann; she will offer the mixed plan.",), False),
    (5, 3, 13, "form", "support", "normal", "yui", "ミルクの泡が立たない", "清掃後もフォームミルクが泡立ちません。使用しているのは低脂肪乳です。", (), False),
    (6, 2, 10, "phone", "billing", "high", "emi", "二重に引き落とされている", "11月分の保守料金が2回引き落とされています。確認してください。", ("経理で確認中。月曜に返答と約束した。",), False),
    (7, 1, 15, "mail", "support", "normal", "liam", "Filter size for the new model", "Which filter fits the BR-12 we received last week? The one in the box is too wide.", (), False),
    (8, 0.6, 9, "form", "support", "normal", "", "説明書の英語版はありますか", "海外からのスタッフが使うため、英語の取扱説明書がほしいです。", (), False),
    (9, 0.2, 10, "phone", "support", "high", "", "異音がする", "豆を挽くときに金属のこすれるような音がします。動画を送りたいそうです。", (), False),
]  # fmt: skip


@demo(order=40)
def tickets(story: Story) -> None:
    """Ten tickets in every state, each with its conversation in the order of time."""
    contacts = [one for _key, one in sorted(story.kept.get("contacts", {}).items())]
    for one in ASKED:
        story.then(story.ago(one[1], one[2]), _ask, story, contacts[one[0] % len(contacts)] if contacts else None, one)


def _ask(story: Story, contact: Any, one: tuple[Any, ...]) -> None:
    _place, _days, _hour, channel, department, priority, agent, subject, said, comments, ends = one
    taker = story.actor(agent or "yui")
    links = {"contact": contact.pk, "account": contact.account_id} if contact else {}
    ticket: Ticket = create(
        "helpdesk.ticket", actor=taker, owner=None, subject=subject, description=said, department=department, priority=priority, channel=channel, **links
    )  # fmt: skip
    Entry.objects.create(ticket=ticket, kind=CUSTOMER, text=said, name=contact.title if contact else "", at=clock.now())
    if agent:
        assign(ticket, actor=taker, agent=story.people[agent].pk)
    for text in comments:
        comment(ticket, actor=taker, text=text)
    if ends:
        close(ticket, actor=taker)
