"""Callers of every door that come from an address of their choice on this machine."""

import http.client
import itertools
import json
from urllib.parse import urlsplit

from fakes.doors import IyzicoCaller, PaynetCaller, PaywallCaller

_addresses = itertools.count(2)


def new_address():
    """An address of this machine that nobody came from before."""
    number = next(_addresses)
    return f"127.0.{number >> 8}.{number & 255}"


class FromAddress:
    """Sends from `address`, with `forwarded` as what a proxy says. `heard` is the last answer."""

    address = "127.0.0.1"
    forwarded = None
    heard = (0, 0)

    def send(self, method, path, body=b"", headers=None, *, url=None):
        """A request; the status and the decoded answer."""
        sent = dict(headers or {})
        if self.forwarded is not None:
            sent["X-Forwarded-For"] = self.forwarded
        there = urlsplit(url or self.server.http)
        connection = http.client.HTTPConnection(
            there.hostname, there.port, source_address=(self.address, 0), timeout=60
        )
        try:
            connection.request(method, path, body or None, sent)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        self.heard = (response.status, int(response.headers.get("Retry-After", "0")))
        return response.status, answer


class IyzicoFrom(FromAddress, IyzicoCaller):
    """`wrong` is a key pair with somebody else's secret."""

    wrong = {"secret_key": "wrong"}  # noqa: RUF012
    too_many = {"errorCode": "93301", "status": "failure"}  # noqa: RUF012


class PaywallFrom(FromAddress, PaywallCaller):
    """The same for PayWall."""

    wrong = {"private_key": "wrong", "public_key": "wrong"}  # noqa: RUF012
    too_many = {"ErrorCode": 429, "Result": False}  # noqa: RUF012


class PaynetFrom(FromAddress, PaynetCaller):
    """The same for Paynet, whose callers show nothing but the secret."""

    wrong = {"secret_key": "sck_wrong"}  # noqa: RUF012
    too_many = {"result_code": 6, "code": 429}  # noqa: RUF012


ATTACKERS = (IyzicoFrom, PaywallFrom, PaynetFrom)


def come(kind, server, address=None, forwarded=None, **keys):
    """A caller from an address, with other keys than the demo merchant's if they are given."""
    caller = kind(server, **keys)
    caller.address = address or new_address()
    caller.forwarded = forwarded
    return caller
