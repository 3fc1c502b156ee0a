"""The house with what carries cards out of it and into it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec

from vezne.bootstrap.engines import open_engine
from vezne.bootstrap.house import House, open_house, own_room
from vezne.settings import Settings
from vezne.storage.card_pages import SqlCardPages
from vezne.vault.portability.approvers import Proof
from vezne.vault.portability.desk import Portability, open_portability
from vezne.vault.portability.exports import ExportState
from vezne.vault.portability.reading import CardImport

__all__ = ["CardHouse", "CardImport", "ExportState", "Proof", "open_card_house"]


class CardHouse(msgspec.Struct, frozen=True):
    """The house, the desk for exports and imports, and the cards in the books."""

    house: House
    desk: Portability
    cards: SqlCardPages


@asynccontextmanager
async def open_card_house(settings: Settings) -> AsyncIterator[CardHouse]:
    """Open the house with the vault in it, and both databases for what only these commands do.

    No card number crosses the socket of a vault that has a process of its own: the vault is opened
    here as well, beside it, by whoever has the master key.
    """
    settings = msgspec.structs.replace(settings, vault_socket=None)
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings))
        vault = own_room(house).service
        books = await open_engine(settings, "books")
        stack.push_async_callback(books.close)
        sealed = await open_engine(settings, "vault")
        stack.push_async_callback(sealed.close)
        desk = await open_portability(
            sealed,
            vault.keyring,
            vault.names,
            vault.secrets,
            clock=house.ports.clock,
            entropy=house.ports.entropy,
            audit=house.audit,
        )
        yield CardHouse(house, desk, SqlCardPages(books))
