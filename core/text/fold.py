"""One key for what people type: width, case, kana, dashes, accents and variant kanji folded away.

For searching, matching and finding twins only; what a person typed is stored and shown as it was.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

# Old, variant and name-only forms beside the usual one. NFKC joins none of these.
_KANJI = (
    "髙高 﨑崎 嵜崎 齋斎 齊斉 邉辺 邊辺 濵浜 濱浜 德徳 澤沢 廣広 國国 眞真 櫻桜 嶋島 嶌島 龍竜 瀧滝 冨富 黑黒 惠恵 榮栄 條条 "
    "壽寿 實実 學学 藏蔵 豐豊 靜静 淺浅 圓円 與与 應応 關関 觀観 顯顕 縣県 鐵鉄 傳伝 樂楽 舊旧 敎教 淸清 靑青 禮礼 萬万 彌弥 "
    "爲為 來来 會会 佛仏 寬寛 緖緒 𠮷吉 圡土 栁柳 桒桑 枩松 峯峰 舘館 曾曽 檜桧 籠篭 藪薮 邇迩 鷗鴎 賴頼 卷巻 槇槙 堯尭 遙遥 "
    "穰穣 龜亀 莊荘 鄕郷 步歩 每毎 曉暁 增増 橫横 戶戸 內内 吳呉 靏鶴 靍鶴 昻昂 萊莱 渕淵 煕熙 兒児 氣気 團団 驛駅 藝芸 變変 聲声 "
    "寶宝 總総 臺台 瀨瀬 燈灯 澁渋 澀渋 狹狭 峽峡 嶽岳 巖巌 彥彦 拂払 晉晋 晝昼 槗橋 檢検 權権 歐欧 歲歳 歷歴 瑤瑶 產産 "
    "當当 盡尽 祿禄 稻稲 穗穂 經経 繩縄 藥薬 螢蛍 讓譲 賣売 轉転 遲遅 醫医 錢銭 鄰隣 隨随 靈霊 鷄鶏 麥麦 麵麺 齡齢 兩両 勳勲 單単 "
    "圖図 壯壮 壹壱 專専 將将 屬属 廳庁 從従 戰戦 擴拡 斷断 晚晩 棧桟 樣様 檪櫟 涉渉 渴渇 滿満 溫温 營営 發発 竝並 續続 聯連 "
    "辨弁 遞逓 邨村 釋釈 錄録 雜雑 餠餅 鬪闘 鹽塩"
)
_DASHES = "‐‑‒–—―⁃−─━﹣－ーｰ"
_TILDES = "〜∼∿～˜"
_QUOTES = {"‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "“": '"', "”": '"', "„": '"', "″": '"'}
_DOTS = "・･•‧·"
_PLAIN_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i"}


def _letters() -> dict[int, str]:
    table = {ord(odd): plain for odd, plain in _PLAIN_LETTERS.items()}
    for code in [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]:
        base = unicodedata.normalize("NFD", chr(code))[0]
        if ord(base) < 0x80 and base.islower():
            table[code] = base
    return table


def _gone() -> list[int]:
    """Signs nobody sees: control, soft hyphen, zero width, variation selectors, accents left alone."""
    unseen = [0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF]
    controls = [code for code in [*range(0x20), *range(0x7F, 0xA0)] if not chr(code).isspace()]
    return [*controls, *unseen, *range(0x300, 0x370), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]


def _table() -> dict[int, str | None]:
    table: dict[int, str | None] = dict.fromkeys(_gone())
    table |= _letters()
    table |= {code: chr(code - 0x60) for code in [*range(0x30A1, 0x30F7), 0x30FD, 0x30FE]}
    table |= dict.fromkeys(map(ord, _DASHES), "-") | dict.fromkeys(map(ord, _TILDES), "~") | dict.fromkeys(map(ord, _DOTS), " ")
    table |= {ord(odd): plain for odd, plain in _QUOTES.items()}
    table |= {ord(pair[0]): pair[1] for pair in _KANJI.split()}
    return table


_TABLE = _table()
# One letter with the marks that may melt into it: dakuten, accents, Hangul parts.
_CLUSTER = re.compile(r"[\s\S][\u0300-\u036f\u3099\u309a\uff9e\uff9f\u1160-\u11ff\uffa0-\uffdc\ufe00-\ufe0f\U000e0100-\U000e01ef]*")
_CACHED = 80


class Folded(NamedTuple):
    """A folded text that knows where each of its signs stood before."""

    text: str
    starts: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` stands in what was folded."""
        if end <= start:
            place = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return place, place
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> str:
    """`text` as it is compared: ﾀﾅｶ, タナカ and たなか are one; so are 髙 and 高, Ａ and a, － and ー. White space is single."""
    if text.isascii():
        if not text.isprintable():
            text = text.translate(_TABLE)
        return " ".join(text.lower().split())
    return _short(text) if len(text) <= _CACHED else _long(text)


def fold_with_offsets(text: str) -> Folded:
    """`fold(text)` with the place of every sign in `text`, for marking hits in the original."""
    whole = fold(text)
    if text.isascii() and len(whole) == len(text):
        return Folded(whole, list(range(len(whole))), list(range(1, len(whole) + 1)))
    signs: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _CLUSTER.finditer(text):
        for sign in _cluster(match[0]):
            if sign == " " and (not signs or signs[-1] == " "):
                continue
            signs.append(sign)
            starts.append(match.start())
            ends.append(match.end())
    if signs and signs[-1] == " ":
        signs.pop(), starts.pop(), ends.pop()
    return Folded("".join(signs), starts, ends)


def _step(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.translate(_TABLE)


def _settled(text: str) -> str:
    """`_step` until nothing moves: a dropped mark can let its neighbours melt together."""
    done = _step(text)
    for _ in range(4):
        if unicodedata.is_normalized("NFKC", done) and done.casefold() == done:
            break
        done = _step(done)
    return done


def _long(text: str) -> str:
    return " ".join(_settled(text).split())


_short = lru_cache(maxsize=65_536)(_long)


@lru_cache(maxsize=16_384)
def _cluster(text: str) -> str:
    return "".join(" " if sign.isspace() else sign for sign in _settled(text))
