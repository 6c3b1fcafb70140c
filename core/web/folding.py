"""Templates whose unchanging parts are joined once.

Half of a page's processor time went into parts that never change for one language: sentences, icons, addresses without
arguments, the text between them. The loader reads a template as Django does and then puts one node in place of each run of
such parts. The first rendering in each language asks the very nodes it stands for, so it cannot say anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.template import Context, Template
from django.template.base import FilterExpression, Node, NodeList, TextNode, TokenType, Variable
from django.template.defaulttags import CommentNode, LoadNode, URLNode
from django.template.library import SimpleNode
from django.template.loaders import cached
from django.template.loaders.base import Loader as BaseLoader
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from core.html import built


class Unchanging(Node):
    """A run of nodes that say the same in every page of one language."""

    child_nodelists = ()

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.token, self.origin = nodes[0].token, nodes[0].origin
        # Addresses begin with what stands before the product's own, which the web server decides.
        self.addresses = any(isinstance(node, URLNode | StaticNode) for node in nodes)
        self.said: dict[Any, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = get_language(), get_script_prefix() if self.addresses else ""
        text = self.said.get(key)
        if text is None:
            text = self.said[key] = built("".join([str(node.render_annotated(context)) for node in self.nodes]))
        return text


def _literal(expression: FilterExpression | None) -> bool:
    if expression is None:
        return True
    one = expression.var
    return not expression.filters and (isinstance(one, str) or (isinstance(one, Variable) and one.lookups is None))


def _unchanging(node: Node) -> bool:
    """Whether a node says the same whatever the page holds. A kind that is not named here does not."""
    match node:
        case TextNode() | CommentNode() | LoadNode():
            return True
        case TranslateNode():
            return not node.asvar and _literal(node.filter_expression) and _literal(node.message_context)
        case BlockTranslateNode():
            words = all(token.token_type == TokenType.TEXT for token in node.singular)
            return words and not (node.asvar or node.extra_context or node.plural) and _literal(node.message_context)
        case URLNode():
            return not (node.args or node.kwargs or node.asvar) and _literal(node.view_name)
        case StaticNode():
            return node.varname is None and _literal(node.path)
        case SimpleNode():
            same = getattr(node.func, "unchanging", False) and node.target_var is None
            return same and all(_literal(one) for one in (*node.args, *node.kwargs.values()))
    return False


def fold(template: Template) -> Template:
    """`template` with its unchanging parts joined, in place."""
    _fold(template.nodelist)
    return template


def _fold(nodes: NodeList) -> None:
    made: list[Node] = []
    run: list[Node] = []
    for node in nodes:
        if _unchanging(node):
            run.append(node)
            continue
        made += _joined(run)
        run = []
        made.append(node)
        for inner in _inside(node):
            _fold(inner)
    nodes[:] = [*made, *_joined(run)]


def _joined(run: list[Node]) -> list[Node]:
    return [Unchanging(run)] if any(not isinstance(node, TextNode) for node in run) else run


def _inside(node: Node) -> Iterable[NodeList]:
    found = [getattr(node, name, None) for name in node.child_nodelists]
    # A condition keeps its parts in pairs; what Django calls their nodelist is a copy.
    found += [inner for _condition, inner in getattr(node, "conditions_nodelists", ())]
    return [one for one in found if isinstance(one, NodeList)]


class _Folding(BaseLoader):
    def get_template(self, template_name: str, skip: Any = None) -> Template:
        return fold(super().get_template(template_name, skip))


# What stands between the quotes of an attribute; and a value in it that no filter shapes.
_ATTRIBUTE = re.compile(r'(?<=[\w-])="[^"<>]*"')
_VALUE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def for_machines(source: str) -> str:
    """A template's source with the numbers of attributes as machines read them. People read 2,442; a form that sends it
    back, an address or an id needs 2442. Sentences to translate are for people wherever they stand."""

    def plain(found: re.Match[str]) -> str:
        return found.group() if "blocktrans" in found.group() else _VALUE.sub(r"{{ \1|unlocalize }}", found.group())

    return _ATTRIBUTE.sub(plain, source)


class Loader(cached.Loader, _Folding):
    """Django's remembering loader; what it remembers is folded before anyone else can see it."""

    def get_contents(self, origin: Any) -> str:
        return for_machines(super().get_contents(origin))
