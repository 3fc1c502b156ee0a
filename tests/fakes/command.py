"""The `vezne` command in a process of its own."""

import os
import subprocess
import sys


def run_vezne(*arguments, cwd=None):
    """Run the command to its end. Help and tables are as wide as they need to be."""
    known = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "vezne", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=known,
        cwd=cwd,
        check=False,
    )
