"""The sellers beneath a marketplace: take them on, change them, look them up."""

import msgspec

from vezne.core.changes import AddSubMerchant, ChangeSubMerchant, Conflict
from vezne.core.ids import ENTROPY_BYTES
from vezne.core.merchant import Marketplace, Merchant
from vezne.core.ports import Ports
from vezne.core.refusal import Reason, Refusal
from vezne.core.sub_merchant import (
    Details,
    SubMerchant,
    SubMerchantKind,
    checked_details,
    holdings,
    sub_merchant_key,
)


class CreateSubMerchant(msgspec.Struct, frozen=True, kw_only=True):
    """A seller to take on, under the merchant's own name for it."""

    merchant: Merchant
    kind: SubMerchantKind
    external_id: str
    details: Details


class ChangeDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What to change about a seller, by the names of `Details`; the rest stays as it is."""

    merchant: Merchant
    key: str
    changes: dict[str, str | int]


class Blockage(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a seller's money.

    `total_e8` is what is agreed, `usable_e8` how much of it there is, `balance_e8` what we owe the
    seller in all.
    """

    total_e8: int
    usable_e8: int
    balance_e8: int


async def create_sub_merchant(command: CreateSubMerchant, ports: Ports) -> SubMerchant:
    """Take on a seller under a new key.

    Raises Refusal: SUB_MERCHANTS_NOT_ENABLED, SUB_MERCHANT_EXISTS when another has the name; and
    FlawedDetails.
    """
    check_marketplace(command.merchant)
    details = checked_details(command.kind, command.details)
    now_ms = ports.clock.now_ms()
    sub_merchant = SubMerchant(
        merchant_id=command.merchant.id,
        key=sub_merchant_key(now_ms, ports.entropy.take(ENTROPY_BYTES)),
        version=1,
        kind=command.kind,
        external_id=command.external_id,
        created_ms=now_ms,
        details=details,
    )
    try:
        await ports.books.apply([AddSubMerchant(sub_merchant)])
    except Conflict:
        # The key is nobody else's, so it is the name.
        raise Refusal(Reason.SUB_MERCHANT_EXISTS) from None
    return sub_merchant


async def change_sub_merchant(command: ChangeDetails, ports: Ports) -> SubMerchant:
    """Change a seller's details.

    Raises Refusal: SUB_MERCHANTS_NOT_ENABLED, SUB_MERCHANT_NOT_FOUND, OPERATION_IN_FLIGHT when
    somebody else changes them at this moment; and FlawedDetails.
    """
    check_marketplace(command.merchant)
    found = await find_sub_merchant(command.merchant, command.key, ports)
    details = msgspec.structs.replace(found.details, **command.changes)
    changed = msgspec.structs.replace(
        found, version=found.version + 1, details=checked_details(found.kind, details)
    )
    try:
        await ports.books.apply([ChangeSubMerchant(changed)])
    except Conflict:
        raise Refusal(Reason.OPERATION_IN_FLIGHT) from None
    return changed


async def find_sub_merchant(merchant: Merchant, key: str, ports: Ports) -> SubMerchant:
    """A merchant's seller by key. Raises Refusal(SUB_MERCHANT_NOT_FOUND)."""
    found = await ports.books.find_sub_merchant(merchant.id, key)
    if found is None:
        raise Refusal(Reason.SUB_MERCHANT_NOT_FOUND)
    return found


async def find_sub_merchant_named(
    merchant: Merchant, external_id: str, ports: Ports
) -> SubMerchant:
    """A seller by the merchant's own name for it.

    Raises Refusal: SUB_MERCHANTS_NOT_ENABLED, SUB_MERCHANT_NOT_FOUND.
    """
    check_marketplace(merchant)
    found = await ports.books.find_sub_merchant_named(merchant.id, external_id)
    if found is None:
        raise Refusal(Reason.SUB_MERCHANT_NOT_FOUND)
    return found


async def blockage_of(merchant: Merchant, key: str, ports: Ports) -> Blockage:
    """What is kept of a seller's money, in the seller's currency.

    Raises Refusal: SUB_MERCHANTS_NOT_ENABLED, SUB_MERCHANT_NOT_FOUND.
    """
    check_marketplace(merchant)
    found = await find_sub_merchant(merchant, key, ports)
    currency = found.details.currency
    balance_e8 = holdings(
        await ports.books.list_balances_of(merchant.id, currency, found.key)
    ).all_e8
    total_e8 = found.details.blockage_e8
    return Blockage(
        total_e8=total_e8, usable_e8=max(min(total_e8, balance_e8), 0), balance_e8=balance_e8
    )


def check_marketplace(merchant: Merchant) -> None:
    """Raise Refusal(SUB_MERCHANTS_NOT_ENABLED) for a merchant that sells for nobody else."""
    if merchant.settings.marketplace is Marketplace.NEVER:
        raise Refusal(Reason.SUB_MERCHANTS_NOT_ENABLED)
