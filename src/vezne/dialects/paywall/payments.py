"""Payments without 3-D Secure: POST payment/startdirect."""

from vezne.core.payment import PaymentKind
from vezne.dialects.paywall.endpoint import Call
from vezne.dialects.paywall.payment_command import planned
from vezne.dialects.paywall.payment_render import (
    DirectAnswer,
    direct_answer,
    raise_unless_approved,
)
from vezne.dialects.paywall.payment_shapes import Start
from vezne.flows.pay import pay


async def start_direct(call: Call[Start]) -> DirectAnswer:
    """POST payment/startdirect: a sale, or with Half2D a hold that provision captures.

    Raises Failure and Refusal. A payment whose outcome the bank did not say has an error of its own
    (88): it may have been charged, and the query tells what became of it.
    """
    detail = call.body.payment_detail
    is_hold = detail is not None and detail.half_2d
    kind = PaymentKind.HOLD if is_hold else PaymentKind.SALE
    async with planned(call, kind) as (command, chosen):
        payment = await pay(command, call.desk.ports)
        # Whatever the bank said: no security code outlives the answer to its authorization.
        chosen.spend()
    await raise_unless_approved(call.desk, payment, call.locale)
    return await direct_answer(call.desk, payment, call.locale)
