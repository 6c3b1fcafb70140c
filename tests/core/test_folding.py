"""Templates whose unchanging parts are joined say what Django's own say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Engine, Template
from django.template.base import NodeList
from django.template.loader import get_template
from django.urls import set_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import override

from core.web.folding import Unchanging, fold, for_machines

SOURCE = """{% load i18n %}<h1>{% trans "Save" %} {% icon "x" %}</h1>{# why #}
<a href="{% url 'jobs' %}">{% trans "Open" context "deals" %}</a>
{% if name %}<b>{% trans name %}</b>{% trans "Save" as said %}[{{ said }}]{% else %}
{% blocktrans %}All that match{% endblocktrans %}{% endif %}
{% for one in many %}{% icon one %}{% trans "Edit" %} {{ one }}{% empty %}{% trans "None yet." %}{% endfor %}
{% blocktrans with who=name %}{{ who }}, your account{% endblocktrans %}{% static 'css/base.css' %}"""


def engine() -> Engine:
    return Engine.get_default()


@pytest.mark.parametrize("language", ["en", "ja", None])
@pytest.mark.parametrize("held", [{}, {"name": "<i>Save</i>", "many": ["x", "pin"]}])
def test_a_folded_template_says_the_same_in_every_language(language: str | None, held: dict[str, Any]) -> None:
    plain, folded = Template(SOURCE, engine=engine()), fold(Template(SOURCE, engine=engine()))

    with override(language):
        said = [folded.render(Context(held)) for _turn in range(2)]
        expected = plain.render(Context(held))

    assert said == [expected, expected]


def test_one_language_never_hears_the_other() -> None:
    """PLT-6: what one reader's page remembered is not shown to a reader of the other language."""
    folded = fold(Template('{% trans "Save" %}{% icon "x" %}', engine=engine()))

    with override("en"):
        english = folded.render(Context())
    with override("ja"):
        japanese = folded.render(Context())

    assert english.startswith("Save<svg")
    assert japanese.startswith("保存<svg")


def test_addresses_follow_where_the_server_puts_the_product() -> None:
    folded = fold(Template("{% url 'jobs' %}", engine=engine()))
    folded.render(Context())

    set_script_prefix("/suite/")
    moved = folded.render(Context())
    set_script_prefix("/")

    assert moved == "/suite/jobs/"
    assert folded.render(Context()) == "/jobs/"


def runs(nodes: NodeList) -> list[Unchanging]:
    return list(nodes.get_nodes_by_type(Unchanging))


def test_every_template_of_the_product_is_read_folded() -> None:
    """Performance 1: the loader hands out templates whose sentences and icons are joined."""
    names = [str(path.relative_to(settings.BASE_DIR / "templates")) for path in Path(settings.BASE_DIR / "templates").rglob("*.html")]
    made = {name: get_template(name).template.nodelist for name in names}

    assert len(runs(made["ui/_top.html"])) > 10
    assert not [name for name, nodes in made.items() for run in runs(nodes) if any(runs(NodeList([one])) for one in run.nodes)]


def test_numbers_in_attributes_are_for_machines() -> None:
    """PLT-6: people read 2,442; the form that sends the number of a record back does not."""
    source = (
        '<input name="keep-{{ pk }}" value="{{ pk }}" title="{{ word }}">{{ pk }} '
        '<a href="?pk={{ pk }}{% if pk == "x" %}&amp;y{% endif %}">'
    )

    page = Template(for_machines(source)).render(Context({"pk": 2442, "word": SafeString("<b>")}))

    assert page == '<input name="keep-2442" value="2442" title="<b>">2,442 <a href="?pk=2442">'
    sentence = '<b aria-label="{% blocktrans %}Edit {{ field }}{% endblocktrans %}">'
    assert for_machines(sentence) == sentence
    assert Template(for_machines('<b title="{{ word }}">')).render(Context({"word": "<"})) == '<b title="&lt;">'


def test_every_number_a_template_sends_back_is_plain() -> None:
    """PLT-6: no template puts a record's number or version between quotes without the loader seeing it."""
    wrong = []
    for path in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        for found in re.findall(r'(?:value|name|href|id|for)="[^"]*"', for_machines(path.read_text(encoding="utf-8"))):
            wrong += [f"{path.name}: {found}" for value in re.findall(r"\{\{\s*[\w.]*(?:pk|version|_id)\s*\}\}", found)]

    assert wrong == []
