"""A merchant in a sandbox, for one test."""

import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vezne_pytest.control import Control
from vezne_pytest.webhooks import Webhooks

if TYPE_CHECKING:
    from vezne_pytest.server import SandboxServer

_NAME_LENGTH_MAX = 60
_WORD_LENGTH = 12


@dataclass(frozen=True)
class IyzicoKeys:
    """What a shop calls iyzico's door with."""

    api_key: str
    secret_key: str


@dataclass(frozen=True)
class PaywallKeys:
    """What a shop calls PayWall's door with."""

    public_key: str
    public_client: str
    private_key: str
    private_client: str


@dataclass(frozen=True)
class PaynetKeys:
    """What a shop calls Paynet's door with."""

    publishable_key: str
    secret_key: str


@dataclass(frozen=True)
class Fault:
    """Something that will go wrong. `left` is how often, None until it is removed."""

    id: int
    kind: str
    left: int | None


class Clock:
    """The merchant's time, which only the sandbox knows."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def now(self) -> datetime:
        """What time it is for the merchant, in Istanbul's zone."""
        return _moment(self._control.ask("GET", "clock"))

    def advance(
        self, *, days: int = 0, hours: int = 0, minutes: int = 0, seconds: int = 0
    ) -> datetime:
        """Move the time ahead. What is due by then is done before this returns the new time."""
        parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
        duration = "".join(f"{count}{unit}" for count, unit in parts if count)
        return _moment(self._control.ask("POST", "clock", {"advance": duration}))

    def set(self, moment: datetime) -> datetime:
        """Make it a moment that lies ahead, Istanbul's unless it names a zone."""
        return _moment(self._control.ask("POST", "clock", {"set": moment.isoformat()}))

    def reset(self) -> datetime:
        """Give the merchant the real time again. What has happened stays."""
        return _moment(self._control.ask("POST", "clock", {"reset": True}))


class Faults:
    """What goes wrong on purpose."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(self, kind: str, *, times: int | None = 1, **parts: object) -> Fault:
        """Have something go wrong so many times, None for always.

        `kind` and `parts` are those of `POST /sandbox/faults`: `operation`, `bin`, `last4`,
        `amount`, `currency`, `path`, `delay_ms`, `code`. Raises Refused.
        """
        return _fault(self._control.ask("POST", "faults", {"kind": kind, "times": times, **parts}))

    def list(self) -> list[Fault]:
        """Those that still happen."""
        return [_fault(each) for each in self._control.ask("GET", "faults")["faults"]]

    def remove(self, fault: Fault) -> None:
        """Take one away."""
        self._control.ask("DELETE", f"faults?id={fault.id}")

    def clear(self) -> None:
        """Take all away."""
        self._control.ask("DELETE", "faults")


class Sandbox:
    """A merchant whom no other test sees. `url` is http, `tls_url` https, both without a path."""

    iyzico: IyzicoKeys
    paywall: PaywallKeys
    paynet: PaynetKeys
    clock: Clock
    faults: Faults
    webhooks: Webhooks

    def __init__(self, server: "SandboxServer", name: str) -> None:
        self._server = server
        self._name = f"{_plain(name)} {_word()}"
        self._inbox = _word()
        self.webhooks = server.receiver.open(self._inbox)
        made = server.make_merchant(self._name, self.webhooks.urls)
        self.iyzico = IyzicoKeys(**made["iyzico"])
        self.paywall = PaywallKeys(**made["paywall"])
        self.paynet = PaynetKeys(**made["paynet"])
        keys = self.iyzico
        self._control = Control(server.url, keys.api_key, keys.secret_key, server.describe)
        self.clock = Clock(self._control)
        self.faults = Faults(self._control)

    @property
    def url(self) -> str:
        """The server, such as `http://127.0.0.1:34567`."""
        return self._server.url

    @property
    def tls_url(self) -> str:
        """The server over TLS, such as `https://localhost:45678`."""
        return self._server.tls_url

    @property
    def ca_file(self) -> Path:
        """The certificate authority to trust for `tls_url`."""
        return self._server.ca_file

    @property
    def iyzico_options(self) -> dict[str, str]:
        """What the PyPI client `iyzipay` takes. It speaks TLS only; see `environment`."""
        where = urlsplit(self.tls_url)
        keys = {"api_key": self.iyzico.api_key, "secret_key": self.iyzico.secret_key}
        return keys | {"base_url": where.netloc}

    @property
    def iyzico_node_options(self) -> dict[str, str]:
        """What the npm client `iyzipay` takes."""
        keys = self.iyzico
        return {"apiKey": keys.api_key, "secretKey": keys.secret_key, "uri": self.url}

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which Python, curl and Node.js trust the sandbox, beside what they did.

        They are set during the test, unless `vezne_trust` is off.
        """
        bundle = str(self._server.bundle_file)
        variables = {"SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle}
        return variables | {"NODE_EXTRA_CA_CERTS": str(self.ca_file)}

    def reset(self, webhook_urls: Mapping[str, str] | None = None) -> None:
        """Begin anew under the same keys: without cards, payments, faults, and at the real time.

        `webhook_urls` are by door, for a shop that takes its webhooks itself; without them they
        come to `webhooks`, which is empty again.
        """
        self._server.receiver.forget(self._inbox)
        self._inbox = _word()
        self.webhooks = self._server.receiver.open(self._inbox)
        urls = dict(self.webhooks.urls if webhook_urls is None else webhook_urls)
        self._control.ask("POST", "reset", {"webhook_urls": urls})

    def close(self) -> None:
        """Take no more webhooks, and have nothing go wrong any more."""
        self._server.receiver.forget(self._inbox)
        self._control.close()


def _plain(name: str) -> str:
    """A test's name without what might pass for a card number."""
    return re.sub(r"[^A-Za-z_]+", "-", name)[:_NAME_LENGTH_MAX]


def _word() -> str:
    # Not of `random`, which others seed.
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(_WORD_LENGTH))


def _moment(answer: Any) -> datetime:
    return datetime.fromisoformat(answer["now"])


def _fault(answer: Any) -> Fault:
    return Fault(answer["id"], answer["kind"], answer["left"])
