"""Tells by its content what kind of file somebody gave, so that the wrong ones are named and not guessed at."""

import re
import zipfile
from typing import BinaryIO

from .reading_errors import UnreadableFile

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF87a", "image"),
    (b"GIF89a", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
    (b"\x1f\x8b\x08", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"BZh91AY", "archive"),
    (b"{\\rtf", "document"),
    (b"\x7fELF", "binary"),
)
_WEB = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|table|\?xml|svg|!--)", re.IGNORECASE)
_JSON = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*(?:\{\s*"[^"\r\n]*"\s*:|\[\s*\{\s*")')


def is_workbook(file: BinaryIO, size: int) -> bool:
    """Whether `file` is XLSX; False means it may be text, everything known to be neither is refused."""
    file.seek(0)
    head = file.read(512)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        _check_archive(file)
        return True
    if head.startswith(_OLE):
        raise UnreadableFile("protected" if _is_encrypted(file, size) else "old_excel")
    for magic, code in _MAGIC:
        if head.startswith(magic):
            raise UnreadableFile(code)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        raise UnreadableFile("image")
    if _WEB.match(head):
        raise UnreadableFile("web_page")
    if _JSON.match(head):
        raise UnreadableFile("json")
    return False


def _is_encrypted(file: BinaryIO, size: int) -> bool:
    """A password-protected XLSX is an OLE file with a stream of this name ([MS-OFFCRYPTO] 2.3.4.4)."""
    mark = "EncryptedPackage".encode("utf-16-le")
    file.seek(0)
    if mark in file.read(1 << 20):
        return True
    file.seek(max(0, size - (1 << 20)))
    return mark in file.read(1 << 20)


def _check_archive(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = {name.lower() for name in archive.namelist()}
    except Exception as error:  # zipfile gives struct, index, value and codec errors for damaged archives
        raise UnreadableFile("broken_workbook") from error
    if "xl/workbook.xml" in names and "[content_types].xml" in names:
        return
    if "xl/workbook.bin" in names:
        raise UnreadableFile("binary_excel")
    if any(name.startswith(("word/", "ppt/")) for name in names):
        raise UnreadableFile("document")
    if "content.xml" in names and "mimetype" in names:
        raise UnreadableFile("open_document")
    raise UnreadableFile("broken_workbook" if "[content_types].xml" in names else "archive")
