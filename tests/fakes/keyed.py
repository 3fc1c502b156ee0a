"""The callers of every door, with a key for their requests and an eye for each byte they get."""

import base64
import json
import urllib.error
import urllib.request
from typing import NamedTuple

from fakes.doors import IyzicoCaller, PaynetCaller, PaywallCaller

REPLAYED = "idempotency-replayed"


class Heard(NamedTuple):
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_replayed(self):
        return self.headers.get(REPLAYED) == "true"

    @property
    def own_headers(self):
        """The headers but for the time, and the mark of a replay."""
        changing = {"date", REPLAYED}
        return {name: text for name, text in self.headers.items() if name not in changing}


class Keyed:
    """Sends `key` with every request, if there is one. `heard` is the last answer."""

    key = None
    heard = None

    def send(self, method, path, body=b"", headers=None, *, url=None):
        """A request; the status and the decoded answer."""
        sent = dict(headers or {}) | ({} if self.key is None else {"Idempotency-Key": self.key})
        request = urllib.request.Request(  # noqa: S310
            (url or self.server.http) + path, body or None, sent, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
                self.heard = _heard(response)
        except urllib.error.HTTPError as error:
            with error:
                self.heard = _heard(error)
        return self.heard.status, json.loads(self.heard.body)

    def pay_under(self, key, pan, reference):
        """The answer to a payment with a new card, as it came."""
        self.key = key
        self.pay(pan, reference)
        self.key = None
        return self.heard

    @property
    def answer(self):
        """The last answer, decoded."""
        return json.loads(self.heard.body)


def _heard(response):
    headers = {name.lower(): text for name, text in response.headers.items()}
    return Heard(response.status, headers, response.read())


class KeyedIyzico(Keyed, IyzicoCaller):
    """What iyzico's door says of keys."""

    malformed, reused, unknown = (200, "93101"), (200, "93102"), (200, "93104")

    def refusal(self):
        return self.heard.status, self.answer["errorCode"]


class KeyedPaywall(Keyed, PaywallCaller):
    """What PayWall's door says of keys."""

    malformed, reused, unknown = (200, 400), (200, 422), (200, 504)

    def refusal(self):
        return self.heard.status, self.answer["ErrorCode"]


class KeyedPaynet(Keyed, PaynetCaller):
    """What Paynet's door says of keys."""

    malformed, reused, unknown = (400, 11), (422, 5), (500, 10)

    def refusal(self):
        return self.heard.status, self.answer["result_code"]


KEYED = (KeyedIyzico, KeyedPaywall, KeyedPaynet)


def sandbox(server, method, path, body, keys=None):
    """A request to the control door, of the demo merchant unless it has other keys; the answer."""
    keys = keys or server.keys["iyzico"]
    pair = base64.b64encode(f"{keys['api_key']}:{keys['secret_key']}".encode()).decode()
    request = urllib.request.Request(  # noqa: S310
        f"{server.http}/sandbox/{path}",
        json.dumps(body).encode(),
        {"Authorization": f"Basic {pair}", "Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        return json.loads(response.read())
