import asyncio

import msgspec
import pytest

from builders import (
    authenticate_command,
    basket,
    complete_command,
    merchant,
    pay_command,
)
from fakes.acquirer import APPROVED, challenge_for, returned_for
from vezne.core.answer import Approved, Declined, DeclineReason, Risk, Unknown
from vezne.core.attempt import Operation, Outcome
from vezne.core.authentication import LIFE_MS, AuthenticationState, Registration
from vezne.core.calendar import days_later
from vezne.core.card import Expiry
from vezne.core.changes import ChangePayment, Conflict
from vezne.core.merchant import BlockageRelease
from vezne.core.money import UNIT
from vezne.core.payment import PaymentKind, PaymentState
from vezne.core.ports import CardGone
from vezne.core.refusal import Reason, Refusal
from vezne.flows.authenticate import begin, receive
from vezne.flows.blocklist import block_card
from vezne.flows.complete import REFUSALS, Expected, complete
from vezne.flows.follow_up import DECISIONS_MAX
from vezne.flows.pay import CardOnFile, NewCard, pay
from vezne.flows.recover import recover
from vezne.flows.store_card import (
    CardOfOwner,
    ListCards,
    StoreCard,
    delete_card,
    list_cards,
    store_card,
)

REFUSED = Declined(reason=DeclineReason.NOT_PERMITTED_TO_CARDHOLDER, code="57")
DAY_MS = 86_400_000
EXPECTED = Expected(paid_e8=12 * UNIT // 10, basket_id="B67832", currency="TRY")


def new_card(world, number="5528790000000008", *, expiry=Expiry(2030, 12), **changes):  # noqa: B008
    card = world.vault.present(number, expiry=expiry)
    record = NewCard(card=card, holder="John Doe", email="email@email.com")
    return msgspec.structs.replace(record, **changes)


async def on_file(world, transit_id=None):
    command = StoreCard(
        merchant=merchant(),
        card=world.vault.present(),
        holder="John Doe",
        alias="alias",
        email="email@email.com",
    )
    stored = await store_card(command, world.ports)
    return CardOnFile(owner_key=stored.owner.key, token=stored.card.token, transit_id=transit_id)


def named(file):
    return CardOfOwner(merchant=merchant(), owner_key=file.owner_key, token=file.token)


async def begun(world, card=None, **changes):
    """A payment whose cardholder is at the bank's page, and whose first request is over."""
    card = card or new_card(world)
    answer = await begin(authenticate_command(card=card, **changes), world.ports)
    world.vault.in_transit.clear()
    return answer.payment


async def passed(world, card=None, **changes):
    """A payment whose cardholder is authenticated."""
    payment = await begun(world, card, **changes)
    return await receive(returned_for(payment), world.ports)


async def refused(coroutine):
    """The reason of the refusal that a call ends in."""
    with pytest.raises(Refusal) as refusal:
        await coroutine
    return refusal.value.reason


async def stored(world, payment):
    return await world.books.find_payment(payment.merchant_id, payment.number)


class TestBegin:
    """The first call: promise, hold the card, ask for a challenge."""

    async def test_a_challenge(self, world):
        """The payment waits, the card is held, no attempt is open: no money moves."""
        command = authenticate_command(card=new_card(world, register=True, alias="my card"))
        answer = await begin(command, world.ports)
        payment = answer.payment
        assert answer.challenge == challenge_for(payment.number)
        assert payment == await stored(world, payment)
        assert (payment.state, payment.version) == (PaymentState.AUTHENTICATING, 2)
        authentication = payment.authentication
        assert authentication.state is AuthenticationState.OPEN
        assert authentication.transaction_id == answer.challenge.transaction_id
        assert authentication.expires_ms - authentication.opened_ms == LIFE_MS
        assert (authentication.success_url, authentication.failure_url) == (
            command.success_url,
            command.failure_url,
        )
        assert (authentication.caller_key, authentication.language) == ("demo-api-key", "tr")
        assert authentication.registration == Registration(email="email@email.com", alias="my card")
        assert (authentication.challenge_url, authentication.challenge_fields) == ("", {})
        assert await world.vault.is_held(7, payment.number)
        assert not any(item.attempts for item in world.books.payments.values())
        assert not world.acquirer.asks
        assert (payment.owner_key, payment.card_token) == (None, None)

    async def test_a_challenge_that_is_kept(self, world):
        """A page that is opened later finds in the payment where the browser goes."""
        command = authenticate_command(card=new_card(world), keeps_challenge=True)
        answer = await begin(command, world.ports)
        authentication = (await stored(world, answer.payment)).authentication
        assert authentication.challenge_url == answer.challenge.url
        assert authentication.challenge_fields == answer.challenge.fields
        assert authentication.transaction_id == answer.challenge.transaction_id

    async def test_what_the_bank_is_told(self, world):
        """Who sells, for how much, in which language, and where the browser comes back to."""
        command = authenticate_command(card=new_card(world), installments=3, language="en")
        answer = await begin(command, world.ports)
        (ask,) = world.acquirer.begun
        assert (ask.merchant_id, ask.merchant_name) == (7, "Kitapçı")
        assert ask.payment_number == answer.payment.number
        assert (ask.amount_e8, ask.currency, ask.installments) == (120_000_000, "TRY", 3)
        assert (ask.language, ask.return_url) == ("en", command.return_url)
        assert ask.card == command.pay.card.card

    async def test_promise_and_card_come_before_the_bank(self, world):
        """While the bank thinks, the payment stands in the books and the card in the vault."""
        seen = []

        async def look(ask):
            seen.append(await world.books.find_payment(7, ask.payment_number))
            assert await world.vault.is_held(7, ask.payment_number)

        world.acquirer.on_begin = look
        await begun(world)
        assert seen[0].state is PaymentState.AUTHENTICATING
        assert seen[0].authentication.transaction_id == ""

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (REFUSED, DeclineReason.NOT_PERMITTED_TO_CARDHOLDER),
            (Unknown(why="silence"), DeclineReason.COMMUNICATION_ERROR),
            (CardGone(), DeclineReason.INVALID_CARD_NUMBER),
        ],
    )
    async def test_a_bank_that_does_not_begin(self, world, answer, reason):
        """The payment has ended with the reason, and the card is held no longer."""
        world.acquirer.script_begin(answer)
        result = await begin(authenticate_command(card=new_card(world)), world.ports)
        assert result.challenge is None
        assert result.payment == await stored(world, result.payment)
        assert result.payment.state is PaymentState.UNAUTHENTICATED
        assert result.payment.authentication.state is AuthenticationState.FAILED
        assert result.payment.decline_reason is reason
        assert not world.vault.held
        completion = complete(complete_command(result.payment), world.ports)
        assert await refused(completion) is Reason.AUTHENTICATION_UNSUITABLE

    async def test_a_card_that_cannot_be_held(self, world):
        """The vault lost it meanwhile: the bank is not asked."""
        card = new_card(world)
        world.vault.in_transit.clear()
        result = await begin(authenticate_command(card=card), world.ports)
        assert result.payment.state is PaymentState.UNAUTHENTICATED
        assert not world.acquirer.begun

    @pytest.mark.parametrize(("transit_id", "is_held"), [(None, False), (9, True)])
    async def test_a_stored_card(self, world, transit_id, is_held):
        """Only a security code that came with the request has to be held."""
        file = await on_file(world, transit_id)
        payment = await begun(world, file)
        assert (payment.owner_key, payment.card_token) == (file.owner_key, file.token)
        assert payment.authentication.is_card_held is is_held
        assert await world.vault.is_held(7, payment.number) is is_held
        assert payment.authentication.registration is None

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"lines": basket(UNIT, 1)}, Reason.LINES_DO_NOT_SUM),
            ({"currency": "CHF"}, Reason.CURRENCY_NOT_ENABLED),
            ({"currency": "USD"}, Reason.LOCAL_CARD_NEEDS_LOCAL_CURRENCY),
        ],
    )
    async def test_the_refusals_of_a_payment(self, world, changes, reason):
        """What an ordinary payment may not do, this one may not either; nothing is written."""
        command = authenticate_command(card=new_card(world), **changes)
        assert await refused(begin(command, world.ports)) is reason
        assert not world.books.payments
        assert not world.vault.held

    async def test_a_card_that_may_not_pay(self, world):
        """Expired, blocked, of an unknown owner: nobody is sent to the bank."""
        file = await on_file(world)
        await block_card(named(file), world.ports)
        unknown = new_card(world, "5400010000000004", register=True, owner_key=b"nobody")
        for card, reason in (
            (new_card(world, expiry=Expiry(2018, 5)), Reason.CARD_EXPIRED),
            (new_card(world), Reason.CARD_BLOCKED),
            (file, Reason.CARD_BLOCKED),
            (unknown, Reason.OWNER_NOT_FOUND),
        ):
            assert await refused(begin(authenticate_command(card=card), world.ports)) is reason
        assert not world.acquirer.begun

    async def test_a_payment_that_ends_before_the_bank_has_begun(self, world):
        """A bank slower than the authentication's life begins nothing any more."""

        async def give_up(ask):
            world.clock.advance(ms=LIFE_MS)
            payment = await world.books.find_payment(7, ask.payment_number)
            completion = complete(complete_command(payment), world.ports)
            assert await refused(completion) is Reason.AUTHENTICATION_EXPIRED
            await world.vault.hold(7, ask.payment_number, ask.card, "John Doe")

        world.acquirer.on_begin = give_up
        command = authenticate_command(card=new_card(world))
        assert await refused(begin(command, world.ports)) is Reason.AUTHENTICATION_UNSUITABLE
        assert not world.vault.held


