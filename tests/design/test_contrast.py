"""Every pair of text and surface that tokens.css allows can be read: WCAG 2.2 AA, in light and in dark."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "static" / "css"
TOKENS = (CSS / "tokens.css").read_text()
NEUTRAL = ("bg", "bg-desk", "bg-float", "bg-field", "bg-hover", "bg-press")
TONES = ("ok", "warn", "bad", "info")
THEMES = ("light", "dark")

# (text, surfaces): 4.5:1, since most of it is 12 to 15 px
READ = [
    ("text", (*NEUTRAL, "n5", "ai-soft", "ai-line", *(f"{tone}-soft" for tone in TONES))),
    ("n11", (*NEUTRAL, "n5", "ai-soft")),
    ("text-2", (*NEUTRAL, "ai-soft", *(f"{tone}-soft" for tone in TONES))),
    ("text-3", ("bg", "bg-desk", "bg-float", "bg-field", "bg-hover", "bg-press")),
    ("ai", ("bg", "bg-desk", "bg-float", "bg-hover", "bg-press", "ai-soft", *(f"{tone}-soft" for tone in TONES))),
    ("ai-strong", ("bg", "ai-soft")),
    ("ai-on", ("ai-fill", "ai-fill-hover", "bad-fill")),
    ("n1", ("n12",)),
    *((tone, ("bg", "bg-desk", "bg-float", "bg-hover", f"{tone}-soft")) for tone in TONES),
]
# Marks and edges of controls: 3:1
SEE = [
    ("line-field", ("bg", "bg-desk", "bg-float", "bg-field")),
    ("ai", ("n5",)),
    ("ai-fill", ("bg", "bg-float", "bg-desk")),
    ("thread", ("bg", "bg-desk")),
    *((f"h{n}", ("bg", "bg-float", "bg-desk", "bg-hover", "ai-soft")) for n in range(1, 11)),
]


def token(name, theme):
    value = re.search(rf"--{re.escape(name)}:\s*([^;]+);", TOKENS)[1].strip()
    if alias := re.fullmatch(r"var\(--([\w-]+)\)", value):
        return token(alias[1], theme)
    return re.findall(r"#[0-9a-f]{6}", value)[THEMES.index(theme)]


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pairs(table):
    return [(theme, front, back) for theme in THEMES for front, backs in table for back in backs]


@pytest.mark.parametrize(("theme", "front", "back"), pairs(READ))
def test_text_can_be_read(theme, front, back):
    assert contrast(token(front, theme), token(back, theme)) >= 4.5


@pytest.mark.parametrize(("theme", "front", "back"), pairs(SEE))
def test_marks_can_be_seen(theme, front, back):
    assert contrast(token(front, theme), token(back, theme)) >= 3


def test_the_measure_itself_is_right():
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("name", ["base", "layout", "components", "print"])
def test_only_tokens_hold_colours(name):
    css = re.sub(r"/\*.*?\*/", "", (CSS / f"{name}.css").read_text(), flags=re.S)

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[\s;,)])|\brgba?\(|\bhsla?\(|\boklch\(", css) == []


@pytest.mark.parametrize("name", ["tokens", "base", "layout", "components", "print"])
def test_only_known_tokens_are_used(name):
    css = (CSS / f"{name}.css").read_text()
    known = set(re.findall(r"(--[\w-]+):", "".join(path.read_text() for path in CSS.glob("*.css"))))

    assert set(re.findall(r"var\((--[\w-]+)", css)) - known == set()


def test_the_sheets_stay_small():
    assert sum(path.stat().st_size for path in CSS.glob("*.css")) < 100_000
