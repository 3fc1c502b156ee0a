"""The way back from the bank: what reaches the merchant, and what is refused."""

import asyncio
import io
import re
from html import unescape
from urllib.parse import urlencode

import msgspec
import pytest

from builders import merchant
from fakes import records
from fakes.audit import MemoryAudit
from fakes.clocks import MemoryClocks
from fakes.intake import PlainIntake
from fakes.listening import ListeningThread, post
from fakes.returns import payment_at_the_bank, returning_ports
from vezne.core.authentication import LIFE_MS, AuthenticationState
from vezne.core.fault import Fault, FaultBoard, FaultKind
from vezne.core.payment import PaymentState
from vezne.edge.app import BODY_BYTES_MAX, Dispatcher
from vezne.edge.logs import configure_logs
from vezne.edge.messages import BrowserForm, BrowserMessage, Door, Response
from vezne.edge.sites import Incoming
from vezne.edge.threeds import threeds_site

RETURN = "/3ds/return/trusting"
FORM = "application/x-www-form-urlencoded"
NASTY = "\"><script>alert('1')</script>&amp;"
WORD = {"payment": "10000000", "md": "1", "proof": "bank"}


async def conclude(payment):
    """What a door says: where to, and that the payment is known as it stands."""
    return BrowserForm(
        action="https://shop.example/callback?a=1&b=2",
        fields=(("status", str(payment.state)), ("nasty", NASTY), ("empty", "")),
        language=payment.authentication.language,
    )


def door_of(answer):
    def refuse(_bad):
        return Response(404, b"door")

    return Door(
        name="iyzico",
        routes=(),
        headers=((b"x-door", b"1"),),
        unknown_path=refuse,
        wrong_method=refuse,
        malformed=refuse,
        too_large=refuse,
        fault=refuse,
        too_many=refuse,
        overloaded=refuse,
        conclude=answer,
    )


class Desk:
    """The site over books with one payment."""

    def __init__(self, payment=None, answer=conclude):
        self.ports = returning_ports(payment or payment_at_the_bank())
        self.door = door_of(answer)
        self.clocks = MemoryClocks(merchant(id=1))
        self.faults = FaultBoard()
        self.site = threeds_site(self.ports, self.clocks, [self.door], faults=self.faults)

    @property
    def payment(self):
        """The payment as it is stored."""
        (stored,) = self.ports.books.payments.values()
        return stored

    def ask(self, method, target, body=b"", **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        incoming = Incoming(method, "https", target, {"host": "desk:1"} | names, body)
        return asyncio.run(self.site(incoming))

    def bring(self, target=RETURN, **changes):
        body = urlencode(WORD | changes).encode()
        return self.ask("POST", target, body, content_type=FORM)


@pytest.fixture
def desk():
    return Desk()


def header(response, name):
    return dict(response.headers).get(name, b"").decode()


def inputs(response):
    found = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', response.body.decode())
    return [(unescape(name), unescape(value)) for name, value in found]


def test_the_bank_s_word_is_recorded_and_the_browser_sent_on(desk):
    """The page posts the door's fields, in order and escaped, to the merchant's address."""
    response = desk.bring()
    assert response.status == 200
    assert desk.payment.authentication.state is AuthenticationState.PASSED
    page = response.body.decode()
    assert 'action="https://shop.example/callback?a=1&amp;b=2"' in page
    assert inputs(response) == [("status", "authenticating"), ("nasty", NASTY), ("empty", "")]
    assert "<script>alert" not in page
    assert "<button>Devam et</button>" in page


def test_the_page_is_strict_and_may_be_framed(desk):
    """No cache, no cookie, no inline script; frames and redirects of the callback are allowed."""
    response = desk.bring()
    names = {name for name, _ in response.headers}
    policy = header(response, b"content-security-policy")
    assert policy == ("default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'")
    assert header(response, b"cache-control") == "no-store"
    assert header(response, b"referrer-policy") == "origin"
    assert header(response, b"x-content-type-options") == "nosniff"
    assert header(response, b"content-type") == "text/html; charset=utf-8"
    assert names.isdisjoint({b"set-cookie", b"x-frame-options", b"content-length"})
    scripts = re.findall(r"<script.*?</script>", response.body.decode())
    assert scripts == ['<script src="/3ds/static/submit.js" defer></script>']


def test_the_page_speaks_the_payment_s_language():
    """The merchant said which language its customer reads."""
    response = Desk(payment_at_the_bank(language="en")).bring()
    assert '<html lang="en">' in response.body.decode()
    assert "Continue</button>" in response.body.decode()


def test_the_same_word_again_gets_the_same_page(desk):
    """A second, identical return changes nothing."""
    first = desk.bring()
    stored = desk.payment
    assert desk.bring() == first
    assert desk.payment == stored


def test_another_word_is_a_conflict(desk):
    """What the bank said first stands."""
    desk.bring()
    stored = desk.payment
    response = desk.bring(md="0")
    assert response.status == 409
    assert "artık geçerli değil" in response.body.decode()
    assert desk.payment == stored


def test_a_word_that_comes_too_late_still_leads_to_the_merchant():
    """The payment ends, and the merchant's page can say so."""
    desk = Desk(payment_at_the_bank(expires_ms=records.AT_MS + 1))
    assert inputs(desk.bring())[0] == ("status", "unauthenticated")
    assert desk.payment.state is PaymentState.UNAUTHENTICATED


def test_a_forged_word_is_refused(desk):
    """Nothing changes, and the log says that somebody tried, without what was brought."""
    lines = io.StringIO()
    configure_logs(style="json", stream=lines)
    before = desk.payment
    response = desk.bring(proof="thief")
    assert response.status == 400
    assert "bankanıza ait değil" in response.body.decode()
    assert desk.payment == before
    assert "forged return refused" in lines.getvalue()
    assert "thief" not in lines.getvalue()


def test_a_word_about_nothing_is_refused(desk):
    """A payment that is not there is not found."""
    assert desk.bring(payment="10000001").status == 404


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("POST", "/3ds/return/other", 404),
        ("POST", "/3ds/return", 404),
        ("POST", f"{RETURN}/", 404),
        ("POST", f"{RETURN}/more", 404),
        ("GET", "/3ds", 404),
        ("GET", "/3ds/", 404),
        ("GET", "/3ds/static/", 404),
        ("GET", "/3ds/static/none.css", 404),
        ("GET", "/3ds/static/../templates/return.html", 404),
        ("GET", "/3ds/static/%2e%2e%2ftemplates%2freturn.html", 404),
        ("GET", RETURN, 405),
        ("HEAD", RETURN, 405),
        ("PUT", RETURN, 405),
        ("POST", "/3ds/static/page.css", 405),
    ],
)
def test_other_paths_and_methods(desk, method, target, status):
    """They get a page that says so, and for a wrong method which one is right."""
    body = urlencode(WORD).encode()
    response = desk.ask(method, target, body, content_type=FORM)
    assert response.status == status
    assert header(response, b"content-type") == "text/html; charset=utf-8"
    assert "form-action 'none'" in header(response, b"content-security-policy")
    assert bool(header(response, b"allow")) is (status == 405)
    assert desk.payment.version == 1