class TestReceive:
    """The browser brings the bank's word."""

    async def test_a_pass(self, world):
        """The payment waits for its completion, with the card still held."""
        payment = await begun(world)
        after = await receive(returned_for(payment), world.ports)
        assert after == await stored(world, payment)
        assert after.state is PaymentState.AUTHENTICATING
        assert after.authentication.state is AuthenticationState.PASSED
        assert after.authentication.result == returned_for(payment).result
        assert await world.vault.is_held(7, payment.number)
        assert not world.acquirer.asks

    async def test_a_failure(self, world):
        """The payment has ended and the card is wiped."""
        payment = await begun(world)
        after = await receive(returned_for(payment, md_status=0), world.ports)
        assert after.state is PaymentState.UNAUTHENTICATED
        assert after.authentication.state is AuthenticationState.FAILED
        assert not world.vault.held

    @pytest.mark.parametrize("md_status", [0, 1])
    async def test_the_same_word_again(self, world, md_status):
        """A repeated return gives the same payment and writes nothing."""
        payment = await begun(world)
        first = await receive(returned_for(payment, md_status), world.ports)
        assert await receive(returned_for(payment, md_status), world.ports) == first
        assert (await stored(world, payment)).version == first.version

    async def test_the_same_word_after_the_payment(self, world):
        """A browser that goes back and posts again still reaches its merchant."""
        world.acquirer.script(APPROVED)
        payment = await passed(world)
        paid = await complete(complete_command(payment), world.ports)
        assert await receive(returned_for(payment), world.ports) == paid

    async def test_a_conflicting_word(self, world):
        """The first word stands."""
        payment = await passed(world)
        conflicting = receive(returned_for(payment, md_status=0), world.ports)
        assert await refused(conflicting) is Reason.AUTHENTICATION_UNSUITABLE
        assert await stored(world, payment) == payment

    async def test_a_word_for_another_payment(self, world):
        """A genuine return about one transaction does not vouch for another payment."""
        mine, other = await begun(world), await begun(world)
        stolen = returned_for(other, transaction_id=mine.authentication.transaction_id)
        assert await refused(receive(stolen, world.ports)) is Reason.AUTHENTICATION_UNSUITABLE
        assert await stored(world, other) == other

    async def test_a_word_for_no_payment(self, world):
        """An unknown number, or a payment that asked for no authentication."""
        payment = await begun(world)
        nowhere = msgspec.structs.replace(returned_for(payment), payment_number=1)
        assert await refused(receive(nowhere, world.ports)) is Reason.PAYMENT_NOT_FOUND
        plain = msgspec.structs.replace(payment, version=3, authentication=None)
        await world.books.apply([ChangePayment(plain)])
        word = receive(returned_for(payment), world.ports)
        assert await refused(word) is Reason.AUTHENTICATION_UNSUITABLE

    async def test_a_word_that_comes_too_late(self, world):
        """It ends the payment, which is returned so that the browser goes on to the merchant."""
        payment = await begun(world)
        world.clock.advance(ms=LIFE_MS)
        after = await receive(returned_for(payment), world.ports)
        assert after.state is PaymentState.UNAUTHENTICATED
        assert after.authentication.state is AuthenticationState.EXPIRED
        assert after == await receive(returned_for(payment), world.ports)
        assert not world.vault.held

    async def test_a_word_after_a_restart(self, world):
        """The held card is gone with the process: the payment ends."""
        payment = await begun(world)
        world.vault.held.clear()
        after = await receive(returned_for(payment), world.ports)
        assert after.state is PaymentState.UNAUTHENTICATED
        assert after.authentication.state is AuthenticationState.LAPSED
        completion = complete(complete_command(payment), world.ports)
        assert await refused(completion) is Reason.HELD_CARD_LOST

    async def test_a_restart_does_not_harm_a_stored_card(self, world):
        """Without a security code there is nothing to lose."""
        world.acquirer.script(APPROVED)
        payment = await begun(world, await on_file(world))
        world.vault.held.clear()
        await receive(returned_for(payment), world.ports)
        paid = await complete(complete_command(payment), world.ports)
        assert paid.state is PaymentState.CAPTURED

    async def test_the_same_word_twice_at_once(self, world):
        """Of two browsers' tabs one writes, and both get the payment."""
        payment = await begun(world)
        apply = world.books.apply

        async def slow_apply(changes):
            await asyncio.sleep(0)
            await apply(changes)

        world.books.apply = slow_apply
        first, second = await asyncio.gather(
            *(receive(returned_for(payment), world.ports) for _ in range(2))
        )
        assert first == second
        assert first.version == payment.version + 1

    async def test_books_that_never_settle(self, world):
        """A race that is lost again and again ends in a refusal."""
        payment = await begun(world)
        tries = []

        async def always_late(changes):
            tries.append(changes)
            raise Conflict

        world.books.apply = always_late
        word = receive(returned_for(payment), world.ports)
        assert await refused(word) is Reason.AUTHENTICATION_UNSUITABLE
        assert len(tries) == DECISIONS_MAX


