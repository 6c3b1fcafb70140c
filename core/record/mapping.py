"""Guesses which column of somebody's table belongs to which field, from its heading and from what stands in it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from core.text.names import is_eastern

from .mapping_words import CONTENT, ENGLISH_PREFIXES, JAPANESE_PREFIXES, WORDS

_EXACT, _KNOWN, _STRIPPED, _WITHIN, _BY_CONTENT = 100, 90, 70, 45, 25
_LEAST = 20
_NOTE = re.compile(
    r"[((【\[](?:必須|任意|\*|required|optional|全角|半角|半角数字|全角カナ|例.*?|e\.g\..*?)[))】\]]|[*※:]+|必須$", re.IGNORECASE
)
_JOIN = re.compile(r"[\s_\-・./／'’]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"\+?[\d][\d ()\-.]{7,17}\d")
_MOBILE = re.compile(r"(?:\+81[ \-]?(?:\(0\))?|0)[789]0[ \-]?\d{4}[ \-]?\d{4}")
_POSTAL = re.compile(r"〒?\s*\d{3}-?\d{4}")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HANDLE = re.compile(r"@[A-Za-z0-9_]{1,15}")
_REGION = re.compile(r"北海道|東京都|(?:大阪|京都)府|[一-龥]{2,3}県")
_COMPANY = re.compile(
    r"株式会社|有限会社|合同会社|合資会社|\(株\)|\(有\)|㈱|㈲|法人|銀行|大学|協会|事務所|研究所|病院|"
    r"(?:\b(?:inc|ltd|llc|corp|corporation|gmbh|co|company|plc|ag|s\.?a|k\.k)\b\.?)",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|令和|平成)")
_NUMBER = re.compile(r"[¥$€]?\s*[+\-]?[\d,]+(?:\.\d+)?\s*(?:円|%)?")
# Content that a field of this key or kind must have in most of its filled cells.
_NEEDED: dict[str, tuple[re.Pattern[str], ...]] = {
    "email": (re.compile(r"[^@]*@"),),
    "phone": (re.compile(r".*\d.*\d"),),
    "postal_code": (re.compile(r".*\d|[A-Z]"),),
    "number": (_NUMBER,),
    "money": (_NUMBER,),
    "date": (re.compile(r".*\d.*\d"),),
}
_NEEDS = {"email2": "email", "mobile": "phone", "fax": "phone", "employees": "number", "closing_on": "date"}
_HONORIFIC = re.compile(r"\s*(?:様|さん|氏|殿|先生|さま)$")
_TITLE = re.compile(r"^(?:mr|mrs|ms|miss|dr|prof|sir)\.?\s+", re.IGNORECASE)
_PARTICLES = frozenset(
    ["van", "von", "der", "den", "de", "la", "le", "du", "da", "di", "del", "dos", "das", "bin", "ibn", "al", "el", "ter", "ten", "af"]
)
_LATIN = re.compile(r"[^\W\d_][^\W\d_'’.\-]*(?:['’\-][^\W\d_]+)*\.?")


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a column may be read into."""

    key: str
    label_en: str = ""
    label_ja: str = ""
    kind: str = "text"
    aliases: tuple[str, ...] = ()


_LONGEST = 300


def guess(headers: Sequence[str], samples: Sequence[Sequence[str]], fields: Sequence[Field]) -> dict[int, str]:
    """For each column that can be told, by its index, the key of its field; no field is given twice."""
    # What is longer is nobody's heading, and no cell is told by its thousandth sign; some patterns take the square of a length.
    headers = [header[:_LONGEST] for header in headers]
    samples = [[cell[:_LONGEST] for cell in row] for row in samples]
    contents = [look([row[at] for row in samples if at < len(row)]) for at in range(len(headers))]
    columns = [[row[at] for row in samples if at < len(row) and row[at].strip()] for at in range(len(headers))]
    scored: list[tuple[float, int, int]] = []
    for at, header in enumerate(headers):
        for rank, field in enumerate(fields):
            score = _score(header, field) or (_BY_CONTENT if field.key in CONTENT.get(contents[at], ())[:2] else 0)
            if score:
                score += _content(contents[at], columns[at], field)
            if score >= _LEAST:
                scored.append((score, at, rank))
    found: dict[int, str] = {}
    for _points, at, rank in sorted(scored, key=lambda each: (-each[0], each[1], each[2])):
        if at not in found and fields[rank].key not in found.values():
            found[at] = fields[rank].key
    return _without_doubles(dict(sorted(found.items())))


def look(cells: Iterable[str]) -> str:
    """What most filled cells look like: email, postal, mobile, phone, url, handle, region, company, date, number or text."""
    filled = [unicodedata.normalize("NFKC", cell).replace("−", "-").strip() for cell in cells if cell.strip()]
    if not filled:
        return ""
    for name, pattern in (
        ("email", _MAIL),
        ("postal", _POSTAL),
        ("mobile", _MOBILE),
        ("phone", _PHONE),
        ("url", _URL),
        ("handle", _HANDLE),
        ("region", _REGION),
        ("date", _DATE),
        ("number", _NUMBER),
    ):
        hits = sum(1 for cell in filled if (pattern.match(cell) if name == "date" else pattern.fullmatch(cell)))
        if hits >= 0.6 * len(filled) and not (name == "phone" and _mostly(filled, _DATE)):
            return name
    return "company" if sum(1 for cell in filled if _COMPANY.search(cell)) >= 0.6 * len(filled) else "text"


