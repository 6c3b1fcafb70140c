"""Pictures for the demo, drawn from numbers: faces that are nobody's, and the plan of a floor."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

_SKIN = ("#f2c9a5", "#e0ac85", "#c68863", "#8d5a3b", "#f7d9bd")
_HAIR = ("#22201e", "#4a3020", "#7a4a24", "#9c9a98", "#2c2f3a")
_CLOTH = ("#3d6f9e", "#8a4f6d", "#4d7d57", "#b06b3a", "#555b73", "#7d6a2f")
_WALL = ("#dfe8ef", "#efe6dc", "#e4efe2", "#ece2ee", "#f1ead2", "#e0ecec")
_SIDE, _INK = 320, "#2a2624"


def drawn_face(number: int) -> bytes:
    """A head and shoulders in a few flat colours, another for each number; PNG, wider than high, to be cut square."""
    picture = Image.new("RGB", (_SIDE * 5 // 4, _SIDE), _WALL[number % len(_WALL)])
    pen, middle = ImageDraw.Draw(picture), _SIDE * 5 // 8
    skin, hair = _SKIN[number * 3 % len(_SKIN)], _HAIR[number * 2 % len(_HAIR)]
    long = number % 2
    pen.ellipse((middle - 92, 52, middle + 92, 250 if long else 200), fill=hair)
    pen.ellipse((middle - 140, 236, middle + 140, 460), fill=_CLOTH[number % len(_CLOTH)])
    pen.rectangle((middle - 28, 190, middle + 28, 262), fill=skin)
    pen.ellipse((middle - 72, 78, middle + 72, 230), fill=skin)
    pen.pieslice((middle - 80, 58, middle + 80, 190), 180, 360 if number % 3 else 330, fill=hair)
    for side in (-1, 1):
        pen.ellipse((middle + side * 28 - 6, 146, middle + side * 28 + 6, 158), fill=_INK)
        if number % 4 == 1:
            pen.ellipse((middle + side * 28 - 20, 134, middle + side * 28 + 20, 172), outline=_INK, width=4)
    pen.arc((middle - 26, 170, middle + 26, 204), 20, 160, fill=_INK, width=4)
    return _png(picture)


def drawn_plan() -> bytes:
    """A floor with its kitchens marked."""
    picture = Image.new("RGB", (1200, 800), "#fbfaf7")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((60, 60, 1140, 740), outline=_INK, width=8)
    for x in (360, 700, 900):
        pen.line((x, 60, x, 480 if x != 700 else 740), fill=_INK, width=5)
    pen.line((60, 480, 900, 480), fill=_INK, width=5)
    for left, top in ((90, 90), (930, 600)):
        pen.rectangle((left, top, left + 170, top + 100), fill="#c7dcea", outline="#3d6f9e", width=4)
    return _png(picture)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
