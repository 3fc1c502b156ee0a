"""Secrets are compared in a time that says nothing about them."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Who types a passphrase twice is told which of them was wrong by no clock.
SOURCES = [path for path in sorted((ROOT / "src").rglob("*.py")) if path.parts[-2:-1] != ("cli",)]
SECRET = re.compile(
    r"(^|_)(secret|signature|mac|hmac|proof|password|passphrase|private_key|token_text)(_|$)"
)


def named(node):
    """The words by which an operand is called."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr


def is_empty(node):
    """Whether an operand is what anybody knows: None, an empty text, a length."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len":
        return True
    return isinstance(node, ast.Constant)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_secret_is_compared_letter_by_letter(path):
    """`==` ends at the first letter that differs, which tells a patient attacker how far he got."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Compare):
            continue
        operands = [node.left, *node.comparators]
        is_equality = any(isinstance(verb, ast.Eq | ast.NotEq) for verb in node.ops)
        if not is_equality or any(map(is_empty, operands)):
            continue
        secrets = [word for part in operands for word in named(part) if SECRET.search(word)]
        assert not secrets, f"{path.name}:{node.lineno} compares {secrets}"
