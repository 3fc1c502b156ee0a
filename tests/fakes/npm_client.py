"""Where the official npm client is, and whether this machine can run it."""

import shutil
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "journeys" / "node"
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(
    NODE is None or not (FOLDER / "node_modules" / "iyzipay").exists(),
    reason="the npm client needs Node.js and npm",
)
