"""What we ask a bank or PSP, and the port behind which each of them is."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from vezne.core.answer import Answer, Approved, Declined, NotFound, Reversed, Unknown
from vezne.core.attempt import Operation
from vezne.core.authentication import AuthenticationResult
from vezne.core.card import SealedCard


class AuthorizeAsk(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an acquirer is told about an authorization."""

    merchant_id: int
    trace: int
    card: SealedCard
    amount_e8: int
    currency: str
    installments: int
    is_capture: bool
    authentication: AuthenticationResult | None = None


class BeginAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What an acquirer is told to have a cardholder authenticated.

    `return_url` is where the browser brings the bank's word; `language` is `tr` or `en`.
    """

    merchant_id: int
    merchant_name: str
    payment_number: int
    card: SealedCard
    amount_e8: int
    currency: str
    installments: int
    language: str
    return_url: str


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """Where the browser goes to have its owner authenticated: a form to post, and to which URL."""

    url: str
    fields: dict[str, str]
    transaction_id: str


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """The bank's word on an authentication, as the browser brought it, proven to be the bank's."""

    merchant_id: int
    payment_number: int
    result: AuthenticationResult


class ForgedReturn(Exception):
    """What the browser brought is not the bank's word, or was altered on the way."""


class FollowUpAsk(msgspec.Struct, frozen=True, kw_only=True):
    """What an acquirer is told about a capture, void or refund of an earlier approval."""

    merchant_id: int
    trace: int
    reference: str
    auth_code: str
    amount_e8: int
    currency: str


class InquireAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Which earlier question an acquirer is asked about: that of a trace number."""

    merchant_id: int
    trace: int
    operation: Operation
    amount_e8: int
    currency: str


class Acquirer(Protocol):
    """A bank or PSP that we send to. Stateless; silence and garbage come back as Unknown."""

    @property
    def name(self) -> str:
        """The name under which attempts are recorded."""

    async def begin(self, ask: BeginAsk) -> Challenge | Declined | Unknown:
        """Ask for the cardholder's authentication. No money moves. Raises CardGone."""

    def read_return(self, fields: Mapping[str, str]) -> Returned:
        """The bank's word in the form that a browser brought. Raises ForgedReturn."""

    async def authorize(self, ask: AuthorizeAsk) -> Answer:
        """Reserve money, and take it at once when `is_capture`."""

    async def capture(self, ask: FollowUpAsk) -> Answer:
        """Take reserved money."""

    async def void(self, ask: FollowUpAsk) -> Answer:
        """Undo before settlement."""

    async def refund(self, ask: FollowUpAsk) -> Answer:
        """Give captured money back, whole or in part.

        A capture, void or refund sent again under its trace is not done twice; the answer is the
        same.
        """

    async def inquire(self, ask: InquireAsk) -> Approved | Declined | NotFound | Unknown:
        """What became of an earlier question."""

    async def reverse(self, ask: InquireAsk) -> Reversed | Unknown:
        """Undo an earlier question, or make sure that it will not happen should it still come."""
