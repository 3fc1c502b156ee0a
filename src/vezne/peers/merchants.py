"""Merchants, their clocks, settings and keys, as each server remembers them for a while.

They are in the database. Whoever changes something tells the others to read it anew, before a
caller is answered (`vezne.peers.settling`).
"""

from collections.abc import Callable
from typing import Protocol

from vezne.peers.messages import ForgetMerchants
from vezne.peers.peers import Peers


class RememberedMerchants(Protocol):
    """The merchants of a server, as far as others have to do with them."""

    def tell_with(self, tell: Callable[[], None]) -> None:
        """From now on call this whenever something has changed here."""

    def forget_all(self) -> None:
        """Read everything anew from now on."""


class SharedMerchants:
    """Connects what this server remembers of merchants with the other servers."""

    def __init__(self, peers: Peers, merchants: RememberedMerchants) -> None:
        self._peers = peers
        self._merchants = merchants
        peers.answer_with(ForgetMerchants, self._answer_forget)
        merchants.tell_with(self._tell)

    def _tell(self) -> None:
        self._peers.announce(ForgetMerchants())

    async def _answer_forget(self, _: ForgetMerchants) -> None:
        self._merchants.forget_all()
