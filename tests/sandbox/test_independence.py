"""The sandbox is a program of its own."""

import ast
import sys
from pathlib import Path

import sandbox


def test_only_the_standard_library_and_itself_are_imported():
    """SOC-7: no code is shared with the product, so that a mistake is not made twice in the same way."""
    outside = set()
    for file in Path(sandbox.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                outside |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                outside.add(str(node.module).split(".")[0])

    assert outside - set(sys.stdlib_module_names) == set()
