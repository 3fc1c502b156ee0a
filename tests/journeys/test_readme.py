import json
import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import which
from urllib.parse import urlsplit

import pytest

from fakes.npm_client import FOLDER, NODE, needs_node

ROOT = Path(__file__).parents[2]


def block(language):
    """The code that a newcomer copies: what stands between the quotes of the shell block."""
    pattern = {
        "python": r"<<'PY'\n(.*?)\nPY\n",
        "node": r"<<'JS'\n(.*?)\nJS\n",
        "shell": r"```sh\n(HOST=.*?)```\n",
    }[language]
    (code,) = re.findall(pattern, (ROOT / "README.md").read_text(), re.DOTALL)
    return code


def run(command, code, server, tmp_path):
    """Run a block beside the data directory, with the ports of this server."""
    (tmp_path / "vezne-data").symlink_to(server.data)
    code = code.replace("localhost:8443", f"localhost:{urlsplit(server.https).port}")
    code = code.replace("http://127.0.0.1:8080", server.http)
    environment = os.environ | {"SSL_CERT_FILE": "vezne-data/ca.pem"}
    environment["NODE_PATH"] = str(FOLDER / "node_modules")
    done = subprocess.run(
        command,
        input=code,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def check(lines):
    stored, paid = lines
    assert stored.startswith("stored: ")
    assert stored.endswith("Halk Bankası")
    assert re.fullmatch(r"paid: success \d+ 1\.2 mock\d{5}iyzihostrfn", paid)


def test_the_python_block(server, tmp_path):
    """What the README says about the PyPI client works as it stands."""
    check(run([sys.executable, "-"], block("python"), server, tmp_path))


@needs_node
def test_the_node_block(server, tmp_path):
    """What the README says about the npm client works as it stands."""
    check(run([NODE, "-"], block("node"), server, tmp_path))


@pytest.mark.skipif(not (which("curl") and which("openssl")), reason="needs curl and openssl")
def test_the_three_doors_block(start, tmp_path):
    """One customer's card through three doors, as the README says: nobody had an order before."""
    stored, listed, paid = run(["bash"], block("shell"), start(), tmp_path)
    assert json.loads(stored)["Body"]["CardNumber"] == "552879******0008"
    assert [card["binNumber"] for card in json.loads(listed)["cardDetails"]] == ["552879"]
    assert json.loads(paid).get("is_succeed") is True, paid
