"""Row 11: ten thousand keywords, Latin and Japanese, in many posts: the product's matcher beside bare pyahocorasick."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import ahocorasick

from bench.table import Line
from core.text.fold import fold
from core.text.keywords import Keyword, Matcher
from crm.samples import company, person

KEYWORDS, TURN = 10_000, 5_000
_EAST = "返金 交換 未着 破損 解約 請求 領収書 在庫 配送 納期 不具合 故障 修理 保証 見積 契約 担当 電話 返信 対応".split()
_WEST = "refund exchange missing broken cancel invoice receipt stock delivery deadline defect repair warranty quote contract".split()
_SAID = (
    "@shop 先週注文した{one}の{word}について、まだ連絡がありません。注文{number}番です。お願いします🙏",
    "@shop Hello, my order {number} from {one} never arrived. I would like a {word}, please. Thanks!",
    "{one}の{word}の件、担当の方から電話をいただけますか。平日の夕方がいいです。",
    "Great service by {one} today, no {word} needed. See you next week in Osaka!",
)


def keywords() -> list[Keyword]:
    """Words of trade alone and with what they are about: some meet in every post, most in none."""
    dice, made = random.Random(11), [Keyword(number, word) for number, word in enumerate([*_EAST, *_WEST])]
    while len(made) < KEYWORDS:
        number = len(made)
        east = dice.random() < 0.5
        text = f"{company(number, dice, east)}{dice.choice(_EAST)}" if east else f"{company(number, dice, east)} {dice.choice(_WEST)}"
        made.append(Keyword(number, text, excluded=(f"{text} ok",) if number % 20 == 0 else ()))
    return made


def posts(count: int) -> list[str]:
    dice = random.Random(7)
    made = []
    for number in range(count):
        said = _SAID[number % len(_SAID)]
        one = person(number, dice)
        word = dice.choice(_EAST if "の" in said else _WEST)
        made.append(said.format(one=company(number, dice, one.japanese), word=word, number=number))
    return made


def rules(rows: int) -> list[Line]:
    words, texts = keywords(), posts(rows)
    folded = [fold(text) for text in texts]
    matcher, bare = Matcher(words), ahocorasick.Automaton()
    ids: dict[str, list[Any]] = {}
    for one in words:
        ids.setdefault(fold(one.text), []).append(one.id)
    for text, those in ids.items():
        bare.add_word(text, those)
    bare.make_automaton()

    def plain(text: str) -> set[Any]:
        return {one for _last, those in bare.iter(text) for one in those}

    for some in (folded[:TURN], texts[:TURN]):  # once before it counts
        _spent(matcher.matching, some)
    spent = [0.0, 0.0, 0.0]
    # Turn by turn, so that other work on the machine falls on all.
    for begin in range(0, rows, TURN):
        end = begin + TURN
        for place, (work, some) in enumerate(((matcher.matching_folded, folded), (plain, folded), (matcher.matching, texts))):
            spent[place] += _spent(work, some[begin:end])
    ours, theirs, whole = spent
    limit = f"{rows / theirs:,.0f} posts/s (bare pyahocorasick)"
    found = sum(len(matcher.matching_folded(text)) for text in folded[:TURN]) / TURN
    what = f"{KEYWORDS:,} keywords in {rows:,} posts"
    return [
        Line(
            f"{what}, normalised before", f"{ours:.1f} s", server=f"{rows / ours:,.0f} posts/s; {found:.1f} found in each",
            limit=limit, ratio=f"{theirs / ours:.2f} of its speed", goal="≥ 0.7", met=theirs / ours >= 0.7,
        ),
        Line(f"{what}, as they were written", f"{whole:.1f} s", server=f"{rows / whole:,.0f} posts/s", limit=limit),
    ]  # fmt: skip


def _spent(work: Callable[[str], Any], texts: list[str]) -> float:
    begun = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - begun
