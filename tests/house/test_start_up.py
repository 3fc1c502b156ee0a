"""What a server does without until it is needed: each takes as long to load as a room of ours."""

import os
import subprocess
import sys

# Pages for browsers, PostgreSQL, webhooks, pictures of secrets, odd e-mail addresses, colours.
LATER = {
    "asyncpg",
    "email_validator",
    "holidays",
    "http.client",
    "httpcore",
    "jinja2",
    "pydantic",
    "pytest",
    "rich",
    "segno",
    "starlette",
    "vezne.panel.app",
    "vezne_pytest",
}
# The commands beside `serve`.
OTHERS = {"vezne.cli.cards", "vezne.evidence", "vezne.scanner"}
# What it takes to open a house, which many commands do not do.
HOUSE = {
    "asyncio",
    "cryptography",
    "httptools",
    "simbank",
    "sqlite3",
    "uvloop",
    "vezne.bootstrap.start",
    "vezne.core.ports",
    "vezne.dialects",
    "vezne.edge.server",
    "vezne.engines",
    "vezne.storage",
    "vezne.vault",
}


def loaded(*modules):
    """The names of all modules that a new process has after importing some."""
    code = f"import sys, {', '.join(modules)}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


def test_a_server_loads_what_it_needs_and_no_more():
    """Every test that starts a server would wait for the rest, and every process would keep it."""
    found = loaded("vezne.cli.app", "vezne.cli.serving", "vezne.bootstrap.server")
    assert found & (LATER | OTHERS) == set()


def test_a_command_is_parsed_before_anything_is_opened():
    """Help, a mistyped option and the version come at once; every command begins with these."""
    found = loaded("vezne.cli.app", "vezne.cli.options", "vezne.cli.serving")
    assert found & (HOUSE | LATER | OTHERS) == set()


def test_a_command_that_only_calls_a_server_opens_no_house():
    """`vezne clock` and `vezne faults` send one request."""
    opens = HOUSE - {"asyncio"}
    assert loaded("vezne.cli.app", "vezne.cli.sandbox") & (opens | OTHERS) == set()