@pytest.mark.parametrize("kind", [FORM, "application/x-www-form-URLENCODED;charset=UTF-8"])
def test_a_form_is_known_by_its_type(desk, kind):
    """Case and parameters of the media type do not matter."""
    body = urlencode(WORD).encode()
    assert desk.ask("POST", RETURN, body, content_type=kind).status == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FORM),
        (b"a", FORM),
        (b"a=1&a=1", FORM),
        (b"a=1&b=2&a=1", FORM),
        (b"a=%ff", FORM),
        (b"%ff=a", FORM),
        ("a=ç".encode(), FORM),
        (b"\x00\xff", FORM),
        (b"&".join(b"f%d=1" % number for number in range(65)), FORM),
        (urlencode(WORD).encode(), "text/plain"),
        (urlencode(WORD).encode(), ""),
        (b'{"a":1}', "application/json"),
    ],
)
def test_what_is_no_form_is_refused(desk, body, kind):
    """Doubled names, broken encodings, too many fields and other types are the sender's mistake."""
    response = desk.ask("POST", RETURN, body, content_type=kind)
    assert response.status == 400
    assert "okunamadı" in response.body.decode()
    assert desk.payment.version == 1


def test_a_body_that_is_too_large(desk):
    """The page says so in the browser's language."""
    response = desk.ask("POST", RETURN, None, accept_language="en-US,en;q=0.9")
    assert response.status == 413
    assert '<html lang="en">' in response.body.decode()


async def fail(payment):
    raise ValueError("secret-words")


@pytest.mark.parametrize("answer", [fail, None])
def test_a_fault_is_a_page_and_a_log_line(answer):
    """The line names the fault and the path, not what the browser brought."""
    lines = io.StringIO()
    configure_logs(style="json", stream=lines)
    desk = Desk(answer=answer)
    response = desk.bring(f"{RETURN}?code=secret-words", extra="secret-words")
    assert response.status == 500
    assert "Bir hata oluştu" in response.body.decode()
    assert RETURN in lines.getvalue()
    assert "secret-words" not in lines.getvalue()


