"""The test cards and how the bank treats each. docs/test-cards.md lists them for people."""

from collections.abc import Mapping
from typing import Final

import msgspec
from stdnum import luhn

from simbank.acs.scenarios import Scenario
from simbank.faults import LATE_MS, LATENCY_MS, BankFault, BankFaultKind
from vezne.wire.simhost import FraudVerdict, ResponseCode


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """How the bank treats a card.

    `code` answers its payments. Capture, void and refund of a payment are declined unless
    `can_follow_up`. A `fault` is what the bank does wrong with all of them.
    """

    code: ResponseCode = ResponseCode.APPROVED
    verdict: FraudVerdict = FraudVerdict.ACCEPTED
    can_follow_up: bool = True
    fault: BankFault | None = None


# iyzico documentation, test cards: payments succeed. The last two are foreign.
IYZICO_SUCCESS: Final = (
    "5890040000000016",
    "5526080000000006",
    "9792072000017956",
    "4766620000000001",
    "4603450000000000",
    "4729150000000005",
    "4987490000000002",
    "5311570000000005",
    "9792020000000001",
    "9792023757123604",
    "9792030000000000",
    "5170410000000004",
    "5400360000000003",
    "5499970000000001",
    "374427000000003",
    "4475050000000003",
    "5528790000000008",
    "4059030000000009",
    "5504720000000003",
    "5892830000000000",
    "4543590000000006",
    "4910050000000006",
    "4157920000000002",
    "6500528865390837",
    "6501700194147183",
    "5168880000000002",
    "5451030000000000",
    "5400010000000004",
    "4054180000000007",
)

# iyzico documentation, test cards for particular cases. Three of them fail in 3-D Secure only;
# without it they are ordinary success cards.
IYZICO_SPECIAL: Final[Mapping[str, Rule]] = {
    "5406670000000009": Rule(can_follow_up=False),
    "4111111111111129": Rule(code=ResponseCode.INSUFFICIENT_FUNDS),
    "4129111111111111": Rule(code=ResponseCode.DO_NOT_HONOUR),
    "4128111111111112": Rule(code=ResponseCode.INVALID_TRANSACTION),
    "4127111111111113": Rule(code=ResponseCode.LOST_CARD),
    "4126111111111114": Rule(code=ResponseCode.STOLEN_CARD),
    "4125111111111115": Rule(code=ResponseCode.EXPIRED_CARD),
    "4124111111111116": Rule(code=ResponseCode.INVALID_CVV),
    "4123111111111117": Rule(code=ResponseCode.NOT_PERMITTED_TO_CARDHOLDER),
    "4122111111111118": Rule(code=ResponseCode.NOT_PERMITTED_TO_TERMINAL),
    "4121111111111119": Rule(code=ResponseCode.FRAUD_SUSPECT),
    "4120111111111110": Rule(code=ResponseCode.PICKUP_CARD),
    "4130111111111118": Rule(code=ResponseCode.GENERAL_ERROR),
    "4151111111111393": Rule(code=ResponseCode.RESTRICTED_BY_LAW),
    "4131111111111117": Rule(),
    "4141111111111115": Rule(),
    "4151111111111112": Rule(),
}

# Our own cards, for answers that no card above gives: iyzico's error code, and the bank's word.
OWN_DECLINES: Final[Mapping[int, ResponseCode]] = {
    10201: ResponseCode.CARD_NOT_PERMITTED,
    10202: ResponseCode.PROCESSING_ERROR,
    10203: ResponseCode.DUPLICATE_TRANSMISSION,
    10205: ResponseCode.INVALID_EMAIL_CHARACTERS,
    10206: ResponseCode.INVALID_CVV_LENGTH,
    10207: ResponseCode.REFER_TO_ISSUER,
    10208: ResponseCode.INVALID_MERCHANT,
    10209: ResponseCode.BLOCKED_CARD,
    10210: ResponseCode.INVALID_CAVV,
    10211: ResponseCode.INVALID_ECI,
    10212: ResponseCode.CVV_ATTEMPTS_EXCEEDED,
    10213: ResponseCode.ROUTE_NOT_FOUND,
    10214: ResponseCode.SYSTEM_MALFUNCTION,
    10215: ResponseCode.INVALID_CARD_NUMBER,
    10216: ResponseCode.NO_SUCH_ISSUER,
    10217: ResponseCode.DEBIT_NEEDS_AUTHENTICATION,
    10218: ResponseCode.DEBIT_INSTALLMENTS_NOT_ALLOWED,
    10219: ResponseCode.RESPONSE_TOO_LATE,
    10220: ResponseCode.DECLINED,
    10221: ResponseCode.FOREIGN_CARD_NOT_PERMITTED,
    10222: ResponseCode.INSTALLMENTS_NOT_PERMITTED,
    10223: ResponseCode.RECONCILE_ERROR,
    10224: ResponseCode.WITHDRAWAL_LIMIT_EXCEEDED,
    10225: ResponseCode.RESTRICTED_CARD,
    10226: ResponseCode.PIN_ATTEMPTS_EXCEEDED,
    10227: ResponseCode.INVALID_PIN,
    10228: ResponseCode.ISSUER_UNAVAILABLE,
    10229: ResponseCode.INVALID_EXPIRY,
    10230: ResponseCode.BLOCKED_BY_BANK,
    10231: ResponseCode.AMOUNT_BELOW_AWARD,
    10232: ResponseCode.INVALID_AMOUNT,
    10233: ResponseCode.INVALID_CARD_TYPE,
    10234: ResponseCode.INSUFFICIENT_AWARD,
    10235: ResponseCode.AMEX_ONLY_MEMBERSHIP_REWARDS,
    10236: ResponseCode.UNSPECIFIED_ERROR,
    10237: ResponseCode.DEBIT_REFUND_IMPOSSIBLE,
    10238: ResponseCode.DEBIT_REFUND_INVALID,
    10239: ResponseCode.CANCELLED_BY_CUSTOMER,
    10240: ResponseCode.TIMEOUT,
    10241: ResponseCode.REMOTE_ERROR,
    10242: ResponseCode.LOCAL_ERROR,
    10243: ResponseCode.LOCAL_DECLINE,
    10244: ResponseCode.REMOTE_DECLINE,
    10245: ResponseCode.LINE_REFUND_LIMIT_EXCEEDED,
    10246: ResponseCode.REFUND_DECLINED,
    10247: ResponseCode.TRANSFER_NOT_MADE,
    10248: ResponseCode.TRANSACTION_AMOUNT_EXCEEDED,
    10249: ResponseCode.BALANCE_ERROR,
    10250: ResponseCode.AWARD_WITH_INSTALLMENTS,
    10251: ResponseCode.AWARD_LIMIT_EXCEEDED,
}

