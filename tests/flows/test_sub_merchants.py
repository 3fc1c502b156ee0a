"""Sellers beneath a marketplace: taking them on, changing them, what is kept of their money."""

import msgspec
import pytest

from builders import SAMPLE_TIME_MS, merchant
from fakes.records import booking, sub_merchant_details
from vezne.core.changes import AddBooking, ChangeSubMerchant
from vezne.core.ledger import Account, Entry, EntryKind, Posting
from vezne.core.merchant import Marketplace, MerchantSettings
from vezne.core.money import UNIT
from vezne.core.refusal import Reason, Refusal
from vezne.core.sub_merchant import FlawedDetails, SubMerchantKind
from vezne.flows.sub_merchants import (
    Blockage,
    ChangeDetails,
    CreateSubMerchant,
    blockage_of,
    change_sub_merchant,
    create_sub_merchant,
    find_sub_merchant,
    find_sub_merchant_named,
)

SHOP = merchant(settings=MerchantSettings(marketplace=Marketplace.NEVER))


def create(**changes):
    command = CreateSubMerchant(
        merchant=merchant(),
        kind=SubMerchantKind.PERSONAL,
        external_id="B49224",
        details=sub_merchant_details(),
    )
    return msgspec.structs.replace(command, **changes)


async def refusal(work):
    with pytest.raises(Refusal) as refused:
        await work
    return refused.value.reason


async def test_a_seller_is_taken_on_under_a_new_key(world):
    """And found by it, and by the merchant's own name."""
    made = await create_sub_merchant(create(), world.ports)
    other = await create_sub_merchant(create(external_id="B49225"), world.ports)
    assert made.key != other.key
    assert (made.kind, made.created_ms) == (SubMerchantKind.PERSONAL, SAMPLE_TIME_MS)
    assert await find_sub_merchant(merchant(), made.key, world.ports) == made
    assert await find_sub_merchant_named(merchant(), "B49225", world.ports) == other


async def test_a_name_is_given_once(world):
    """The first seller keeps it."""
    made = await create_sub_merchant(create(), world.ports)
    refused = await refusal(create_sub_merchant(create(), world.ports))
    assert refused is Reason.SUB_MERCHANT_EXISTS
    assert list(world.books.sub_merchants.values()) == [made]


async def test_what_is_flawed_is_not_written(world):
    """Neither at first nor later."""
    with pytest.raises(FlawedDetails):
        await create_sub_merchant(create(details=sub_merchant_details(iban="TR1")), world.ports)
    made = await create_sub_merchant(create(), world.ports)
    with pytest.raises(FlawedDetails):
        await change_sub_merchant(
            ChangeDetails(merchant=merchant(), key=made.key, changes={"iban": "TR1"}), world.ports
        )
    assert list(world.books.sub_merchants.values()) == [made]


async def test_what_is_left_out_of_a_change_stays(world):
    """A new address leaves the rest as it was."""
    made = await create_sub_merchant(create(), world.ports)
    command = ChangeDetails(
        merchant=merchant(), key=made.key, changes={"address": "Ankara", "blockage_e8": UNIT}
    )
    changed = await change_sub_merchant(command, world.ports)
    details = sub_merchant_details(address="Ankara", blockage_e8=UNIT)
    assert changed == msgspec.structs.replace(made, version=2, details=details)
    assert await find_sub_merchant(merchant(), made.key, world.ports) == changed


async def test_two_changes_at_once(world):
    """The slower one is told to try again."""
    made = await create_sub_merchant(create(), world.ports)
    find = world.books.find_sub_merchant

    async def find_while_another_writes(merchant_id, key):
        found = await find(merchant_id, key)
        world.books.find_sub_merchant = find
        await world.books.apply([ChangeSubMerchant(msgspec.structs.replace(found, version=2))])
        return found

    world.books.find_sub_merchant = find_while_another_writes
    command = ChangeDetails(merchant=merchant(), key=made.key, changes={"address": "Ankara"})
    assert await refusal(change_sub_merchant(command, world.ports)) is Reason.OPERATION_IN_FLIGHT


async def test_nobody_else_is_a_seller(world):
    """Neither an unknown key or name nor one of another merchant's."""
    made = await create_sub_merchant(create(), world.ports)
    somebody = merchant(id=8)
    command = ChangeDetails(merchant=somebody, key=made.key, changes={})
    for work in (
        find_sub_merchant(merchant(), "nobody", world.ports),
        find_sub_merchant_named(merchant(), "nobody", world.ports),
        find_sub_merchant_named(somebody, "B49224", world.ports),
        blockage_of(somebody, made.key, world.ports),
        change_sub_merchant(command, world.ports),
    ):
        assert await refusal(work) is Reason.SUB_MERCHANT_NOT_FOUND


async def test_a_shop_has_no_sellers(world):
    """A merchant that sells for nobody else is told so."""
    for work in (
        create_sub_merchant(create(merchant=SHOP), world.ports),
        change_sub_merchant(ChangeDetails(merchant=SHOP, key="", changes={}), world.ports),
        find_sub_merchant_named(SHOP, "B49224", world.ports),
        blockage_of(SHOP, "", world.ports),
    ):
        assert await refusal(work) is Reason.SUB_MERCHANTS_NOT_ENABLED


@pytest.mark.parametrize(
    ("owed_e8", "usable_e8"), [(0, 0), (60 * UNIT, 60 * UNIT), (500 * UNIT, 100 * UNIT), (-5, 0)]
)
async def test_blockage_is_usable_as_far_as_there_is_money(world, owed_e8, usable_e8):
    """Of the agreed 100 as much as we owe the seller, and never less than nothing."""
    details = sub_merchant_details(blockage_e8=100 * UNIT)
    made = await create_sub_merchant(create(details=details), world.ports)
    postings = (
        Posting(Account.PENDING, "", owed_e8),
        Posting(Account.PENDING, made.key, -owed_e8),
    )
    entries = (Entry(EntryKind.SHARE, postings),)
    await world.books.apply([AddBooking(booking(merchant_id=7, entries=entries))])
    assert await blockage_of(merchant(), made.key, world.ports) == Blockage(
        total_e8=100 * UNIT, usable_e8=usable_e8, balance_e8=owed_e8
    )
