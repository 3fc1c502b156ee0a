"""An ASGI application as a site: what it is told, what comes out, and that nothing escapes."""

import asyncio
import io

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from vezne.edge.asgi import site_from
from vezne.edge.logs import configure_logs
from vezne.edge.messages import Response
from vezne.edge.sites import Incoming

START = {"type": "http.response.start", "status": 203, "headers": []}
END = {"type": "http.response.body", "body": b"end"}
SECRET = "otp-4711"


def visit(app, method="POST", target="/bank/3ds?a=%20b", headers=None, body=b"x=1"):
    incoming = Incoming(method, "https", target, headers or {"host": "desk:1"}, body)
    return asyncio.run(site_from(app)(incoming))


class Recorder:
    """An application that remembers what it was told and sends what it is given."""

    def __init__(self, *messages, error=None):
        self.messages = messages
        self.error = error
        self.scope = None
        self.received = []

    async def __call__(self, scope, receive, send):
        self.scope = scope
        self.received = [await receive(), await receive(), await receive()]
        for message in self.messages:
            await send(message)
        if self.error is not None:
            raise self.error


def test_the_application_sees_the_request():
    """Scope and body are those of the request; after the body there is nothing more."""
    app = Recorder(START, END)
    headers = {"host": "desk:1", "x-name": "\xfc"}
    visit(app, "PUT", "/bank/%C3%A7?a=%20b?c", headers)
    scope = app.scope
    assert (scope["type"], scope["method"], scope["scheme"]) == ("http", "PUT", "https")
    assert (scope["path"], scope["raw_path"]) == ("/bank/ç", b"/bank/%C3%A7")
    assert scope["query_string"] == b"a=%20b?c"
    assert scope["headers"] == [(b"host", b"desk:1"), (b"x-name", b"\xfc")]
    assert app.received == [
        {"type": "http.request", "body": b"x=1", "more_body": False},
        {"type": "http.disconnect"},
        {"type": "http.disconnect"},
    ]


def test_a_path_that_is_no_text_is_no_fault():
    """Bytes that are not UTF-8 become replacement characters."""
    app = Recorder(START, END)
    assert visit(app, target="/bank/%ff\xfe").status == 203
    assert app.scope["path"] == "/bank/��"


def test_the_response_is_put_together():
    """Parts of the body are joined; the server writes length and date itself."""
    headers = [(b"Content-Length", b"5"), (b"Date", b"now"), (b"X-Own", b"1"), (b"x-own", b"2")]
    start = START | {"headers": headers}
    part = {"type": "http.response.body", "body": b"be", "more_body": True}
    response = visit(Recorder(start, part, END))
    assert response == Response(203, b"beend", ((b"x-own", b"1"), (b"x-own", b"2")))


@pytest.mark.parametrize(
    "messages", [(), (START,), (START, {**END, "more_body": True})], ids=["none", "head", "half"]
)
@pytest.mark.parametrize("error", [None, RuntimeError(SECRET)])
def test_half_a_response_is_a_fault(messages, error):
    """What is not whole is not sent."""
    configure_logs(style="json", stream=io.StringIO())
    response = visit(Recorder(*messages, error=error))
    assert (response.status, response.body) == (500, b"internal error")


def test_a_fault_after_the_response_is_logged_and_the_response_sent():
    """Starlette answers a fault and raises it; nothing that the browser sent is in the log."""
    lines = io.StringIO()
    configure_logs(style="json", stream=lines)

    async def fail(request):
        raise ValueError(SECRET)

    app = Starlette(routes=[Route("/bank/{pan}", fail, methods=["POST"])])
    target = f"/bank/4111111111111111?code={SECRET}"
    response = visit(app, target=target, body=SECRET.encode())
    assert (response.status, response.body) == (500, b"Internal Server Error")
    logged = lines.getvalue()
    assert "ValueError" in logged
    assert "/bank/[masked]" in logged
    assert "4111111111111111" not in logged
    assert SECRET not in logged


def test_a_body_that_was_too_large_never_reaches_the_application():
    """The server did not read it, so there is nothing to hand over."""
    app = Recorder(START, END)
    assert visit(app, body=None).status == 413
    assert app.scope is None


def test_starlette_answers_as_on_any_server():
    """Forms' bodies, HEAD and streams work."""

    async def answer(request: Request):
        return PlainTextResponse(f"{request.url} {(await request.body()).decode()}")

    async def stream(request):
        return StreamingResponse(iter(["a", "b"]))

    app = Starlette(
        routes=[
            Route("/bank/3ds", answer, methods=["POST"]),
            Route("/bank/stream", stream),
        ]
    )
    posted = visit(app)
    assert posted.body == b"https://desk:1/bank/3ds?a=%20b x=1"
    assert posted.headers == ((b"content-type", b"text/plain; charset=utf-8"),)
    assert visit(app, "GET", "/bank/stream", body=b"").body == b"ab"
    assert visit(app, "HEAD", "/bank/stream", body=b"").status == 200
    assert visit(app, "GET", "/bank/3ds").status == 405
