"""Take the money of a hold."""

import msgspec

from vezne.core.answer import Risk
from vezne.core.attempt import CaptureTerms, Operation
from vezne.core.merchant import BlockageRelease, Merchant
from vezne.core.ports import Ports
from vezne.core.refusal import Reason, Refusal
from vezne.flows.follow_up import FollowedUp, FollowUp, follow_up
from vezne.flows.inquire import check_currency, find_payment
from vezne.flows.pay import price_for


class CapturePayment(msgspec.Struct, frozen=True, kw_only=True):
    """A hold to capture; `paid_e8` may differ from what was held, and defaults to it."""

    merchant: Merchant
    number: int
    blockage_release: BlockageRelease
    paid_e8: int | None = None
    currency: str | None = None


async def capture_payment(command: CapturePayment, ports: Ports) -> FollowedUp:
    """Capture a hold once. Commission and payouts are computed anew on what is captured.

    Raises Refusal: PAYMENT_NOT_FOUND, CURRENCY_MISMATCH, CURRENCY_NOT_ENABLED, STATE_UNSUITABLE
    (also while the payment is under review), OPERATION_IN_FLIGHT.
    """

    async def decide() -> FollowUp:
        payment = await find_payment(command.merchant, command.number, ports)
        check_currency(payment, command.currency)
        if payment.risk is not Risk.ACCEPTED:
            raise Refusal(Reason.STATE_UNSUITABLE)
        paid_e8 = payment.paid_e8 if command.paid_e8 is None else command.paid_e8
        # Whatever can be refused is refused before the bank is asked.
        pricing = price_for(
            command.merchant,
            line_prices_e8=[line.price_e8 for line in payment.pricing.lines],
            paid_e8=paid_e8,
            currency=payment.currency,
            line_split=payment.line_split,
            sub_merchant_prices_e8=[x.sub_merchant_price_e8 for x in payment.pricing.lines],
        )
        terms = CaptureTerms(
            pricing=pricing,
            blockage_days=command.merchant.settings.plan.blockage_days,
            blockage_release=command.blockage_release,
        )
        return FollowUp(
            operation=Operation.CAPTURE, payment=payment, amount_e8=paid_e8, terms=terms
        )

    return await follow_up(decide, ports)
