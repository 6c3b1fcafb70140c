"""What a file is, by its content: its name and what a browser claims are only hints (PLT-21, U1).

A program is refused whatever it is called. A picture or PDF under a wrong ending is kept under the right one, and that is
said. Any other file whose content is not what its ending says is refused.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import puremagic
from django.utils.translation import gettext as _

from core.record.write import Refused

HEAD = 16_384
NAME = 200
# Kept under their true ending when they come under another: nothing in them runs, and phones mix up their endings.
_STRICT = {
    "pdf": ("application/pdf", "pdf"),
    "png": ("image/png", "png"),
    "jpeg": ("image/jpeg", "jpg jpeg jpe jfif"),
    "gif": ("image/gif", "gif"),
    "webp": ("image/webp", "webp"),
    "tiff": ("image/tiff", "tif tiff"),
    "bmp": ("image/bmp", "bmp dib"),
    "heif": ("image/heif", "heic heif avif"),
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
# Ending: (what it is called in a download, what its content must be).
_KNOWN: dict[str, tuple[str, str]] = {
    "docx": (f"{_OFFICE}wordprocessingml.document", "zip"), "xlsx": (f"{_OFFICE}spreadsheetml.sheet", "zip"),
    "pptx": (f"{_OFFICE}presentationml.presentation", "zip"), "xlsm": ("application/vnd.ms-excel.sheet.macroenabled.12", "zip"),
    "docm": ("application/vnd.ms-word.document.macroenabled.12", "zip"), "odt": (f"{_OPEN}text", "zip"),
    "ods": (f"{_OPEN}spreadsheet", "zip"), "odp": (f"{_OPEN}presentation", "zip"), "zip": ("application/zip", "zip"),
    "pages": ("application/octet-stream", "zip"), "numbers": ("application/octet-stream", "zip"),
    "key": ("application/octet-stream", "zip"),
    "doc": ("application/msword", "ole"), "xls": ("application/vnd.ms-excel", "ole"), "ppt": ("application/vnd.ms-powerpoint", "ole"),
    "msg": ("application/vnd.ms-outlook", "ole"), "jtd": ("application/octet-stream", "ole"), "rtf": ("application/rtf", "rtf"),
    "txt": ("text/plain", "text"), "log": ("text/plain", "text"), "md": ("text/plain", "text"), "csv": ("text/csv", "text"),
    "tsv": ("text/tab-separated-values", "text"), "json": ("application/json", "text"), "eml": ("message/rfc822", "text"),
    "ics": ("text/calendar", "text"), "vcf": ("text/vcard", "text"), "xml": ("application/octet-stream", "markup text"),
    "html": ("application/octet-stream", "markup text"), "htm": ("application/octet-stream", "markup text"),
    "svg": ("application/octet-stream", "markup text"), "7z": ("application/x-7z-compressed", "7z"), "gz": ("application/gzip", "gz"),
    "lzh": ("application/octet-stream", "other"), "mp3": ("audio/mpeg", "media"), "m4a": ("audio/mp4", "media"),
    "wav": ("audio/wav", "media"),
    "ogg": ("audio/ogg", "media"), "mp4": ("video/mp4", "media"), "mov": ("video/quicktime", "media"), "webm": ("video/webm", "media"),
    "avi": ("video/x-msvideo", "media"), "dwg": ("application/octet-stream", "other"), "dxf": ("application/octet-stream", "text other"),
    "jww": ("application/octet-stream", "other"), "psd": ("application/octet-stream", "other"),
    "ai": ("application/octet-stream", "pdf other text"),
    "xdw": ("application/octet-stream", "other"), "step": ("application/octet-stream", "text"), "stp": ("application/octet-stream", "text"),
}  # fmt: skip
ALLOWED = sorted({*_KNOWN, *(ending for _type, endings in _STRICT.values() for ending in endings.split())})
# First bytes of what a machine would run: Windows, Linux, macOS, Java, Android, scripts, and links that start programs.
_PROGRAMS = (
    b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe",
    b"dex\n", b"#!", b"L\x00\x00\x00\x01\x14\x02\x00", b"\x00asm",
)  # fmt: skip
_MARKUP = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:\s|<!--.{0,2000}?-->)*<(?:!doctype|html|head|body|script|svg|iframe|object|embed|meta|\?xml|\?php|%)",
    re.IGNORECASE | re.DOTALL,
)
_MAGIC = {
    b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "ole", b"{\\rtf": "rtf", b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x1f\x8b": "gz", b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif",
    b"II*\x00": "tiff", b"MM\x00*": "tiff",
}  # fmt: skip
_MEDIA = {".mp3", ".m4a", ".mp4", ".mov", ".wav", ".ogg", ".oga", ".webm", ".avi", ".mkv", ".m4v", ".3gp", ".qt"}
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@dataclass(frozen=True)
class Sorted:
    """What a file is: its media type for downloads, the name to keep it under, and a remark for the person who sent it."""

    type: str
    name: str
    remark: str = ""


def content_of(head: bytes) -> str:
    """What the first bytes are: a key of _STRICT, or "program", "markup", "zip", "ole", "rtf", "7z", "gz", "media", "text", "other"."""
    if head.startswith(_PROGRAMS):
        return "program"
    if _MARKUP.match(head) or _MARKUP.match(_as_bytes(head)):
        return "markup"
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return "heif" if head[8:12] in {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"heim", b"heis"} else "media"
    if _is_text(head):
        return "text"
    if head.startswith(b"BM"):
        return "bmp"
    return "media" if _known_endings(head) & _MEDIA else "other"


def _known_endings(head: bytes) -> set[str]:
    """The endings the library knows for these bytes. It names many for one; so it decides only between harmless kinds."""
    try:
        return {one.extension.lower() for one in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()


def _as_bytes(head: bytes) -> bytes:
    """UTF-16 text as plain bytes, since browsers read markup in it, too."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "ignore").encode("utf-8")
    return b""


def _is_text(head: bytes) -> bool:
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or not any(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x1b" for byte in head)


def clean_name(name: str) -> str:
    """A file name to show and to send: no folders, no signs that are not seen (they can turn an ending around), not too long."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(sign for sign in unicodedata.normalize("NFC", name) if unicodedata.category(sign) not in _UNSEEN)
    name = " ".join(name.split()).strip(". ") or "file"
    if len(name) <= NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: NAME - len(ending) - 1]}.{ending}" if dot and len(ending) < 10 else name[:NAME]


def sort(head: bytes, name: str) -> Sorted:
    """What a file with these first bytes, sent under `name`, is kept as. Raises Refused with the reason for people."""
    name = clean_name(name)
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    content = content_of(head)
    if not head:
        raise Refused(_("“%(name)s” is empty.") % {"name": name})
    if content == "program":
        raise Refused(_("“%(name)s” is a program. Programs are not kept here, whatever they are called.") % {"name": name})
    type_, wanted = _KNOWN.get(ending, ("", ""))
    if content in wanted.split():
        return Sorted(type_, name)
    if content in _STRICT:
        type_, endings = _STRICT[content]
        if ending in endings.split():
            return Sorted(type_, name)
        true = f"{name[: NAME - 5]}.{endings.split()[0]}"
        said = _("“%(name)s” is not what its name says; it was stored as what it is: “%(true)s”.")
        return Sorted(type_, true, said % {"name": name, "true": true})
    if not wanted and ending not in ALLOWED:
        raise Refused(_("“%(name)s”: files with this ending cannot be attached. Put it into a ZIP file.") % {"name": name})
    raise Refused(_("“%(name)s” is not what its name says. It was not stored.") % {"name": name})
