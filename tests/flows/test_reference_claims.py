"""A reference that names one payment, for the doors whose callers name every payment anew."""

import asyncio

import msgspec
import pytest

from builders import authenticate_command, complete_command, merchant, pay_command
from fakes.acquirer import APPROVED, returned_for
from vezne.core.answer import Declined, DeclineReason
from vezne.core.authentication import LIFE_MS, AuthenticationState
from vezne.core.changes import ChangePayment
from vezne.core.payment import PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.flows.authenticate import begin, give_up, receive
from vezne.flows.complete import complete
from vezne.flows.inquire import check_reference_free, find_claimed_payment
from vezne.flows.pay import NewCard, pay

DECLINED = Declined(reason=DeclineReason.DO_NOT_HONOUR, code="05")


def claiming(**changes):
    return pay_command(claims_reference=True, **changes)


async def taken(call):
    with pytest.raises(Refusal) as refused:
        await call
    return refused.value.reason is Reason.REFERENCE_TAKEN


async def test_one_payment_of_many_at_once(world):
    """However many come at once, one is charged; the others are refused and write nothing."""
    world.acquirer.script(APPROVED)
    outcomes = await asyncio.gather(
        *(pay(claiming(), world.ports) for _ in range(10)), return_exceptions=True
    )
    paid = [each for each in outcomes if not isinstance(each, Refusal)]
    assert [payment.state for payment in paid] == [PaymentState.CAPTURED]
    assert {each.reason for each in outcomes if isinstance(each, Refusal)} == {
        Reason.REFERENCE_TAKEN
    }
    assert len(world.books.payments) == 1


async def test_a_reference_that_came_to_nothing_may_be_used_again(world):
    """After a decline, and once; the claim then names the payment that was made."""
    world.acquirer.script(DECLINED, APPROVED)
    await pay(claiming(), world.ports)
    paid = await pay(claiming(), world.ports)
    assert await taken(pay(claiming(), world.ports))
    found = await find_claimed_payment(merchant(), "123456789", world.ports)
    assert found == paid


async def test_a_later_payment_that_claims_nothing_does_not_free_it(world):
    """Another door's declined payment of the same reference is not the one that counts."""
    world.acquirer.script(APPROVED, DECLINED)
    paid = await pay(claiming(), world.ports)
    await pay(pay_command(), world.ports)
    assert await taken(pay(claiming(), world.ports))
    assert await taken(check_reference_free(merchant(), "123456789", world.ports))
    assert await find_claimed_payment(merchant(), "123456789", world.ports) == paid


async def test_a_payment_that_claimed_nothing_counts_as_well(world):
    """The newest of them is found, and keeps its reference from others."""
    world.acquirer.script(APPROVED, APPROVED)
    paid = await pay(pay_command(), world.ports)
    assert await taken(pay(claiming(), world.ports))
    assert await find_claimed_payment(merchant(), "123456789", world.ports) == paid
    await pay(claiming(conversation_id=None), world.ports)


async def test_a_card_that_was_to_be_registered_is_forgotten(world):
    """The number that was sealed for a payment that was refused does not stay."""
    world.acquirer.script(APPROVED)
    await pay(claiming(), world.ports)
    new = NewCard(card=world.vault.present(), holder="x", register=True, email="a@b.com")
    assert await taken(pay(claiming(card=new), world.ports))
    assert not world.vault.kept


async def test_a_claim_is_lost_to_a_faster_call(world):
    """Between look and write somebody else was quicker: the books decide."""
    books = world.books
    find = books.find_claim

    async def find_too_early(merchant_id, reference):
        found = await find(merchant_id, reference)
        books.claims[merchant_id, reference] = 1
        return found

    books.find_claim = find_too_early
    assert await taken(pay(claiming(), world.ports))
    assert not books.payments


async def test_three_d_secure_claims_when_it_begins(world):
    """A second one waits until the first came to nothing."""
    command = authenticate_command(pay=claiming(card=fresh(world)))
    begun = await begin(command, world.ports)
    assert await taken(begin(authenticate_command(pay=claiming(card=fresh(world))), world.ports))
    world.clock.advance(ms=LIFE_MS)
    again = await begin(authenticate_command(pay=claiming(card=fresh(world))), world.ports)
    assert again.payment.number != begun.payment.number


def fresh(world):
    return NewCard(card=world.vault.present(), holder="John Doe", email="email@email.com")


async def passed(world, **changes):
    begun = await begin(authenticate_command(card=fresh(world), **changes), world.ports)
    return await receive(returned_for(begun.payment), world.ports)


async def test_a_late_reference_is_claimed_with_the_authorization(world):
    """For the door whose callers name the payment when they complete it."""
    world.acquirer.script(APPROVED, APPROVED)
    await pay(claiming(), world.ports)
    waiting = await passed(world, conversation_id=None)
    late = complete_command(waiting, conversation_id="123456789", claims_reference=True)
    assert await taken(complete(late, world.ports))
    other = msgspec.structs.replace(late, conversation_id="another")
    done = await complete(other, world.ports)
    assert (done.state, done.conversation_id) == (PaymentState.CAPTURED, "another")
    assert await find_claimed_payment(merchant(), "another", world.ports) == done


@pytest.mark.parametrize("is_back", [True, False])
async def test_giving_up_ends_an_authentication(world, is_back):
    """Nothing can be completed afterwards, and nothing is held any more; twice does no harm."""
    begun = await begin(authenticate_command(card=fresh(world)), world.ports)
    if is_back:
        await receive(returned_for(begun.payment), world.ports)
    ended = await give_up(merchant(), begun.payment.number, world.ports)
    assert ended.state is PaymentState.UNAUTHENTICATED
    assert ended.authentication.state is AuthenticationState.FAILED
    assert not world.vault.held
    assert await give_up(merchant(), begun.payment.number, world.ports) == ended
    with pytest.raises(Refusal):
        await complete(complete_command(ended), world.ports)


async def test_giving_up_what_has_moved_on_changes_nothing(world):
    """A payment without 3-D Secure, one that is completed, and one that is just being."""
    world.acquirer.script(APPROVED)
    plain = await pay(pay_command(), world.ports)
    assert await give_up(merchant(), plain.number, world.ports) == plain
    waiting = await passed(world)
    find = world.books.find_payment

    async def find_just_before_it_moves(merchant_id, number):
        found = await find(merchant_id, number)
        if found == waiting:
            moved = msgspec.structs.replace(waiting, version=waiting.version + 1, basket_id="x")
            await world.books.apply([ChangePayment(moved)])
        return found

    world.books.find_payment = find_just_before_it_moves
    given_up = await give_up(merchant(), waiting.number, world.ports)
    assert given_up.basket_id == "x"
    assert given_up.state is PaymentState.AUTHENTICATING
