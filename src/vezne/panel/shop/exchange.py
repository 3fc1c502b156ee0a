"""A call at a door with its answer: sent as it is, shown without the card and the secrets."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from vezne.panel.shop.doors import DoorAnswer, DoorCall, DoorLine, NoAnswer, ShopCard
from vezne.panel.shop.samples import Recipe, curl_sample, python_sample

# What stands in a body for the card's number and security code until it is sent or shown.
NUMBER: Final = "CARD-NUMBER"
CODE: Final = "CARD-CODE"

JSON_TYPE: Final = "application/json; charset=utf-8"
_HIDDEN: Final = "***"
# Whole pages of HTML in an answer are cut to this.
_SHOWN_MAX: Final = 400
_LONG_TEXT: Final = re.compile(rf'("[^"\\]{{{_SHOWN_MAX}}})[^"\\]+"')


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """A header of a call. `secret` follows its text and is shown to nobody.

    `variable` is what samples call the secret.
    """

    name: str
    text: str = ""
    secret: str = ""
    variable: str = ""

    @property
    def sent(self) -> str:
        """The value as it is sent."""
        return self.text + self.secret

    @property
    def shown(self) -> str:
        """The value as it is shown."""
        return self.text + _HIDDEN if self.secret else self.text


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows of a call and its answer. `purpose` names the text of what it is for.

    A `status` of 0 stands for no answer. `curl` and `python` make the same call.
    """

    purpose: str
    method: str
    target: str
    headers: tuple[Header, ...]
    body: str
    status: int
    answer: str
    curl: str
    python: str


class Proof(Protocol):
    """How a door's callers say who they are."""

    def headers(self, target: str, body: bytes) -> Sequence[Header]:
        """The headers of a call."""

    def recipe(self, target: str) -> Recipe:
        """How samples make them."""


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What calls are for: an order's reference, the origin of the doors, whose browser it is.

    `address` is the network address of the person at the panel.
    """

    reference: str
    origin: str
    address: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A call to make. Its payload has marks in the place of the card's number and code."""

    purpose: str
    target: str
    method: str = "POST"
    payload: Mapping[str, object] | None = None
    headers: tuple[Header, ...] = ()


class Caller:
    """Calls a door for one order, and keeps what went back and forth.

    `card` is what fills the marks of a payload. Samples are for an order of their own: most doors
    take a reference once.
    """

    def __init__(
        self,
        line: DoorLine,
        errand: Errand,
        proof: Proof,
        card: ShopCard | None,
        kept: list[Exchange],
    ) -> None:
        self._line = line
        self._errand = errand
        self._proof = proof
        self._card = card
        self._kept = kept

    async def call(self, asked: Asked) -> dict[str, object]:
        """The answer as an object; empty when it is none. Raises NoAnswer."""
        template = _pretty(msgspec.json.encode(asked.payload)) if asked.payload else ""
        body = self._filled(template).encode()
        headers = (*self._proof.headers(asked.target, body), *asked.headers)
        if body:
            headers = (Header(name="content-type", text=JSON_TYPE), *headers)
        try:
            answer = await self._line.send(self._sent(asked, headers, body))
        except NoAnswer:
            self._keep(asked, headers, template, DoorAnswer(0, b""))
            raise
        self._keep(asked, headers, template, answer)
        return decoded(answer.body)

    def _sent(self, asked: Asked, headers: Sequence[Header], body: bytes) -> DoorCall:
        origin = urlsplit(self._errand.origin)
        named = {header.name: header.sent for header in headers}
        return DoorCall(
            method=asked.method,
            scheme=origin.scheme,
            target=asked.target,
            headers={"host": origin.netloc, "accept": "application/json"} | named,
            body=body,
            address=self._errand.address,
        )

    def _keep(
        self, asked: Asked, headers: tuple[Header, ...], template: str, answer: DoorAnswer
    ) -> None:
        recipe = self._proof.recipe(asked.target)
        used = self._errand.reference
        plain = tuple(
            (header.name, header.text.replace(used, f"{used}-copy"))
            for header in headers
            if header.name not in recipe.names
        )
        sample = msgspec.structs.replace(
            recipe,
            method=asked.method,
            url=self._errand.origin + asked.target,
            headers=plain,
            body=self._filled(template).replace(used, f"{used}-copy"),
        )
        self._kept.append(
            Exchange(
                purpose=asked.purpose,
                method=asked.method,
                target=asked.target,
                headers=headers,
                body=self._masked(template),
                status=answer.status,
                answer=self._shown(answer.body),
                curl=curl_sample(sample),
                python=python_sample(sample),
            )
        )

    def _filled(self, template: str) -> str:
        if self._card is None:
            return template
        return template.replace(NUMBER, self._card.number).replace(CODE, self._card.code)

    def _masked(self, template: str) -> str:
        if self._card is None:
            return template
        return template.replace(NUMBER, self._card.mask).replace(CODE, _HIDDEN)

    def _shown(self, body: bytes) -> str:
        """An answer in lines, its longest texts cut, and the number masked if a door repeats it."""
        try:
            text = _pretty(body)
        except msgspec.DecodeError:
            text = body.decode("utf-8", "replace")
        if self._card is not None:
            text = text.replace(self._card.number, self._card.mask)
        return _LONG_TEXT.sub(r'\1…"', text)


def decoded(body: bytes) -> dict[str, object]:
    """An answer as an object; empty when it is none."""
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except msgspec.DecodeError:
        return {}


def _pretty(body: bytes) -> str:
    """JSON in lines. Raises msgspec.DecodeError."""
    return msgspec.json.format(body, indent=2).decode()
