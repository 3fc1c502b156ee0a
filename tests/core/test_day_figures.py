"""What is counted of many payments, and what it comes to."""

from vezne.core.day_figures import STATES, Figure, joined, success_per_mille, taken_e8
from vezne.core.money import UNIT
from vezne.core.payment import PaymentState
from vezne.core.standing import Standing

WAITING = {Standing.UNCERTAIN, Standing.REVIEW}


def figure(
    standing: Standing, count: int = 1, currency: str = "TRY", state: PaymentState | None = None
) -> Figure:
    return Figure(
        standing=standing,
        state=state or STATES[standing],
        currency=currency,
        count=count,
        amount_e8=count * UNIT,
    )


def test_every_standing_has_a_state_but_those_that_wait() -> None:
    """None counts twice, and money is taken of approved payments only."""
    assert set(Standing) == set(STATES) | WAITING
    for item in map(figure, STATES):
        assert not (item.is_approved and item.is_failed)
        assert item.is_approved or not item.is_taken


def test_what_waits_counts_as_its_state_says() -> None:
    """A captured payment under review, or with an open refund, was charged and approved."""
    captured = [figure(item, state=PaymentState.CAPTURED) for item in WAITING]
    others = [
        figure(Standing.REVIEW, 9, state=PaymentState.AUTHORIZED),
        figure(Standing.UNCERTAIN, 9, state=PaymentState.UNCERTAIN),
        figure(Standing.DECLINED),
    ]
    assert taken_e8([*captured, *others], "TRY") == 2 * UNIT
    assert success_per_mille([*captured, *others]) == 917


def test_figures_of_several_spans_add_up() -> None:
    """By standing and currency, each of them once."""
    day, night = figure(Standing.CAPTURED, 2), figure(Standing.CAPTURED, 3)
    other = figure(Standing.CAPTURED, 1, "USD")
    assert joined([day, other, night]) == [figure(Standing.CAPTURED, 5), other]
    assert joined([]) == []


def test_volume_is_what_was_taken_in_a_currency() -> None:
    """Refunds do not lessen it; holds, cancelled and declined payments are not in it."""
    figures = [figure(standing) for standing in STATES]
    figures.append(figure(Standing.CAPTURED, 9, "USD"))
    assert taken_e8(figures, "TRY") == 4 * UNIT
    assert taken_e8(figures, "USD") == 9 * UNIT


def test_the_success_rate_is_of_answered_payments() -> None:
    """Open and uncertain ones count for neither side; without any answer there is no rate."""
    figures = [
        figure(Standing.CAPTURED, 1),
        figure(Standing.VOIDED, 1),
        figure(Standing.DECLINED, 1),
        figure(Standing.UNCERTAIN, 99, state=PaymentState.UNCERTAIN),
    ]
    assert success_per_mille(figures) == 667
    assert success_per_mille([figure(Standing.PENDING, 3)]) is None