# Our own cards for the fraud filter.
OWN_VERDICTS: Final[Mapping[int, FraudVerdict]] = {
    90000: FraudVerdict.REVIEW,
    90001: FraudVerdict.REJECTED,
}

# iyzico documentation, test cards: what three of its cards do in 3-D Secure.
IYZICO_SCENARIOS: Final[Mapping[str, Scenario]] = {
    "4131111111111117": Scenario.REJECTED,
    "4141111111111115": Scenario.ATTEMPTED,
    "4151111111111112": Scenario.BEGIN_REFUSED,
}

# Our own cards for 3-D Secure. Those that are decided without the holder end in their mdStatus, up
# to 8. Numbers never change their meaning once released.
OWN_SCENARIOS: Final[Mapping[int, Scenario]] = {
    95000: Scenario.REJECTED,
    95001: Scenario.FRICTIONLESS,
    95002: Scenario.HOLDER_NOT_ENROLLED,
    95003: Scenario.ISSUER_NOT_ENROLLED,
    95004: Scenario.ATTEMPTED,
    95005: Scenario.UNAVAILABLE,
    95006: Scenario.ACS_ERROR,
    95007: Scenario.SYSTEM_ERROR,
    95008: Scenario.UNKNOWN_CARD,
    95009: Scenario.NOT_AUTHENTICATED,
    95010: Scenario.CHALLENGE,
    95011: Scenario.CHALLENGE_FAILS,
    95012: Scenario.TIME_OUT,
    95013: Scenario.BROWSER_CLOSED,
    95020: Scenario.BEGIN_REFUSED,
    95021: Scenario.BEGIN_UNANSWERED,
}

# Our own cards with which the bank does something wrong.
OWN_FAULTS: Final[Mapping[int, BankFault]] = {
    90002: BankFault(kind=BankFaultKind.SILENCE_BEFORE),
    90003: BankFault(kind=BankFaultKind.SILENCE_AFTER),
    90004: BankFault(kind=BankFaultKind.LATE, delay_ms=LATE_MS),
    90005: BankFault(kind=BankFaultKind.LATENCY, delay_ms=LATENCY_MS),
    90006: BankFault(kind=BankFaultKind.DUPLICATE),
    90007: BankFault(kind=BankFaultKind.GARBAGE),
}

_OWN_PREFIX: Final = "4000000000"


def own_pan(number: int) -> str:
    """The PAN of our own card of a five-digit number: 400000 0000, the number, a check digit."""
    body = f"{_OWN_PREFIX}{number:05d}"
    return body + luhn.calc_check_digit(body)


def card_rules() -> dict[str, Rule]:
    """The rule of every test card, by PAN."""
    rules = dict.fromkeys(IYZICO_SUCCESS, Rule())
    rules.update(IYZICO_SPECIAL)
    rules.update((own_pan(number), Rule(code=code)) for number, code in OWN_DECLINES.items())
    rules.update(
        (own_pan(number), Rule(verdict=verdict)) for number, verdict in OWN_VERDICTS.items()
    )
    rules.update((own_pan(number), Rule()) for number in OWN_SCENARIOS)
    rules.update((own_pan(number), Rule(fault=fault)) for number, fault in OWN_FAULTS.items())
    return rules


def card_scenarios() -> dict[str, Scenario]:
    """How an authentication goes, by PAN. Every other card gets a challenge."""
    own = {own_pan(number): scenario for number, scenario in OWN_SCENARIOS.items()}
    return own | dict(IYZICO_SCENARIOS)
