"""Calls of the sandbox's control door."""

import base64
import http.client
import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_S = 60


class Unreachable(Exception):
    """There is no sandbox where one should be, or not any more. The text says what is known."""


class Refused(Exception):
    """The sandbox refuses; `code` is that of its documentation, such as `clock_goes_back`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code


class Control:
    """The control door of a server, over one connection, for one merchant.

    `describe` is asked what is known of the server when it does not answer.
    """

    def __init__(
        self, url: str, api_key: str, secret_key: str, describe: Callable[[], str]
    ) -> None:
        where = urlsplit(url)
        self._url = url
        self._connection = http.client.HTTPConnection(
            where.hostname or "", where.port, timeout=_TIMEOUT_S
        )
        pair = base64.b64encode(f"{api_key}:{secret_key}".encode()).decode()
        self._headers = {"Authorization": f"Basic {pair}", "Accept-Language": "en"}
        self._describe = describe
        # Threads of a test may share a sandbox.
        self._turn = threading.Lock()

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """The answer to a request, decoded. Raises Refused and Unreachable."""
        raw = None if body is None else json.dumps(body).encode()
        with self._turn:
            status, answer = self._exchange(method, f"/sandbox/{path}", raw)
        if status < HTTPStatus.BAD_REQUEST:
            return answer
        try:
            error = answer["error"]
            raise Refused(status, error["code"], error["message"])
        except (KeyError, TypeError):
            raise Unreachable(f"{self._url} is no sandbox of Vezne") from None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _exchange(self, method: str, path: str, raw: bytes | None) -> tuple[int, Any]:
        is_new = self._connection.sock is None
        try:
            self._connection.request(method, path, raw, self._headers)
            with self._connection.getresponse() as response:
                return response.status, json.loads(response.read())
        except ValueError:
            raise Unreachable(f"{self._url} is no sandbox of Vezne") from None
        except (OSError, http.client.HTTPException) as problem:
            self._connection.close()
            if not is_new and isinstance(problem, ConnectionError):
                # The server closes connections that are idle for long.
                return self._exchange(method, path, raw)
            told = self._describe()
            raise Unreachable(f"no answer from {self._url}: {problem}\n{told}") from None
