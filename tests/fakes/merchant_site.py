"""A merchant's web site: shows what the gateway gave it, and takes the browser back."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self
from urllib.parse import parse_qsl

_FRAME = '<!doctype html><title>shop</title><iframe src="/checkout" width="400" height="800">'
_THANKS = "<!doctype html><title>shop</title><h1>Thank you</h1>"


class Callback(NamedTuple):
    """A form that a browser brought, its fields in order."""

    fields: list[tuple[str, str]]
    headers: dict[str, str]

    @property
    def form(self) -> dict[str, str]:
        """The fields by name."""
        return dict(self.fields)


class MerchantSite:
    """On http://localhost, from `with` to the end of its block.

    `/checkout` is the page that `show` was given, `/framed` has it in a frame, `/callback` takes
    the browser back and `/redirecting` sends it on to another origin. `callbacks` is what came.
    """

    def __init__(self) -> None:
        self.page = b""
        self.callbacks: list[Callback] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages = {"/checkout": site.page, "/framed": _FRAME.encode()}
                self.answer(pages.get(self.path, _THANKS.encode()))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                fields = parse_qsl(body, keep_blank_values=True, strict_parsing=True)
                headers = {name.lower(): value for name, value in self.headers.items()}
                site.callbacks.append(Callback(fields, headers))
                if self.path == "/redirecting":
                    self.answer(b"", location=f"http://127.0.0.1:{site.port}/thanks")
                else:
                    self.answer(_THANKS.encode())

            def answer(self, body: bytes, location: str | None = None) -> None:
                self.send_response(200 if location is None else 303)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                if location is not None:
                    self.send_header("location", location)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # Browsers open connections that they never use: nobody waits for those.
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def url(self, path: str) -> str:
        """An address of this site."""
        return f"http://localhost:{self.port}{path}"

    def show(self, html_content: str) -> None:
        """Make `threeDSHtmlContent` the checkout page."""
        self.page = base64.b64decode(html_content, validate=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
