"""`manage.py messages`: gather the sentences of code and templates into locale/ja, or with `--compile` make what Django reads.

Babel does both, so that neither a developer nor `bin/up` needs gettext installed. Templates are first turned into code by
Django's own `templatize`, as makemessages does.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation.template import templatize

KEYWORDS: dict[str, Any] = {
    "_": None, "lazy": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2), "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
SKIPPED = {".venv", "tests", "var", "sandbox", ".tools", "staticfiles", "bench", "prototype"}


def _files(pattern: str) -> list[Path]:
    found = (p for p in sorted(Path(settings.BASE_DIR).rglob(pattern)) if not SKIPPED & set(p.relative_to(settings.BASE_DIR).parts))
    return [p for p in found if "migrations" not in p.parts]


def gathered() -> Catalog:
    """Every sentence in code and templates, those of mails (*.txt) included, with where it stands."""
    catalog = Catalog(project="Enishi", version="", charset="utf-8")
    for path in [*_files("*.py"), *_files("*.html"), *_files("templates/**/*.txt")]:
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            text = re.sub(r"(?m)^[ \t]+", "", templatize(text, origin=str(path)))  # a part of a page may begin indented
        where = str(path.relative_to(settings.BASE_DIR))
        for _line, message, comments, context in extract(
            "python", io.BytesIO(text.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"}
        ):
            if message and message != "":
                catalog.add(message, None, [(where, 0)], auto_comments=comments, context=context)
    return catalog


class Command(BaseCommand):
    help = "Gather translatable sentences into locale/ja, or compile them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--compile", action="store_true")

    def handle(self, *args: Any, **asked: Any) -> None:
        for source in sorted(Path(settings.BASE_DIR).glob("locale/*/LC_MESSAGES/*.po")):
            if asked["compile"]:
                with source.open("rb") as file:
                    catalog = read_po(file, locale=source.parts[-3])
                with source.with_suffix(".mo").open("wb") as out:
                    write_mo(out, catalog)
            else:
                self._update(source)

    def _update(self, source: Path) -> None:
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parts[-3])
        catalog.update(gathered(), no_fuzzy_matching=True, keep_user_comments=True)
        catalog.obsolete.clear()
        with source.open("wb") as out:
            write_po(
                out, catalog, width=0, no_location=False, include_lineno=False, sort_output=True, ignore_obsolete=True, omit_header=False
            )
        missing = [m.id for m in catalog if m.id and not (all(m.string) if isinstance(m.string, tuple | list) else m.string)]
        self.stdout.write(f"{source}: {len(catalog)} sentences, {len(missing)} without a translation")
