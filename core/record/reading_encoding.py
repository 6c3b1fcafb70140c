"""Finds out how a text file is encoded, by reading it strictly to its end: a wrong guess is worse than a refusal."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .reading_errors import UnreadableFile

CHUNK = 1 << 18
LINE = 1 << 20
_SAMPLE = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# CP932 is Shift_JIS as Windows writes it; euc_jis_2004 has the ① and ㈱ that euc_jp lacks.
_JAPANESE = ("cp932", "euc_jp", "euc_jis_2004")
_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp932": "Shift_JIS",
    "euc_jp": "EUC-JP",
    "euc_jis_2004": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
    "cp1252": "Windows-1252",
}
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fc]")
_KANJI = re.compile(r"[\u4e00-\u9fff々〆]")
_HALF_KANA = re.compile(r"[\uff61-\uff9f]")
_LONELY = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f](?![^\x00-\x7f])|(?<![^\x00-\x7f])[^\x00-\x7f](?=[A-Za-z])")
_PLAIN = re.compile(r"[\t\n\r -~\u00a0-\u024f\u2010-\u203b\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff01-\uff9f]")


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text's encoding as Python calls it, and how many lines it has."""

    codec: str
    lines: int

    @property
    def label(self) -> str:
        """The name people know it by."""
        return _NAMES[self.codec]


def find_encoding(file: BinaryIO) -> Encoded:
    """The encoding in which the whole of `file` can be read; raises UnreadableFile where there is none."""
    file.seek(0)
    sample = file.read(_SAMPLE)
    for bom, codec in _BOMS:
        if sample.startswith(bom):
            return _strictly(file, codec)
    if b"\x00" in sample[:4096]:
        return _strictly(file, _wide_codec(sample))
    if b"\x1b$" in sample and sample.isascii():
        try:
            return _strictly(file, "iso2022_jp")
        except UnreadableFile:
            pass
    try:
        found = _strictly(file, "utf-8")
    except UnreadableFile as error:
        if error.code != "undecodable":
            raise
        return _strictly(file, _narrow_codec(file, sample))
    # Control characters may stand in cells that are otherwise sound UTF-8, but not in headings.
    _refuse_noise(sample.split(b"\n", 1)[0].decode("utf-8", "ignore"))
    return found


def _narrow_codec(file: BinaryIO, sample: bytes) -> str:
    """For a file that is not UTF-8: a Japanese code, a Western one, or the one that was damaged."""
    fitting = [codec for codec in _JAPANESE if _fits(file, codec)]
    if fitting:
        best = max(fitting, key=lambda codec: _japaneseness(sample.decode(codec, "ignore")))
        if _is_western(sample) and _looks_western(sample.decode(best, "ignore")):
            return "cp1252"
        _refuse_noise(sample.decode(best, "ignore"))
        return best
    damaged = _damaged_codec(sample)
    if damaged:
        return damaged
    if _is_western(sample):
        return "cp1252"
    raise UnreadableFile("binary")


def _damaged_codec(sample: bytes) -> str | None:
    """The encoding nearly all of `sample` is written in; reading it strictly will then name the broken line."""
    found: list[tuple[float, str]] = []
    for codec, share in (("utf-8", 0.1), ("cp932", 0.02), ("euc_jp", 0.02)):
        text = sample.decode(codec, "replace")
        bad = text.count("\ufffd")
        good = sum(1 for sign in text if sign > "\x7f") - bad
        if good >= 3 and bad <= max(1, good * share) and (codec == "utf-8" or _japaneseness(text) > 0.5):
            found.append((bad / good, codec))
    return min(found)[1] if found else None


def _wide_codec(sample: bytes) -> str:
    """UTF-16 without a mark, told by its line ends and by making sense in one byte order only."""
    even = sample[: len(sample) // 2 * 2]
    best, most = "", 0
    for codec in ("utf-16-le", "utf-16-be"):
        text = even.decode(codec, "replace")
        sensible = len(_PLAIN.findall(text))
        plain = sum(text.count(sign) for sign in '\t\n\r,;"@-0123456789 ')
        if "\x00" not in text and sensible >= 0.97 * len(text) and plain > most:
            best, most = codec, plain
    if best:
        return best
    if len(_CONTROL.findall(sample.decode("latin-1"))) > len(sample) * 0.02 + 2:
        raise UnreadableFile("binary")
    raise UnreadableFile("nul", line=sample[: sample.index(b"\x00")].count(b"\n") + 1)


def _strictly(file: BinaryIO, codec: str) -> Encoded:
    """Read everything; refuse what does not decode, NUL characters and lines no table has."""
    lines, last, unbroken = 0, "", 0
    try:
        for text in decoded(file, codec):
            if "\x00" in text:
                raise UnreadableFile("nul", line=lines + breaks(text[: text.index("\x00")]) + 1)
            end = max(text.rfind("\n"), text.rfind("\r"))
            unbroken = len(text) - end if end >= 0 else unbroken + len(text)
            if unbroken > LINE:
                raise UnreadableFile("long_line", line=lines + 1)
            lines += breaks(text) - (last == "\r" and text[:1] == "\n")
            last = text[-1:] or last
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(codec, "ignore")
        raise UnreadableFile("undecodable", line=lines + breaks(before) + 1, encoding=_NAMES[codec]) from error
    return Encoded(codec, lines + (last not in "\r\n"))


def decoded(file: BinaryIO, codec: str) -> Iterator[str]:
    """The text of `file` in pieces."""
    decoder = codecs.getincrementaldecoder(codec)()
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def breaks(text: str) -> int:
    """How many line ends `text` has, whoever wrote it."""
    returns = text.count("\r")
    return text.count("\n") + (returns - text.count("\r\n") if returns else 0)


def _fits(file: BinaryIO, codec: str) -> bool:
    try:
        for _text in decoded(file, codec):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _japaneseness(text: str) -> float:
    """How much of the non-ASCII part of `text` is what Japanese is written with; half-width kana speak against it."""
    strange = sum(1 for sign in text if sign > "\x7f")
    if not strange:
        return 0.0
    common = sum(1 for sign in text if "\u4e00" <= sign <= "\u9fff" and _is_first_level(sign))
    known = 2 * len(_KANA.findall(text)) + common - len(_HALF_KANA.findall(text))
    return known / strange


def _is_first_level(kanji: str) -> bool:
    """JIS level 1 holds the 2,965 common kanji; a wrong decoding gives mostly others."""
    try:
        return b"\x88\x9f" <= kanji.encode("cp932") <= b"\x98\x72"
    except UnicodeEncodeError:
        return False


def _looks_western(text: str) -> bool:
    """Whether what was read as Japanese stands alone between Latin letters, as a misread é or ü does."""
    strange = sum(1 for sign in text if sign > "\x7f")
    kana = len(_KANA.findall(text))
    return kana * 4 < strange and len(_LONELY.findall(text)) >= 0.6 * strange


def _is_western(sample: bytes) -> bool:
    """Whether `sample` reads as Windows-1252: some accented letters in mostly plain text."""
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    strange = [sign for sign in text if sign > "\x7f"]
    letters = sum(1 for sign in strange if sign.isalpha() or sign in "‘’“”–—…€°«»·\xa0£§©®")
    return len(strange) <= 0.3 * len(text) and letters >= 0.8 * len(strange) and not _is_noise(text)


def _refuse_noise(text: str) -> None:
    if _is_noise(text):
        raise UnreadableFile("binary")


def _is_noise(text: str) -> bool:
    return len(_CONTROL.findall(text)) > len(text) * 0.02 + 4
