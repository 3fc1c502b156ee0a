"""What a start finds of work that was cut off."""

from vezne.core.attempt import Operation
from vezne.core.changes import ChangePayment, Conflict
from vezne.core.payment import PaymentState, leave_uncertain
from vezne.core.ports import Ports


async def mark_interrupted(ports: Ports) -> int:
    """Mark the payments whose bank was asked but not heard as uncertain; returns how many.

    Runs before the first request is taken, in the only server on these books: to it, whatever is
    open was cut off. A follow-up that was cut off keeps its payment locked:
    it may have happened.
    """
    marked = 0
    for attempt in await ports.books.list_open_attempts():
        if attempt.operation is not Operation.AUTHORIZE:
            continue
        payment = await ports.books.find_payment(attempt.merchant_id, attempt.payment_number)
        if payment is not None and payment.state is PaymentState.PENDING:
            try:
                await ports.books.apply([ChangePayment(leave_uncertain(payment))])
            except Conflict:
                # Whoever changed it knows more than we do.
                continue
            marked += 1
    return marked
