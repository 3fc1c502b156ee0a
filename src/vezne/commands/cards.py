"""The commands that carry cards out of the vault and into it, whether a server runs or not."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.carrying import (
    CardHouse,
    CardImport,
    ExportState,
    Proof,
    open_card_house,
)
from vezne.bootstrap.start import run
from vezne.commands.merchants import find_merchant
from vezne.commands.operator import administering
from vezne.core.audit import current_origin
from vezne.core.calendar import local_text
from vezne.core.card import Owner, StoredCard
from vezne.core.changes import Conflict
from vezne.core.ports import Books
from vezne.flows.import_cards import enter_cards
from vezne.settings import Settings

# One transaction of the books: a running server waits for it when it writes at the same time.
_TOGETHER: Final = 100

# Is told what is being done, how many cards there are in all, and how many are done.
Progress = Callable[[str, int, int], None]


class ExportRow(msgspec.Struct, frozen=True, kw_only=True):
    """An export as people read it. Times are Istanbul's; the digest is what is approved."""

    name: str
    digest: str
    merchant: str
    recipient: str
    folder: str
    requester: str
    requested: str
    expires: str
    approvers: list[str]
    state: str


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """An export that is whole: how many cards it has, and those that the vault could not open."""

    folder: str
    cards: int
    left_out: list[tuple[str, str]]
    signer: str


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """An import that is through. `is_old` says that it was before this command."""

    cards: int
    signer: str
    token_map: str
    is_old: bool = False


class ImportPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be read, for whom, with which private key, and where the token map goes.

    `signer` is the public key that the export must be signed with, if it is known.
    """

    merchant: str
    folder: Path
    identity: Path
    signer: str | None
    token_map: Path | None


def run_request_export(
    settings: Settings, merchant: str, recipient: str, folder: Path, part_cards: int
) -> ExportRow:
    """Ask for a merchant's cards. Raises CannotStart."""
    return run(_request(settings, merchant, recipient, folder.absolute(), part_cards))


def run_approve_export(
    settings: Settings, name: str, ask: Callable[[ExportRow], Proof]
) -> ExportRow:
    """Give an approver's word for an export, once `ask` has shown what it is for.

    Raises CannotStart.
    """
    return run(_approve(settings, name, ask))


def run_list_exports(settings: Settings) -> list[ExportRow]:
    """All exports, the newest request first. Raises CannotStart."""
    return run(_list(settings))


def run_write_export(settings: Settings, name: str, on_progress: Progress) -> Written:
    """Write an approved export, or go on with it. Raises CannotStart."""
    return run(_write(settings, name, on_progress))


def run_import(settings: Settings, plan: ImportPlan, on_progress: Progress) -> Read:
    """Read an export for a merchant, or go on with it. Raises CannotStart."""
    return run(_read(settings, plan, on_progress))


def run_show_key(settings: Settings) -> tuple[str, str]:
    """The public key that exports are signed with, in hexadecimal and as PEM."""
    return run(_show_key(settings))


async def _request(
    settings: Settings, named: str, recipient: str, folder: Path, part_cards: int
) -> ExportRow:
    async with open_card_house(settings) as opened:
        merchant = await find_merchant(opened.house, named)
        requester = current_origin().caller
        async with administering(
            opened.house.audit, "export", merchant_id=merchant.id, reason="request"
        ):
            state = await opened.desk.exports.request(
                merchant, recipient, folder, requester=requester, part_cards=part_cards
            )
        return _row(state)


async def _approve(settings: Settings, name: str, ask: Callable[[ExportRow], Proof]) -> ExportRow:
    async with open_card_house(settings) as opened:
        exports = opened.desk.exports
        shown = _row(await exports.find(name))
        return _row(await exports.approve(shown.digest, ask(shown)))


async def _list(settings: Settings) -> list[ExportRow]:
    async with open_card_house(settings) as opened:
        return [_row(state) for state in await opened.desk.exports.list_exports()]


async def _write(settings: Settings, name: str, on_progress: Progress) -> Written:
    async with (
        open_card_house(settings) as opened,
        administering(opened.house.audit, "export", reason="run"),
        opened.desk.exports.open(name) as export,
    ):
        request, pages = export.request, opened.cards
        total = await pages.count(request.merchant_id, until=export.until)
        while True:
            on_progress("written", total, export.done)
            cards = await pages.page(
                request.merchant_id,
                after=export.after,
                until=export.until,
                limit=request.part_cards,
            )
            if not cards:
                break
            await export.write_part(cards)
        manifest = await export.finish()
    return Written(
        folder=request.folder,
        cards=manifest.cards,
        left_out=[(each.token, each.why) for each in manifest.left_out],
        signer=manifest.signer,
    )


async def _read(settings: Settings, plan: ImportPlan, on_progress: Progress) -> Read:
    async with open_card_house(settings) as opened:
        merchant = await find_merchant(opened.house, plan.merchant)
        token_map = plan.token_map or plan.folder / f"token-map-{merchant.id}.csv"
        async with (
            administering(opened.house.audit, "import", merchant_id=merchant.id),
            opened.desk.imports.open(
                plan.folder, plan.identity, merchant.id, plan.signer, token_map
            ) as incoming,
        ):
            manifest = incoming.manifest
            if not incoming.is_done:
                await _store(opened, incoming, on_progress)
            return Read(
                cards=manifest.cards,
                signer=manifest.signer,
                token_map=str(token_map),
                is_old=incoming.is_done,
            )


async def _store(opened: CardHouse, incoming: CardImport, on_progress: Progress) -> None:
    """All parts are looked at before anything is stored, so that a bad one costs nothing."""
    manifest, books = incoming.manifest, opened.house.ports.books
    done = 0
    for number in range(len(manifest.parts)):
        done += incoming.check_part(number)
        on_progress("checked", manifest.cards, done)
    done = 0
    for number, part in enumerate(manifest.parts):
        if not incoming.is_stored(number):
            stored = await incoming.store_part(number)
            for first in range(0, len(stored), _TOGETHER):
                some = stored[first : first + _TOGETHER]
                await _enter([(each.owner, each.card) for each in some], books)
            incoming.note_part(number, stored)
        done += part.cards
        on_progress("stored", manifest.cards, done)
    await incoming.finish()


async def _enter(cards: Sequence[tuple[Owner, StoredCard]], books: Books) -> None:
    try:
        await enter_cards(cards, books)
    except Conflict:
        raise CannotStart("somebody else imports the same cards; try again") from None


async def _show_key(settings: Settings) -> tuple[str, str]:
    async with open_card_house(settings) as opened:
        return opened.desk.public_key, opened.desk.public_pem


def _row(state: ExportState) -> ExportRow:
    request = state.request
    if state.written_ms is not None:
        how = f"written {local_text(state.written_ms)}"
    elif state.started_ms is not None:
        how = f"begun {local_text(state.started_ms)}"
    else:
        how = "asked for"
    return ExportRow(
        name=state.name,
        digest=request.digest.hex(),
        merchant=f"{request.merchant_id} {request.merchant}",
        recipient=request.recipient,
        folder=request.folder,
        requester=request.requester,
        requested=local_text(request.requested_ms),
        expires=local_text(request.expires_ms),
        approvers=state.approvers,
        state=how,
    )
