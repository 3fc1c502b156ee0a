"""A pytest plugin: a Vezne sandbox for tests of code that speaks iyzico, PayWall or Paynet.

`vezne` is a merchant of its own for one test, on the server `vezne_server`, which is started for
the first test that asks for it. A session that uses neither pays nothing for this plugin.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from vezne_pytest.sandbox import Sandbox
    from vezne_pytest.server import SandboxServer

# What it takes to run a server is loaded by the first test that needs one.
# ruff: noqa: PLC0415

_URL = "vezne_url"
_TLS_URL = "vezne_tls_url"
_DATA = "vezne_data"
_ARGUMENTS = "vezne_arguments"
_TRUST = "vezne_trust"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, each of which may be in the ini file as well."""
    group = parser.getgroup("vezne", "a sandbox of Vezne")
    group.addoption(
        "--vezne-url",
        metavar="URL",
        help="A sandbox that is running already, such as http://127.0.0.1:8080; none is started.",
    )
    group.addoption(
        "--vezne-tls-url", metavar="URL", help="Where that one speaks TLS: https://localhost:8443."
    )
    group.addoption(
        "--vezne-data",
        metavar="DIR",
        help="The data directory of that one, with its sandbox.json and ca.pem: vezne-data.",
    )
    parser.addini(_URL, "A sandbox that is running already; none is started.", default="")
    parser.addini(_TLS_URL, "Where that one speaks TLS.", default="https://localhost:8443")
    parser.addini(_DATA, "The data directory of that one.", default="vezne-data")
    parser.addini(
        _ARGUMENTS, "For `vezne serve`, such as --iyzico-profile current.", type="args", default=[]
    )
    parser.addini(
        _TRUST,
        "Whether the certificate authority of the sandbox is trusted during tests that use it.",
        type="bool",
        default=True,
    )


@pytest.fixture(scope="session")
def vezne_server(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["SandboxServer"]:
    """A running sandbox for the whole session; with pytest-xdist one for each worker."""
    from vezne_pytest.server import CannotServe, found_server, started_server

    url = _chosen(pytestconfig, _URL)
    try:
        if url:
            folder = pytestconfig.rootpath / _chosen(pytestconfig, _DATA)
            server = found_server(url, _chosen(pytestconfig, _TLS_URL), folder)
        else:
            folder = tmp_path_factory.mktemp("vezne")
            server = started_server(folder, pytestconfig.getini(_ARGUMENTS))
    except CannotServe as problem:
        pytest.fail(str(problem), pytrace=False)
    with server:
        yield server


@pytest.fixture
def vezne(
    vezne_server: "SandboxServer", request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator["Sandbox"]:
    """A merchant for this test alone: its keys, cards, payments, clock, faults and webhooks."""
    from vezne_pytest.control import Refused, Unreachable

    try:
        sandbox = vezne_server.new_sandbox(request.node.name)
    except (Refused, Unreachable) as problem:
        pytest.fail(f"no sandbox for this test: {problem}", pytrace=False)
    if request.config.getini(_TRUST):
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
    yield sandbox
    sandbox.close()


def _chosen(config: pytest.Config, name: str) -> str:
    return str(config.getoption(f"--{name.replace('_', '-')}") or config.getini(name))
