"""People's names as a reader of the active language expects them."""

import re

_EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af々〆ヶ]")


def is_eastern(text: str) -> bool:
    """Whether `text` is written in Japanese, Chinese or Korean script."""
    return bool(_EASTERN.search(text))


def shown_name(family: str, given: str, *, honorific: str = "") -> str:
    """`family` and `given` in their order: family first for names in eastern script, given first for the rest,
    whoever reads them: to force one order on all names is what people complain of (PLT-6)."""
    parts = [family, given] if is_eastern(family + given) else [given, family]
    name = " ".join(part for part in parts if part)
    return f"{name} {honorific}" if honorific and name else name
