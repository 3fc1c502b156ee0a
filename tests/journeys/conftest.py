import asyncio
import itertools
import time

import pytest

from fakes.browser import CHROMIUM, PATIENCE_MS, running_browser
from fakes.card_doc import documented_cards
from fakes.clerk import Clerk
from fakes.command import run_vezne
from fakes.databases import (
    IS_POSTGRES,
    begin,
    contents,
    create_database,
    end,
)
from fakes.iyzico_client import Client
from fakes.leaks import files, find_texts, leaks, texts_of
from fakes.merchant_site import MerchantSite
from fakes.receiver import Receiver
from fakes.server import Server
from fakes.tenant import Tenant
from vezne_pytest.server import found_server

# When days end: in UTC, and in Istanbul, which is three hours ahead.
MIDNIGHTS_S = (0, 21 * 3600)
DAY_S = 86_400
# Most journeys are over sooner.
BEFORE_MIDNIGHT_S = 20


@pytest.fixture(autouse=True)
def same_day():
    """What is paid today is cancelled today, and codes last a day: no journey ends tomorrow."""
    left_s = min((midnight - time.time()) % DAY_S for midnight in MIDNIGHTS_S)
    if left_s < BEFORE_MIDNIGHT_S:
        time.sleep(left_s + 1)


def pytest_collection_modifyitems(items):
    """Journeys about SQLite's own files have nothing to say about PostgreSQL."""
    if IS_POSTGRES:
        for item in items:
            for mark in item.iter_markers("sqlite"):
                item.add_marker(pytest.mark.skip(reason=f"SQLite only: {mark.args[0]}"))


@pytest.fixture(scope="session", autouse=True)
def databases(request):
    """With VEZNE_TEST_ENGINE=postgres, every data directory has a PostgreSQL database.

    No card number may be in the files of that server at the end, and none in its log.
    """
    if not IS_POSTGRES:
        yield
        return
    server = request.getfixturevalue("postgres_server")
    begin(server.url)
    yield
    end()
    texts = texts_of(card.pan for card in documented_cards())
    assert find_texts(texts, server.folder / "data", server.folder / "log") == []


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One sandbox for every journey that does not need its own."""
    running = Server(tmp_path_factory.mktemp("sandbox") / "data").start()
    yield running
    stop_without_leaks(running)


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    """A sandbox for journeys in the panel: its merchant's settings, keys and clock change.

    The merchant takes webhooks; `office.receiver` has them.
    """
    with Receiver() as receiver:
        running = Server(tmp_path_factory.mktemp("office") / "data").start()
        url = f"iyzico={receiver.url()}"
        options = ("--webhook-url", url, "--data", str(running.data))
        assert run_vezne("merchants", "set", "Demo", *options).returncode == 0
        running.receiver = receiver
        yield running
        stop_without_leaks(running)


def stop_without_leaks(running):
    """End a server; no card number may be in what it wrote."""
    assert running.stop() == 0
    places = files(running.data) | contents(running.data)
    places["output"] = "".join(running.output).encode()
    assert list(leaks((card.pan for card in documented_cards()), places)) == []


@pytest.fixture
def trusting(server, monkeypatch):
    """The environment of a user who trusts the development certificate authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.data / "ca.pem"))


@pytest.fixture(scope="session")
def vezne_server(server):
    """The plugin's merchants are on the server of the other journeys."""
    with found_server(server.http, server.https, server.data) as found:
        yield found


@pytest.fixture
def tenant(server, vezne):
    """A merchant of this test's own on that server."""
    return Tenant(server, vezne)


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


_databases = itertools.count(1)


@pytest.fixture(scope="module")
def own_database(postgres_url):
    """Makes databases that nobody else uses."""

    def make():
        return asyncio.run(create_database(postgres_url, f"journey_{next(_databases)}"))

    return make


@pytest.fixture(scope="module")
def browser():
    """One browser for the journeys of this module."""
    if CHROMIUM is None:
        pytest.skip("browser journeys need Chromium")
    with running_browser() as running:
        yield running


@pytest.fixture
def page(browser):
    """A fresh browser profile, in which no policy may be broken and no cookie set."""
    context = browser.new_context(locale="tr-TR")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    complaints = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.append(message.text))
    yield opened
    cookies = context.cookies()
    context.close()
    assert cookies == []
    assert [text for text in complaints if "Content Security Policy" in text] == []


@pytest.fixture(scope="module")
def owner_cookies(browser, office):
    """Those of an owner who has signed in once for all of this module."""
    owner = Clerk(browser, office)
    owner.sign_in(office.keys["panel"]["email"], office.keys["panel"]["password"])
    cookies = owner.context.cookies()
    owner.leave()
    return cookies


@pytest.fixture
def hire(browser, office, owner_cookies):
    """Opens windows of the owner at the office's panel, or of somebody new there."""
    hired = []

    def open_window(*, is_new=False, **style):
        keeps = () if is_new else owner_cookies
        hired.append(Clerk(browser, office, keeps=keeps, **style))
        return hired[-1]

    yield open_window
    for clerk in hired:
        clerk.leave()


@pytest.fixture
def site():
    with MerchantSite() as running:
        yield running
