import msgspec
import pytest

from builders import basket, merchant, pay_command
from fakes.acquirer import APPROVED
from vezne.core.answer import Declined, DeclineReason, Risk, Unknown
from vezne.core.attempt import Operation
from vezne.core.card import Expiry
from vezne.core.money import UNIT
from vezne.core.payment import PaymentKind, PaymentState
from vezne.core.ports import CardGone
from vezne.core.refusal import Reason, Refusal
from vezne.flows.blocklist import block_card
from vezne.flows.pay import CardOnFile, NewCard, pay
from vezne.flows.store_card import CardOfOwner, ListCards, StoreCard, list_cards, store_card

NO_FUNDS = Declined(reason=DeclineReason.INSUFFICIENT_FUNDS, code="51")


def new_card(world, number="5528790000000008", **changes):
    card = world.vault.present(number)
    record = NewCard(card=card, holder="John Doe", email="email@email.com")
    return msgspec.structs.replace(record, **changes)


async def on_file(world):
    command = StoreCard(
        merchant=merchant(),
        card=world.vault.present(),
        holder="John Doe",
        alias="alias",
        email="email@email.com",
    )
    stored = await store_card(command, world.ports)
    return CardOnFile(owner_key=stored.owner.key, token=stored.card.token)


async def test_an_approved_sale(world):
    """The payment is captured, stored, and its attempt closed; ids follow the payment's number."""
    world.acquirer.script(APPROVED)
    payment = await pay(pay_command(card=new_card(world)), world.ports)
    assert payment.state is PaymentState.CAPTURED
    assert payment == await world.books.find_payment(7, payment.number)
    assert list(payment.line_numbers) == [payment.number + place for place in (1, 2, 3)]
    assert (payment.auth_code, payment.reference) == (APPROVED.auth_code, APPROVED.reference)
    assert world.books.unanswered == []
    operation, ask = world.acquirer.asks[0]
    assert operation is Operation.AUTHORIZE
    assert (ask.amount_e8, ask.currency, ask.is_capture) == (120_000_000, "TRY", True)


async def test_a_payment_is_what_its_command_says(world):
    """Every field that both have is the same: none of them stands in another's place."""
    world.acquirer.script(APPROVED)
    command = pay_command(
        card=new_card(world),
        door="paywall",
        currency="TRY",
        installments=1,
        conversation_id="conversation",
        basket_id="basket",
        channel="WEB",
        group="PRODUCT",
        parties={"buyer": {"id": "BY789"}},
    )
    payment = await pay(command, world.ports)
    shared = set(command.__struct_fields__) & set(payment.__struct_fields__)
    assert shared == {
        *("basket_id", "channel", "conversation_id", "currency", "door", "group"),
        *("installments", "kind", "line_split", "lines", "paid_e8", "parties", "price_e8"),
    }
    assert {name: getattr(payment, name) for name in shared} == {
        name: getattr(command, name) for name in shared
    }
    assert (payment.merchant_id, payment.acquirer) == (command.merchant.id, world.acquirer.name)
    assert (payment.settlement_currency, payment.version) == ("TRY", 2)
    assert (payment.bin, payment.last4) == ("55287900", "0008")


async def test_a_hold_is_not_captured(world):
    """The bank is asked to reserve, not to take."""
    world.acquirer.script(APPROVED)
    payment = await pay(pay_command(card=new_card(world), kind=PaymentKind.HOLD), world.ports)
    assert payment.state is PaymentState.AUTHORIZED
    assert not world.acquirer.asks[0][1].is_capture


async def test_the_promise_is_committed_before_the_bank_is_asked(world):
    """While the bank thinks, payment and attempt already stand in the books."""
    seen = []

    async def look(_operation, ask):
        seen.extend(world.books.unanswered)
        assert ask.trace == seen[0].open_attempt.number

    world.acquirer.on_ask = look
    world.acquirer.script(APPROVED)
    await pay(pay_command(card=new_card(world)), world.ports)
    assert seen[0].state is PaymentState.PENDING


