"""The `vezne` command in a process of its own."""

import subprocess
import sys
from pathlib import Path

from fakes.databases import data_of, environment_of


def run_vezne(*arguments, cwd=None):
    """Run the command to its end. Help and tables are as wide as they need to be."""
    data = data_of(arguments, None if cwd is None else Path(cwd))
    return subprocess.run(
        [sys.executable, "-m", "vezne", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env=environment_of(data) | {"COLUMNS": "200"},
        cwd=cwd,
        check=False,
    )
