"""The panel may listen by itself, or not at all; the doors stay where they are."""

import re
import ssl
import urllib.error
import urllib.request

import pytest

from fakes.server import Server, wait_until


def get(url, context=None):
    try:
        with urllib.request.urlopen(url, timeout=60, context=context) as response:  # noqa: S310
            return response.status, response.geturl(), response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, url, error.read().decode()


def started(tmp_path, **environment):
    server = Server(tmp_path / "data")
    server.environment = server.environment | environment
    return server.start()


def panel_url(server):
    """What the line after `ready` says."""
    found = []
    wait_until(
        lambda: (
            found.extend(re.findall(r"^panel (\S+)", "".join(server.output), re.MULTILINE)) or found
        )
    )
    return found[0]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_listener_of_its_own(tmp_path, scheme):
    """Whoever comes to its bare address is led on; the doors know nothing of it."""
    name = "VEZNE_PANEL__LISTEN" if scheme == "http" else "VEZNE_PANEL__TLS_LISTEN"
    server = started(tmp_path, **{name: "127.0.0.1:0"})
    try:
        url = panel_url(server)
        context = ssl.create_default_context(cafile=server.data / "ca.pem")
        assert url.startswith(f"{scheme}://127.0.0.1:")
        assert url == server.keys["panel"]["url"]
        origin = url.removesuffix("/panel")
        assert origin not in {server.http, server.https}
        status, where, page = get(f"{origin}/", context if scheme == "https" else None)
        assert (status, where) == (200, f"{url}/sign-in?next=/panel")
        assert "<form" in page
        assert get(f"{server.http}/panel")[0] != 200
        assert get(f"{server.http}/health")[0] == 200
        assert get(f"{origin}/payment/auth", context if scheme == "https" else None)[0] == 404
    finally:
        server.stop()


def test_no_panel(tmp_path):
    """Its address is nobody's, and no line tells of it."""
    server = started(tmp_path, VEZNE_PANEL__LISTEN="off")
    try:
        assert get(f"{server.http}/health")[0] == 200
        assert "sign-in" not in get(f"{server.http}/panel")[2]
        assert not any(line.startswith("panel") for line in server.output)
    finally:
        server.stop()
