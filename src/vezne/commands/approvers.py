"""The commands about those who approve exports of cards."""

from collections.abc import Sequence

import msgspec

from vezne.bootstrap.carrying import Proof, open_card_house
from vezne.bootstrap.start import run
from vezne.commands.operator import administering
from vezne.core.calendar import local_text
from vezne.core.card import holds_pan
from vezne.settings import Settings


class ApproverRow(msgspec.Struct, frozen=True, kw_only=True):
    """An approver as people read it. Times are Istanbul's."""

    name: str
    public_key: str
    added: str
    locked_until: str | None


def run_add_approver(settings: Settings, approver: Proof, vouchers: Sequence[Proof]) -> None:
    """Take somebody into the circle of approvers. Raises CannotStart."""
    run(_add(settings, approver, vouchers))


def run_remove_approver(settings: Settings, name: str, vouchers: Sequence[Proof]) -> None:
    """Let an approver go. Raises CannotStart."""
    run(_remove(settings, name, vouchers))


def run_list_approvers(settings: Settings) -> list[ApproverRow]:
    """All approvers, by name. Raises CannotStart."""
    return run(_list(settings))


async def _add(settings: Settings, approver: Proof, vouchers: Sequence[Proof]) -> None:
    async with open_card_house(settings) as opened:
        subject = _subject(approver.name)
        async with administering(opened.house.audit, subject, reason="add"):
            await opened.desk.approvers.add(approver, vouchers)


async def _remove(settings: Settings, name: str, vouchers: Sequence[Proof]) -> None:
    async with open_card_house(settings) as opened:
        subject = _subject(name)
        async with administering(opened.house.audit, subject, reason="remove"):
            await opened.desk.approvers.remove(name, vouchers)


async def _list(settings: Settings) -> list[ApproverRow]:
    async with open_card_house(settings) as opened:
        return [
            ApproverRow(
                name=each.name,
                public_key=each.public_key,
                added=local_text(each.created_ms),
                locked_until=(
                    local_text(each.locked_until_ms)
                    if each.locked_until_ms > opened.house.ports.clock.now_ms()
                    else None
                ),
            )
            for each in await opened.desk.approvers.list_approvers()
        ]


def _subject(name: str) -> str:
    """How the audit trail names an approver. What was typed in the wrong place is not written."""
    return "approver" if holds_pan(name) else f"approver {name}"
