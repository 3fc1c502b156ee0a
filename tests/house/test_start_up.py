"""What a server does without until it is needed: each takes as long to load as a room of ours."""

import os
import subprocess
import sys

# Pages for browsers, PostgreSQL, webhooks, pictures of secrets, odd e-mail addresses.
LATER = {
    "asyncpg",
    "email_validator",
    "holidays",
    "httpcore",
    "jinja2",
    "pytest",
    "segno",
    "starlette",
    "vezne.panel.app",
    "vezne_pytest",
}
# The commands beside `serve`.
OTHERS = {"vezne.cli.cards", "vezne.evidence", "vezne.scanner"}


def test_a_server_loads_what_it_needs_and_no_more():
    """Every test that starts a server would wait for the rest, and every process would keep it."""
    code = (
        "import sys, vezne.cli.app, vezne.cli.serving, vezne.bootstrap.server\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(done.stdout.split()) & (LATER | OTHERS) == set()
