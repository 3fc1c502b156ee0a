"""The table of controls says what is so: its proofs and pages exist."""

import ast
import re
from pathlib import Path

import pytest

from vezne.evidence.controls import CONTROLS, Control

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.requirement)
def test_proofs_and_pages_exist(control: Control) -> None:
    """Each test that a row names is there, and so is the page."""
    assert (ROOT / control.page).exists()
    assert control.tests
    for name in control.tests:
        path, _, function = name.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        functions = ast.FunctionDef | ast.AsyncFunctionDef
        assert function in {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def test_requirements_are_numbers_and_stand_once() -> None:
    """In the order of the standard."""
    numbers = [control.requirement for control in CONTROLS]
    assert all(re.fullmatch(r"\d+(\.\d+)+", number) for number in numbers)
    assert numbers == sorted(set(numbers), key=lambda text: [int(x) for x in text.split(".")])
