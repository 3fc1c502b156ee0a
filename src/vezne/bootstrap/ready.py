"""What a process needs before requests should come to it."""

from functools import partial
from http import HTTPStatus
from typing import Final

from vezne.bootstrap.house import House
from vezne.bootstrap.vault_room import VaultRoom
from vezne.edge.departure import Departure
from vezne.edge.readiness import READY_PATH, Look, Readiness
from vezne.edge.sites import Incoming, Site
from vezne.engines.engine import Engine

_BOOKS: Final = "SELECT next FROM numbers WHERE name = 'payment'"
_VAULT: Final = "SELECT count(*) FROM master_keys"


def house_readiness(house: House, departure: Departure) -> Readiness:
    """That of a process with the books, and with the vault if it is there as well."""
    parts: dict[str, Look] = {"books": partial(_fetch, house.engine, _BOOKS)}
    if house.room is not None:
        parts["vault"] = _vault_look(house.room)
    return Readiness(parts, departure)


def vault_readiness(room: VaultRoom, gateway: Site, departure: Departure) -> Readiness:
    """That of the vault's own process. `gateway` is the gateway's own answer to the question."""

    async def ask_gateway() -> None:
        answer = await gateway(Incoming("GET", "http", READY_PATH, {}, b""))
        if answer.status != HTTPStatus.OK:
            raise ConnectionError

    return Readiness({"vault": _vault_look(room), "gateway": ask_gateway}, departure)


def _vault_look(room: VaultRoom) -> Look:
    return partial(_fetch, room.engine, _VAULT)


async def _fetch(engine: Engine, sql: str) -> None:
    await engine.fetch(sql)
