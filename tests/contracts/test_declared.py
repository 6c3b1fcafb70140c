"""What is declared holds together: actions, templates, links between floors, and who vouches for HTML (H5, I1, W4)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.template.loader import get_template

from core.access.gate import RIGHTS
from core.action.registry import _actions
from core.module.registry import module as find_module
from core.module.registry import modules

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OURS = ("core", "crm", "automation", "social", "helpdesk", "campaigns", "admin_console")
CODE = [p for app in OURS for p in sorted((ROOT / app).rglob("*.py")) if "migrations" not in p.parts]
FLOOR = {"core": 1, "crm": 2, "automation": 2, "admin_console": 2, "social": 3, "helpdesk": 3, "campaigns": 3}
_ids = [str(p.relative_to(ROOT / "templates")) for p in TEMPLATES]


@pytest.mark.parametrize("key", sorted(_actions))
def test_an_action_says_what_it_is_called_and_which_right_it_needs(key: str) -> None:
    one = _actions[key]
    needed, right = one.needs.split(":")

    assert str(one.label).strip()
    assert find_module(needed) is not None and right in RIGHTS
    assert key.split(".")[0] in OURS


@pytest.mark.parametrize("path", TEMPLATES, ids=_ids)
def test_a_template_holds_no_style_no_script_and_vouches_for_nothing(path: Path) -> None:
    """W2, H5: strict CSP needs no exception; nothing is put out unescaped."""
    text = path.read_text()

    get_template(str(path.relative_to(ROOT / "templates")))  # it can be read
    bare = _TAGS.sub("", text)
    assert not re.search(r"\sstyle\s*=|<style\b", bare)
    assert not re.search(r"<script(?![^>]*\bsrc=)", bare)
    assert not re.search(r"""[\s"']on[a-z]+\s*=""", bare)
    assert not re.search(r"\|\s*safe\b|autoescape\s+off|javascript:", text)


# Words a page may hold in both languages: names of things, signs, keys.
_SAME = {"Enishi", "English", "日本語", "Ctrl", "Enter", "CSV", "XLSX", "UTF-8", "BOM", "X", "j", "k", "o", "x", "Ctrl ↵", "縁", "Excel"}
_TAGS = re.compile(r"\{%\s*blocktrans.*?%\}.*?\{%\s*endblocktrans\s*%\}|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<!--.*?-->", re.DOTALL)


# Pages that show the design to those who build; what stands in them is sample text in the language it samples.
_SAMPLES = {"gallery.html", "_timeline_sample.html"}


@pytest.mark.parametrize("path", [p for p in TEMPLATES if p.name not in _SAMPLES], ids=lambda p: str(p.relative_to(ROOT)))
def test_every_sentence_of_a_template_can_be_translated(path: Path) -> None:
    """Words outside a translation would stay English on a Japanese page."""
    bare = _TAGS.sub("\x00", path.read_text())
    words = [w.strip() for w in re.sub(r"<[^>]*>", "\x00", bare).split("\x00")]
    said = re.findall(r"""\s(?:aria-label|placeholder|title|alt|data-tip)=["']([^"'\x00]*)["']""", bare)

    assert [w for w in [*words, *said] if re.search(r"[A-Za-z]{2,}|[ぁ-ん一-龥]", w) and w.strip(" ·") not in _SAME] == []


def test_html_is_vouched_for_in_one_place() -> None:
    """H5: mark_safe and SafeString outside core/html.py; `built` only where core/html.py says."""
    listed = (ROOT / "core" / "html.py").read_text()
    found, unlisted = [], []
    for path in CODE:
        if path == ROOT / "core" / "html.py":
            continue
        text, name = path.read_text(), ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
                empty = called == "SafeString" and len(node.args) == 1 and isinstance(node.args[0], ast.Constant)
                if called in {"mark_safe", "SafeString"} and not empty:
                    found.append(f"{name}:{node.lineno}")
                if called == "built" and "from core.html import built" in text and not re.search(rf"\b{re.escape(name)}\b", listed):
                    unlisted.append(name)
                if called == "format_html" and not isinstance(node.args[0], ast.Constant | ast.Name):
                    found.append(f"{name}:{node.lineno} format_html")
    assert found == []
    assert sorted(set(unlisted)) == [], "Say in core/html.py why this is safe."


def test_no_query_is_built_from_strings() -> None:
    """I1: SQL of our own stands in the files named here, and no word of a user is in it: table names come from models."""
    allowed = {
        "core/search/backend_postgres.py", "core/search/backend_sqlite.py", "core/search/schema.py",  # the index of search
        "core/copying.py", "core/record/loading.py", "core/record/insert.py", "core/record/rewrite.py",  # many rows
        "core/record/upsert.py", "core/exchange/intake.py",  # of which some are there already
        "crm/management/commands/generate.py",
        "core/search/query.py", "core/search/sieve.py",  # and what it is asked: pieces joined, every word a value
        "core/module/owned.py", "core/module/parts.py",  # so are lists that are put together owner by owner or looked at in parts
        "core/identity/matching.py", "core/identity/whole.py",  # identity keys joined with themselves, under a cap the ORM has no words for
        "core/remote/budget.py",  # Redis, not SQL
        "core/signin/audit_table.py",  # triggers: constants
    }  # fmt: skip
    found = []
    for path in CODE:
        name = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if called in {"raw", "extra"} or (called == "execute" and name not in allowed):
                if called == "execute" and node.args and isinstance(node.args[0], ast.Constant):  # type: ignore[union-attr]
                    continue
                found.append(f"{name}:{node.lineno} {called}")  # type: ignore[union-attr]
            if isinstance(node, ast.Name) and node.id == "RawSQL":
                found.append(f"{name}:{node.lineno} RawSQL")
    assert found == []


def test_a_link_between_tables_points_down() -> None:
    """Foreign keys by string are not seen by the import linter: a floor links to its own app and to floors below."""
    wrong = []
    for model in apps.get_models():
        app = model._meta.app_label
        if app not in FLOOR:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey | models.ManyToManyField):
                other = field.remote_field.model._meta.app_label
                if other in FLOOR and other != app and FLOOR[other] >= FLOOR[app]:
                    wrong.append(f"{model.__name__}.{field.name} → {other}")
    assert wrong == []


def test_a_module_names_a_section_for_what_its_form_asks() -> None:
    """PLT-11: what may be typed stands in the layout, once."""
    wrong = []
    for one in modules():
        laid = [key for section in one.layout for key in section.fields]
        wrong += [f"{one.key} {key} twice" for key in set(laid) if laid.count(key) > 1]
        if one.by_hand:
            asked = {key for key, field in one.built_in.items() if field.required and field.editable and not field.hidden}
            wrong += [f"{one.key} {key} is required and not in the form" for key in asked - set(laid) if one.built_in[key].default is None]
    assert wrong == []


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_says_what_it_is_for_and_is_short(path: Path) -> None:
    text = path.read_text()

    assert text.count("\n") <= 400
    if text.strip() and path.name not in {"__init__.py", "apps.py"}:
        assert ast.get_docstring(ast.parse(text))
