"""Cancel a payment before settlement."""

import msgspec

from vezne.core.attempt import Operation
from vezne.core.follow_ups import check_voidable
from vezne.core.merchant import Merchant
from vezne.core.ports import Ports
from vezne.flows.follow_up import FollowedUp, FollowUp, follow_up
from vezne.flows.inquire import find_payment


class VoidPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to cancel, always whole."""

    merchant: Merchant
    number: int


async def void_payment(command: VoidPayment, ports: Ports) -> FollowedUp:
    """Cancel a hold at any time, or a captured payment on the local calendar day of its capture.

    Raises Refusal: PAYMENT_NOT_FOUND, STATE_UNSUITABLE, VOID_TOO_LATE, OPERATION_IN_FLIGHT.
    """

    async def decide() -> FollowUp:
        payment = await find_payment(command.merchant, command.number, ports)
        check_voidable(payment, ports.clock.now_ms())
        return FollowUp(operation=Operation.VOID, payment=payment, amount_e8=payment.paid_e8)

    return await follow_up(decide, ports)