async def test_a_decline_is_recorded_with_its_reason(world):
    """The bank's no is an answer."""
    world.acquirer.script(NO_FUNDS)
    payment = await pay(pay_command(card=new_card(world)), world.ports)
    assert payment.state is PaymentState.DECLINED
    assert payment.decline_reason is DeclineReason.INSUFFICIENT_FUNDS
    assert world.books.unanswered == []


async def test_silence_leaves_the_payment_uncertain(world):
    """Unknown is not declined: the attempt stays open until somebody finds out."""
    world.acquirer.script(Unknown(why="time-out"))
    payment = await pay(pay_command(card=new_card(world)), world.ports)
    assert payment.state is PaymentState.UNCERTAIN
    assert world.books.unanswered == [payment]


async def test_a_payment_without_a_basket_has_one_line(world):
    """The whole amount is one line, so that it can be refunded like any other."""
    world.acquirer.script(APPROVED)
    payment = await pay(pay_command(card=new_card(world), lines=()), world.ports)
    assert len(payment.pricing.lines) == len(payment.line_numbers) == 1
    assert payment.pricing.lines[0].paid_e8 == payment.paid_e8


async def test_registering_stores_the_card_of_an_approved_payment(world):
    """A new owner is made with the card; the payment names both."""
    world.acquirer.script(APPROVED)
    card = new_card(world, register=True, alias="my card")
    payment = await pay(pay_command(card=card), world.ports)
    cards = await list_cards(
        ListCards(merchant=merchant(), owner_key=payment.owner_key), world.ports
    )
    assert [(item.token, item.alias) for item in cards] == [(payment.card_token, "my card")]
    owner = await world.books.find_owner(7, payment.owner_key)
    assert owner.email == "email@email.com"


async def test_registering_for_a_known_owner(world):
    """The card joins the owner's others."""
    world.acquirer.script(APPROVED)
    file = await on_file(world)
    card = new_card(world, register=True, owner_key=file.owner_key)
    payment = await pay(pay_command(card=card), world.ports)
    assert payment.owner_key == file.owner_key
    listing = ListCards(merchant=merchant(), owner_key=file.owner_key)
    assert len(await list_cards(listing, world.ports)) == 2


@pytest.mark.parametrize(
    "answer",
    [NO_FUNDS, Unknown(why="silence"), msgspec.structs.replace(APPROVED, risk=Risk.REJECTED)],
)
async def test_nothing_is_registered_without_approval(world, answer):
    """A card whose payment did not go through is not kept."""
    world.acquirer.script(answer, APPROVED)
    payment = await pay(pay_command(card=new_card(world, register=True)), world.ports)
    assert (payment.owner_key, payment.card_token) == (None, None)
    assert not world.vault.kept


async def test_a_stored_card_pays(world):
    """The bank is asked with the token; a CVV in the request travels along."""
    world.acquirer.script(APPROVED, APPROVED)
    file = await on_file(world)
    payment = await pay(pay_command(card=file), world.ports)
    assert (payment.owner_key, payment.card_token) == (file.owner_key, file.token)
    card = world.acquirer.asks[0][1].card
    assert (card.token, card.has_cvv, card.last4) == (file.token, False, "0008")
    await pay(pay_command(card=msgspec.structs.replace(file, transit_id=9)), world.ports)
    card = world.acquirer.asks[1][1].card
    assert (card.transit_id, card.has_cvv) == (9, True)


async def test_a_card_deleted_during_the_payment_is_a_decline(world):
    """The vault lost the card between look-up and authorization; the bank was never asked."""
    world.acquirer.script(CardGone())
    payment = await pay(pay_command(card=await on_file(world)), world.ports)
    assert payment.state is PaymentState.DECLINED
    assert world.books.unanswered == []


async def test_a_payment_under_review_is_taken(world):
    """The money is taken; the verdict is out."""
    world.acquirer.script(msgspec.structs.replace(APPROVED, risk=Risk.REVIEW))
    payment = await pay(pay_command(card=new_card(world)), world.ports)
    assert (payment.state, payment.risk) == (PaymentState.CAPTURED, Risk.REVIEW)