def test_an_error_page_speaks_the_browser_s_language(desk):
    """There is no payment to ask, so the browser is."""
    english = desk.ask("GET", "/3ds/nothing", accept_language="en").body.decode()
    assert '<html lang="en">' in english
    assert "Page not found" in english
    assert "Sayfa bulunamadı" in desk.ask("GET", "/3ds/nothing").body.decode()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("page.css", "text/css"),
        ("submit.js", "text/javascript"),
        ("message.js", "text/javascript"),
    ],
)
def test_what_pages_load(desk, name, kind):
    """Files come from the package, by GET and HEAD, and may be kept."""
    for method in ("GET", "HEAD"):
        response = desk.ask(method, f"/3ds/static/{name}")
        assert (response.status, bool(response.body)) == (200, True)
        assert header(response, b"content-type") == f"{kind}; charset=utf-8"
        assert header(response, b"cache-control") == "max-age=3600"


@pytest.mark.parametrize("is_bare", [False, True])
def test_a_door_may_answer_for_itself(is_bare):
    """A response comes with the headers of its door, unless it is bare."""

    async def answer(payment):
        headers = ((b"location", b"https://shop.example/"), (b"x", b"1"), (b"x", b"2"))
        return Response(303, b"", headers, bare=is_bare)

    response = Desk(answer=answer).bring()
    assert (response.status, response.body) == (303, b"")
    of_the_door = () if is_bare else ((b"x-door", b"1"),)
    assert response.headers == (
        *of_the_door,
        (b"location", b"https://shop.example/"),
        (b"x", b"1"),
        (b"x", b"2"),
    )


def test_a_door_may_end_with_a_message():
    """In a frame of the merchant's page the browser goes nowhere: the page around is told."""

    async def answer(payment):
        return BrowserMessage(message="command=form-post", is_success=True, language="en")

    desk = Desk(answer=answer)
    page = desk.bring().body.decode()
    assert 'data-message="command=form-post"' in page
    script = desk.ask("GET", "/3ds/static/message.js").body.decode()
    assert "window.parent.postMessage(" in script
    assert "window.parent !== window" in script


def test_over_a_connection(desk):
    """The whole way through the server: a form, a head, a body without end, a path in disguise."""
    dispatcher = Dispatcher([desk.door], PlainIntake(), MemoryAudit(), {"/3ds": desk.site})
    body = urlencode(WORD).encode()
    kind = b"Content-Type: " + FORM.encode()
    with ListeningThread(dispatcher.handle) as server:
        with server.connect() as client:
            reply = client.ask(post(RETURN, body, kind))
            assert (reply.status, reply.headers["content-length"]) == (200, str(len(reply.body)))
            assert b"https://shop.example/callback" in reply.body
            again = client.ask(post("/3%64s/return/trusting?x", body, kind))
            assert again.body == reply.body
            client.send(b"HEAD /3ds/static/page.css HTTP/1.1\r\nHost: desk\r\n\r\n")
            assert client.read(is_head=True).status == 200
            assert client.ask(post("/3dsecure", body, kind)).body == b"door"
        with server.connect() as client:
            head = post(RETURN, b"", kind).replace(b": 0", b": %d" % (BODY_BYTES_MAX + 1))
            refused = client.ask(head)
            assert (refused.status, refused.headers["content-type"]) == (
                413,
                "text/html; charset=utf-8",
            )


def test_a_field_named_submit_does_not_stop_the_page():
    """The script calls the form's own method, whatever the merchant's fields are named."""

    async def answer(payment):
        form = await conclude(payment)
        return msgspec.structs.replace(form, fields=(("submit", "1"),))

    desk = Desk(answer=answer)
    assert inputs(desk.bring()) == [("submit", "1")]
    script = desk.ask("GET", "/3ds/static/submit.js").body.decode()
    assert "HTMLFormElement.prototype.submit.call(" in script


@pytest.mark.parametrize(
    ("offset_ms", "state"),
    [
        (0, AuthenticationState.PASSED),
        (LIFE_MS - 60_001, AuthenticationState.PASSED),
        (LIFE_MS - 60_000, AuthenticationState.EXPIRED),
    ],
)
def test_an_authentication_expires_by_the_merchant_s_clock(desk, offset_ms, state):
    """A merchant whose time was moved ahead meets a word that comes too late."""
    desk.clocks.record = merchant(id=1, clock_offset_ms=offset_ms)
    assert desk.bring().status == 200
    assert desk.payment.authentication.state is state


def test_the_browser_meets_an_error_on_demand_after_all_was_done(desk):
    """The word is recorded, the page says that something went wrong, and the next one does not."""
    configure_logs("warning", "json", stream=io.StringIO())
    desk.faults.add(1, Fault(kind=FaultKind.ANSWER_500_AFTER_COMMIT, path=RETURN))
    failed = desk.bring()
    assert failed.status == 500
    assert "Bir hata oluştu" in failed.body.decode()
    assert desk.payment.authentication.state is AuthenticationState.PASSED
    assert desk.bring().status == 200