def split_name(text: str) -> tuple[str, str] | None:
    """(family, given) when it is certain which is which; None when it is not, or when this is no person."""
    name = _HONORIFIC.sub("", _TITLE.sub("", " ".join(text.split())))
    if not name or _COMPANY.search(name) or len(name) > 80 or re.search(r"[\d@/&()（）]", name):
        return None
    if is_eastern(name):
        return _split_eastern(name)
    family, comma, given = (part.strip() for part in name.partition(","))
    if comma:
        certain = family and given and "," not in given and _all_latin(family.split()) and _all_latin(given.split())
        return (family, given) if certain else None
    words = name.split()
    if len(words) < 2 or not _all_latin(words):
        return None
    return _split_latin(words)


def _split_eastern(name: str) -> tuple[str, str] | None:
    words = name.split()
    if len(words) == 2:
        return (words[0], words[1]) if all(is_eastern(word) and len(word) <= 12 for word in words) else None
    parts = name.replace("＝", "・").split("・")
    if len(words) == 1 and len(parts) == 2 and all(re.fullmatch(r"[\u30a1-\u30fc]+", part) for part in parts):
        return parts[1], parts[0]  # ジョン・スミス: a Western name keeps its order
    return None


def _split_latin(words: list[str]) -> tuple[str, str] | None:
    def shouted(word: str) -> bool:
        return len(word) > 1 and word.isupper() and not word.endswith(".")

    if len(words) == 2:
        family_first = shouted(words[0]) and not shouted(words[1])
        return (words[0], words[1]) if family_first else (words[1], words[0])
    middle = words[1:-1]
    if all(word.lower() in _PARTICLES for word in middle):
        return " ".join(words[1:]), words[0]
    if all(re.fullmatch(r"[^\W\d_]\.?", word) for word in middle):
        return words[-1], " ".join(words[:-1])
    return None


def _all_latin(words: list[str]) -> bool:
    return all(_LATIN.fullmatch(word) for word in words)


def _score(header: str, field: Field) -> float:
    """How surely `header` names `field`, by its words alone."""
    plain, bare = folded(header), folded(_NOTE.sub("", _wide(header)))
    if not bare:
        return 0
    own = {folded(name) for name in (field.key, field.label_en, field.label_ja, *field.aliases) if name}
    known = _known(field.key)
    for name in (plain, bare):
        if name in own:
            return _EXACT - (field.key == "name")
        if name in known:
            return _KNOWN - min(known.index(name), 60) / 10
    for stripped in _stripped(header):
        if stripped in own or stripped in known:
            return _STRIPPED
    longest = max((len(name) for name in (*known, *own) if _long_enough(name) and name in bare), default=0)
    return _WITHIN * longest / len(bare) if longest else 0


def _content(content: str, cells: list[str], field: Field) -> float:
    """What the cells add to the score of a field, or take away from it."""
    if field.key in CONTENT.get(content, ()):
        return 9 - 2 * CONTENT[content].index(field.key)
    if not cells:
        return -1
    needed = _NEEDED.get(_NEEDS.get(field.key, field.key)) or _NEEDED.get(field.kind)
    if needed and not any(_mostly([unicodedata.normalize("NFKC", cell) for cell in cells], pattern) for pattern in needed):
        return -80
    if content == "email" and field.kind not in ("email", "text", "longtext", "user"):
        return -80
    return 0


def _without_doubles(found: dict[int, str]) -> dict[int, str]:
    """A full name is not needed where both its parts have a column, unless a module calls it so."""
    keys = set(found.values())
    if {"family_name", "given_name"} <= keys:
        return {at: key for at, key in found.items() if key != "full_name"}
    return found


def folded(text: str) -> str:
    """A heading for comparing: case, width, spaces, hyphens, underscores and humps make no difference."""
    return _JOIN.sub("", _HUMP.sub(" ", _wide(text)).casefold())


def _wide(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


@cache
def _known(key: str) -> tuple[str, ...]:
    return tuple(folded(word) for word in WORDS.get(key, ()))


def _stripped(header: str) -> list[str]:
    """The heading without words that only say whose it is, and without what stands in brackets."""
    plain = _NOTE.sub(" ", _wide(header))
    found = [folded(re.sub(r"[(\[【].*?[)\]】]", "", plain))]
    words = _JOIN.split(_HUMP.sub(" ", plain).casefold().strip())
    while len(words) > 1 and words[0] in ENGLISH_PREFIXES:
        words = words[1:]
        found.append("".join(words))
    for prefix in JAPANESE_PREFIXES:
        if plain.startswith(prefix) and len(plain) > len(prefix) + 1:
            found.append(folded(plain.removeprefix(prefix)))
    return [each for each in found if each]


def _long_enough(name: str) -> bool:
    return len(name) >= (3 if is_eastern(name) else 5)


def _mostly(cells: list[str], pattern: re.Pattern[str]) -> bool:
    return sum(1 for cell in cells if pattern.match(cell)) >= 0.5 * len(cells)
