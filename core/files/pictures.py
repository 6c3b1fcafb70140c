"""Pictures are never shown as they came: each is decoded and drawn anew, without what the camera wrote into it (U3, S3).

A decompression bomb is refused by the size its head states, before anything is decoded. Two copies of 24 million pixels, as
shrinking needs them, are 200 MB. A JPEG is decoded at a fraction of its size, unless it is progressive: that is read whole.
"""

from __future__ import annotations

import io
import threading
import warnings
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from core.record.write import Refused

PIXELS, JPEG_PIXELS = 24_000_000, 100_000_000
# One at a time in a process: many at once would each take their 200 MB.
_turn = threading.Lock()
# Formats whose decoders are part of Pillow itself. Others (EPS starts Ghostscript) are never tried.
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_BROKEN = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError, MemoryError)


class NoPicture(Refused):
    """The bytes cannot be shown as a picture."""


def drawn(source: IO[bytes], most: int) -> Image.Image:
    """The first frame, upright, no side longer than `most` (several times that for what is cut later). Raises NoPicture."""
    try:
        with _turn, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(source, formats=FORMATS) as found:
                cheap = found.format == "JPEG" and not found.info.get("progressive") and not found.info.get("progression")
                if found.width * found.height > (JPEG_PIXELS if cheap else PIXELS):
                    raise Image.DecompressionBombError
                found.draft("RGB", (most, most))
                mode = "RGBA" if found.has_transparency_data else "RGB"
                picture = found if found.mode in {"RGB", "RGBA"} else found.convert(mode)
                picture.thumbnail((most, most))  # before it is turned, since turning makes a copy
                return ImageOps.exif_transpose(picture).convert(mode)
    except Image.DecompressionBombError as error:
        raise NoPicture(
            _("The picture has more than %(count)d million pixels. Make it smaller first.") % {"count": PIXELS // 1_000_000}
        ) from error
    except _BROKEN as error:
        raise NoPicture(_("This is not a picture that can be read: use PNG, JPEG, GIF or WebP.")) from error


def previews(source: IO[bytes], sizes: tuple[int, ...]) -> dict[int, bytes]:
    """The picture as WebP, by its longest side in pixels, never larger than it was."""
    made, picture = {}, drawn(source, max(sizes))
    for size in sorted(sizes, reverse=True):
        picture.thumbnail((size, size))
        made[size] = _encoded(picture, "WEBP")
    return made


def squares(source: IO[bytes], sizes: tuple[int, ...]) -> dict[int, bytes]:
    """The middle of the picture as JPEG squares, by their side in pixels; what is transparent becomes white."""
    picture = drawn(source, max(sizes) * 4)
    if picture.mode == "RGBA":
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        picture = white
    return {size: _encoded(ImageOps.fit(picture, (size, size)), "JPEG") for size in sizes}


def _encoded(picture: Image.Image, format: str) -> bytes:
    out = io.BytesIO()
    clean = Image.new(picture.mode, picture.size)  # pixels alone: no EXIF, no comment, no colour profile
    clean.paste(picture)
    clean.save(out, format, quality=85)
    return out.getvalue()
