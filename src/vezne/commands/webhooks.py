"""The commands about webhooks: they work on the books, whether a server runs or not."""

import enum

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.house import open_house
from vezne.bootstrap.start import run
from vezne.commands.merchants import choose_merchants
from vezne.commands.operator import administering
from vezne.core.calendar import local_text
from vezne.core.changes import Conflict
from vezne.core.merchant import Merchant
from vezne.core.notice import Notice, NoticeState
from vezne.core.refusal import Refusal
from vezne.flows.notify import ReplayNotices, replay_notices
from vezne.settings import Settings


class States(enum.StrEnum):
    """How far the telling is, as people write it."""

    DUE = "due"
    DELIVERED = "delivered"
    UNTOLD = "untold"
    GIVEN_UP = "given-up"


class WebhookRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as people read it. Times are Istanbul's by the merchant's clock."""

    merchant: str
    payment: int
    version: int
    what: str
    at: str
    state: str
    tries: int
    next_try: str | None
    problem: str


def run_list_webhooks(
    settings: Settings, merchant: str | None, state: States | None, limit: int
) -> list[WebhookRow]:
    """A row for each notice of a merchant, or of all, those of the newest payments first."""
    return run(_list(settings, merchant, state, limit))


def run_replay_webhooks(settings: Settings, payment: int, version: int | None) -> int:
    """Make a payment's notices due again, or one of them; returns how many. Raises CannotStart."""
    return run(_replay(settings, payment, version))


async def _list(
    settings: Settings, named: str | None, state: States | None, limit: int
) -> list[WebhookRow]:
    wanted = None if state is None else NoticeState(state.replace("-", "_"))
    rows = []
    async with open_house(settings) as house:
        for merchant in await choose_merchants(house, named):
            notices = await house.outbox.list_notices(merchant.id, wanted, limit=limit)
            rows += [_row(merchant, notice) for notice in notices]
    return rows


def _row(merchant: Merchant, notice: Notice) -> WebhookRow:
    late = ", late" if notice.is_late else ""
    next_ms = notice.next_try_ms
    return WebhookRow(
        merchant=merchant.name,
        payment=notice.payment_number,
        version=notice.version,
        what=notice.kind.replace("_", " ") + late,
        at=local_text(notice.at_ms),
        state=notice.state.replace("_", "-"),
        tries=notice.tries,
        next_try=None if next_ms is None else local_text(next_ms),
        problem=notice.problem,
    )


async def _replay(settings: Settings, payment: int, version: int | None) -> int:
    async with open_house(settings) as house:
        for merchant in await house.merchants.list_merchants():
            if await house.ports.books.find_payment(merchant.id, payment) is None:
                continue
            command = ReplayNotices(merchant=merchant, payment_number=payment, version=version)
            try:
                async with administering(
                    house.audit, f"webhooks of payment {payment}", merchant_id=merchant.id
                ):
                    return len(await replay_notices(command, house.outbox, house.ports))
            except Refusal:
                continue
            except Conflict:
                raise CannotStart(f"payment {payment}: being sent just now; try again") from None
    which = "" if version is None else f" of version {version}"
    raise CannotStart(f"payment {payment} has no webhook{which}")