class TestComplete:
    """The second call: authorize, once."""

    async def test_a_sale(self, world):
        """The bank is asked with its own proof; the payment is captured and nothing is left."""
        world.acquirer.script(APPROVED)
        payment = await passed(world)
        world.clock.advance(ms=60_000)
        paid = await complete(complete_command(payment, expected=EXPECTED), world.ports)
        assert paid == await stored(world, payment)
        assert paid.state is PaymentState.CAPTURED
        assert paid.captured_ms == world.clock.now_ms()
        assert paid.authentication.state is AuthenticationState.SPENT
        ((operation, ask),) = world.acquirer.asks
        assert operation is Operation.AUTHORIZE
        assert ask.authentication == returned_for(payment).result
        assert ask.trace == payment.line_numbers.stop
        assert (ask.amount_e8, ask.currency, ask.is_capture) == (120_000_000, "TRY", True)
        assert (ask.card.last4, ask.card.expiry) == ("0008", Expiry(2030, 12))
        (attempt,) = paid.attempts
        assert (attempt.number, attempt.outcome) == (ask.trace, Outcome.APPROVED)
        assert not world.vault.held
        assert not world.vault.in_transit

    async def test_a_hold(self, world):
        """A pre-authorization is authenticated like a sale and reserves only."""
        world.acquirer.script(APPROVED)
        payment = await passed(world, kind=PaymentKind.HOLD)
        held = await complete(complete_command(payment), world.ports)
        assert (held.state, held.captured_ms) == (PaymentState.AUTHORIZED, None)
        assert not world.acquirer.asks[0][1].is_capture

    async def test_the_promise_comes_before_the_bank(self, world):
        """While the bank thinks, the authentication is spent, the attempt open, the card taken."""
        seen = []

        async def look(_operation, ask):
            seen.extend(world.books.unanswered)
            assert ask.card.transit_id in world.vault.in_transit

        world.acquirer.on_ask = look
        world.acquirer.script(APPROVED)
        await complete(complete_command(await passed(world)), world.ports)
        assert seen[0].state is PaymentState.PENDING
        assert seen[0].authentication.state is AuthenticationState.SPENT

    async def test_the_blockage_counts_from_the_authorization(self, world):
        """Withheld money is released so many days after the completion."""
        world.acquirer.script(APPROVED)
        payment = await passed(world)
        world.clock.advance(ms=60_000)
        now_ms = world.clock.now_ms()
        paid = await complete(complete_command(payment), world.ports)
        assert paid.blockage_resolved_ms == days_later(now_ms, 7)
        assert payment.blockage_resolved_ms == days_later(now_ms, 7) - 60_000

    @pytest.mark.parametrize(
        ("answer", "state"),
        [
            (REFUSED, PaymentState.DECLINED),
            (Unknown(why="silence"), PaymentState.UNCERTAIN),
            (CardGone(), PaymentState.DECLINED),
        ],
    )
    async def test_other_answers(self, world, answer, state):
        """They are recorded as those to an ordinary payment; the card is wiped all the same."""
        world.acquirer.script(answer)
        payment = await passed(world, new_card(world, register=True))
        after = await complete(complete_command(payment), world.ports)
        assert after == await stored(world, payment)
        assert after.state is state
        assert after.authentication.state is AuthenticationState.SPENT
        assert (after.owner_key, after.card_token) == (None, None)
        assert len(world.books.unanswered) == (state is PaymentState.UNCERTAIN)
        assert not world.vault.held
        assert not world.vault.in_transit
        assert not world.vault.kept

    async def test_a_payment_rejected_for_fraud(self, world):
        """The money is given back at once, and the card is not stored."""
        world.acquirer.script(msgspec.structs.replace(APPROVED, risk=Risk.REJECTED), APPROVED)
        payment = await passed(world, new_card(world, register=True))
        after = await complete(complete_command(payment), world.ports)
        assert (after.state, after.risk) == (PaymentState.VOIDED, Risk.REJECTED)
        assert world.books.unanswered == []
        assert not world.vault.kept

    async def test_registering_for_a_new_owner(self, world):
        """The card is stored under the holder's name that came with the first request."""
        world.acquirer.script(APPROVED)
        payment = await passed(world, new_card(world, register=True, alias="my card"))
        assert not world.vault.kept
        paid = await complete(complete_command(payment), world.ports)
        assert world.vault.kept == {(7, paid.card_token): ("5528790000000008", "John Doe")}
        owner = await world.books.find_owner(7, paid.owner_key)
        assert owner.email == "email@email.com"
        listing = ListCards(merchant=merchant(), owner_key=paid.owner_key)
        assert [(card.alias, card.token) for card in await list_cards(listing, world.ports)] == [
            ("my card", paid.card_token)
        ]

    async def test_registering_for_a_known_owner(self, world):
        """The card joins the owner's others."""
        world.acquirer.script(APPROVED)
        file = await on_file(world)
        card = new_card(world, register=True, owner_key=file.owner_key)
        paid = await complete(complete_command(await passed(world, card)), world.ports)
        assert paid.owner_key == file.owner_key
        listing = ListCards(merchant=merchant(), owner_key=file.owner_key)
        assert len(await list_cards(listing, world.ports)) == 2

    async def test_registering_for_the_owner_of_a_name(self, world):
        """The merchant's own name for the customer leads to the owner, between both calls."""
        world.acquirer.script(APPROVED, APPROVED)
        paid = []
        for _ in range(2):
            card = new_card(world, register=True, external_id="customer 1")
            payment = await passed(world, card)
            assert payment.authentication.registration.external_id == "customer 1"
            paid.append(await complete(complete_command(payment), world.ports))
        assert paid[0].owner_key == paid[1].owner_key
        (owner,) = world.books.owners.values()
        assert owner.external_id == "customer 1"

    @pytest.mark.parametrize(("transit_id", "has_cvv"), [(None, False), (9, True)])
    async def test_a_stored_card(self, world, transit_id, has_cvv):
        """The bank is asked with the token; a held code travels along."""
        world.acquirer.script(APPROVED)
        file = await on_file(world, transit_id)
        paid = await complete(complete_command(await passed(world, file)), world.ports)
        assert (paid.owner_key, paid.card_token) == (file.owner_key, file.token)
        card = world.acquirer.asks[0][1].card
        assert (card.token, card.has_cvv) == (file.token, has_cvv)
        assert (card.transit_id is None) is not has_cvv
        assert card.transit_id != transit_id or not has_cvv
        assert not world.vault.in_transit

    @pytest.mark.parametrize(
        "difference", [{"paid_e8": 1}, {"basket_id": None}, {"currency": "USD"}]
    )
    async def test_another_payment_than_expected(self, world, difference):
        """Nothing happens, and the right expectation still gets through."""
        world.acquirer.script(APPROVED)
        payment = await passed(world)
        wrong = msgspec.structs.replace(EXPECTED, **difference)
        completion = complete(complete_command(payment, expected=wrong), world.ports)
        assert await refused(completion) is Reason.PAYMENT_DIFFERS
        assert await stored(world, payment) == payment
        await complete(complete_command(payment, expected=EXPECTED), world.ports)

    async def test_what_has_not_passed(self, world):
        """Neither before the bank's word nor after a failure nor for any other payment."""
        opened = await begun(world)
        failed = await begun(world)
        await receive(returned_for(failed, md_status=5), world.ports)
        plain = await begun(world)
        await world.books.apply(
            [ChangePayment(msgspec.structs.replace(plain, version=3, authentication=None))]
        )
        for payment in (opened, failed, plain):
            completion = complete(complete_command(payment), world.ports)
            assert await refused(completion) is Reason.AUTHENTICATION_UNSUITABLE
        assert await stored(world, opened) == opened
        nobody = complete_command(opened, number=1)
        assert await refused(complete(nobody, world.ports)) is Reason.PAYMENT_NOT_FOUND
        theirs = complete_command(opened, merchant=merchant(id=8))
        assert await refused(complete(theirs, world.ports)) is Reason.PAYMENT_NOT_FOUND

    def test_every_state_has_its_refusal(self):
        """All but the one that can be completed."""
        assert set(REFUSALS) == set(AuthenticationState) - {AuthenticationState.PASSED}

    @pytest.mark.parametrize("is_passed", [False, True])
    async def test_a_completion_that_comes_too_late(self, world, is_passed):
        """The payment ends, with the bank's word or without; asking again says the same."""
        payment = await (passed if is_passed else begun)(world)
        world.clock.advance(ms=LIFE_MS)
        for _ in range(2):
            completion = complete(complete_command(payment), world.ports)
            assert await refused(completion) is Reason.AUTHENTICATION_EXPIRED
        after = await stored(world, payment)
        assert after.state is PaymentState.UNAUTHENTICATED
        assert after.authentication.state is AuthenticationState.EXPIRED
        assert not world.vault.held

    @pytest.mark.parametrize("is_passed", [False, True])
    async def test_a_restart_during_the_challenge(self, world, is_passed):
        """The card is gone with the process: the payment ends; asking again says the same."""
        payment = await (passed if is_passed else begun)(world)
        world.vault.held.clear()
        for _ in range(2):
            completion = complete(complete_command(payment), world.ports)
            assert await refused(completion) is Reason.HELD_CARD_LOST
        after = await stored(world, payment)
        assert after.state is PaymentState.UNAUTHENTICATED
        assert after.authentication.state is AuthenticationState.LAPSED

    async def test_a_word_that_comes_after_the_end(self, world):
        """It is noted, so that the merchant can be told what the bank said."""
        payment = await begun(world)
        world.clock.advance(ms=LIFE_MS)
        await refused(complete(complete_command(payment), world.ports))
        after = await receive(returned_for(payment), world.ports)
        assert after == await stored(world, payment)
        assert after.state is PaymentState.UNAUTHENTICATED
        assert after.authentication.result == returned_for(payment).result

    async def test_completing_before_the_card_is_held(self, world):
        """A merchant who is too early does no harm."""

        async def too_early(ask):
            await world.vault.drop_held(7, ask.payment_number)
            payment = await world.books.find_payment(7, ask.payment_number)
            completion = complete(complete_command(payment), world.ports)
            assert await refused(completion) is Reason.AUTHENTICATION_UNSUITABLE

        world.acquirer.on_begin = too_early
        payment = await begun(world)
        assert payment.state is PaymentState.AUTHENTICATING

    async def test_a_second_completion(self, world):
        """An authentication is good for one authorization."""
        world.acquirer.script(APPROVED)
        payment = await passed(world)
        paid = await complete(complete_command(payment), world.ports)
        completion = complete(complete_command(payment), world.ports)
        assert await refused(completion) is Reason.AUTHENTICATION_UNSUITABLE
        assert await stored(world, payment) == paid

    @pytest.mark.parametrize("is_stored", [False, True])
    async def test_two_completions_at_once(self, world, is_stored):
        """One asks the bank. The other is refused and leaves nothing behind."""
        world.acquirer.script(APPROVED)
        card = await on_file(world) if is_stored else new_card(world, register=True)
        payment = await passed(world, card)
        apply = world.books.apply

        async def slow_apply(changes):
            await asyncio.sleep(0)
            await apply(changes)

        world.books.apply = slow_apply
        outcomes = await asyncio.gather(
            *(complete(complete_command(payment), world.ports) for _ in range(2)),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Payment", "Refusal"]
        assert len(world.acquirer.asks) == 1
        assert len(world.vault.kept) == 1
        assert not world.vault.in_transit

    @pytest.mark.parametrize("method", ["is_held", "open_held"])
    async def test_a_completion_that_overtakes_another(self, world, method):
        """Whoever finds the card taken by the other call ends nothing."""
        world.acquirer.script(APPROVED)
        payment = await passed(world)
        original = getattr(world.vault, method)

        async def overtaken(*where):
            setattr(world.vault, method, original)
            paid.append(await complete(complete_command(payment), world.ports))
            return await original(*where)

        paid = []
        setattr(world.vault, method, overtaken)
        completion = complete(complete_command(payment), world.ports)
        assert await refused(completion) is Reason.AUTHENTICATION_UNSUITABLE
        assert await stored(world, payment) == paid[0]
        assert paid[0].state is PaymentState.CAPTURED

    async def test_a_card_that_expired_meanwhile(self, world):
        """The last minutes of a card's last month."""
        last_ms = world.clock.now_ms() + 24 * DAY_MS
        world.clock.at_ms = last_ms - last_ms % DAY_MS + 21 * 3_600_000 - 60_000
        payment = await passed(world, new_card(world, expiry=Expiry(2018, 6)))
        world.clock.advance(ms=60_000)
        completion = complete(complete_command(payment), world.ports)
        assert await refused(completion) is Reason.CARD_EXPIRED
        assert await stored(world, payment) == payment
        assert not world.vault.in_transit

    async def test_a_card_that_was_blocked_meanwhile(self, world):
        """A number on the blocklist is refused; nothing is written."""
        file = await on_file(world)
        payments = [await passed(world), await passed(world, file)]
        await block_card(named(file), world.ports)
        for payment in payments:
            completion = complete(complete_command(payment), world.ports)
            assert await refused(completion) is Reason.CARD_BLOCKED
            assert await stored(world, payment) == payment
        assert not world.acquirer.asks

    async def test_a_stored_card_that_was_deleted_meanwhile(self, world):
        """There is nothing to charge any more."""
        file = await on_file(world)
        payment = await passed(world, file)
        await delete_card(named(file), world.ports)
        completion = complete(complete_command(payment), world.ports)
        assert await refused(completion) is Reason.CARD_NOT_FOUND

    async def test_a_crash_between_promise_and_bank(self, world):
        """The bank never heard of it, and nobody can spend the authentication again."""

        class Killed(Exception):
            pass

        world.acquirer.script(Killed())
        payment = await passed(world)
        with pytest.raises(Killed):
            await complete(complete_command(payment), world.ports)
        assert (await stored(world, payment)).state is PaymentState.PENDING
        assert not world.vault.in_transit
        after = await recover(await stored(world, payment), world.ports)
        assert after == await stored(world, payment)
        assert after.state is PaymentState.DECLINED
        assert after.authentication.state is AuthenticationState.SPENT
        completion = complete(complete_command(payment), world.ports)
        assert await refused(completion) is Reason.AUTHENTICATION_UNSUITABLE

    async def test_an_open_challenge_is_never_due(self, world):
        """Nobody asked for money, so there is nothing to find out."""
        payment = await begun(world)
        assert payment.due_ms is None

    async def test_the_release_of_the_blockage_is_the_door_s(self, world):
        """As in an ordinary payment."""
        world.acquirer.script(Approved(auth_code="1", reference="r"))
        command = complete_command(await passed(world), blockage_release=BlockageRelease.MIDNIGHT)
        paid = await complete(command, world.ports)
        assert (paid.blockage_resolved_ms + 3 * 3_600_000) % DAY_MS == 0


async def test_a_payment_without_3d_secure_has_no_authentication(world):
    """The bank sees that nobody vouched for the holder."""
    world.acquirer.script(APPROVED)
    payment = await pay(pay_command(card=new_card(world)), world.ports)
    assert payment.authentication is None
    assert world.acquirer.asks[0][1].authentication is None
