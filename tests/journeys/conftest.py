import pytest

from fakes.card_doc import documented_cards
from fakes.iyzico_client import Client
from fakes.leaks import files, leaks
from fakes.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One sandbox for every journey that does not need its own."""
    running = Server(tmp_path_factory.mktemp("sandbox") / "data").start()
    yield running
    assert running.stop() == 0
    places = files(running.data) | {"output": "".join(running.output).encode()}
    assert list(leaks((card.pan for card in documented_cards()), places)) == []


@pytest.fixture
def trusting(server, monkeypatch):
    """The environment of a user who trusts the development certificate authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.data / "ca.pem"))


@pytest.fixture
def client(server, trusting):
    return Client(server)


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start servers of the test's own; whatever still runs at the end is killed."""
    running = []

    def start_server(*arguments, data=None):
        server = Server(data or tmp_path / "data", *arguments).start()
        running.append(server)
        monkeypatch.setenv("SSL_CERT_FILE", str(server.data / "ca.pem"))
        return server

    yield start_server
    for server in running:
        server.kill()