async def test_a_payment_rejected_for_fraud_is_voided_at_once(world):
    """The bank approved, the filter did not: the void is promised with the approval."""
    promised = []

    async def look(operation, ask):
        if operation is Operation.VOID:
            promised.extend(item.open_attempt for item in world.books.unanswered)
            assert ask.trace == promised[0].number

    world.acquirer.on_ask = look
    world.acquirer.script(msgspec.structs.replace(APPROVED, risk=Risk.REJECTED), APPROVED)
    payment = await pay(pay_command(card=new_card(world)), world.ports)
    assert (payment.state, payment.risk) == (PaymentState.VOIDED, Risk.REJECTED)
    assert payment == await world.books.find_payment(7, payment.number)
    assert [item.operation for item in promised] == [Operation.VOID]
    assert world.books.unanswered == []


@pytest.mark.parametrize(
    ("changes", "number", "reason"),
    [
        ({"lines": basket(UNIT, 1)}, "5528790000000008", Reason.LINES_DO_NOT_SUM),
        ({"currency": "CHF"}, "5528790000000008", Reason.CURRENCY_NOT_ENABLED),
        ({"currency": "GBP"}, "5400010000000004", Reason.CURRENCY_NOT_ENABLED),
        ({"currency": "USD"}, "5528790000000008", Reason.LOCAL_CARD_NEEDS_LOCAL_CURRENCY),
        ({"installments": 3}, "5890040000000016", Reason.INSTALLMENTS_NOT_FOR_DEBIT),
        ({"installments": 3}, "4603450000000000", Reason.INSTALLMENTS_NOT_FOR_CARD),
        ({"installments": 3}, "5400010000000004", Reason.INSTALLMENTS_NOT_FOR_CARD),
    ],
)
async def test_what_a_card_may_not_do(world, changes, number, reason):
    """A refused payment leaves no trace: nothing written, nobody asked."""
    command = pay_command(card=new_card(world, number, register=True), **changes)
    with pytest.raises(Refusal) as refusal:
        await pay(command, world.ports)
    assert refusal.value.reason is reason
    assert not world.acquirer.asks
    assert not world.vault.kept
    assert await world.books.find_payment_by_reference(7, "123456789") is None


async def test_an_expired_card_does_not_pay(world):
    """The bank is not bothered with a card that is past its date."""
    card = NewCard(card=world.vault.present(expiry=Expiry(2018, 5)), holder="John Doe")
    with pytest.raises(Refusal) as refusal:
        await pay(pay_command(card=card), world.ports)
    assert refusal.value.reason is Reason.CARD_EXPIRED


async def test_a_blocked_card_does_not_pay(world):
    """A number on the merchant's blocklist is refused, as a new card too."""
    file = await on_file(world)
    named = CardOfOwner(merchant=merchant(), owner_key=file.owner_key, token=file.token)
    await block_card(named, world.ports)
    for card in (file, new_card(world)):
        with pytest.raises(Refusal) as refusal:
            await pay(pay_command(card=card), world.ports)
        assert refusal.value.reason is Reason.CARD_BLOCKED


async def test_a_stored_card_whose_number_is_gone(world):
    """The books name a card that the vault no longer has."""
    file = await on_file(world)
    await world.vault.block(7, world.vault.present("5400010000000004"))
    await world.vault.forget(7, file.token)
    with pytest.raises(Refusal) as refusal:
        await pay(pay_command(card=file), world.ports)
    assert refusal.value.reason is Reason.CARD_NOT_FOUND


async def test_an_instalment_card_pays_in_parts(world):
    """A credit card of a programme may; the count reaches the bank."""
    world.acquirer.script(APPROVED)
    payment = await pay(pay_command(card=new_card(world), installments=6), world.ports)
    assert payment.installments == world.acquirer.asks[0][1].installments == 6


async def test_a_foreign_card_pays_in_dollars(world):
    """The figures carry the exchange rate; the fixed fee is converted."""
    world.acquirer.script(APPROVED)
    card = new_card(world, "5400010000000004")
    payment = await pay(pay_command(card=card, currency="USD"), world.ports)
    assert payment.pricing.exchange_rate_e8 == 301_610_000
    assert payment.pricing.fee_e8 == 8_288_850
