"""What is counted of many payments, and what it comes to."""

from vezne.core.day_figures import (
    APPROVED,
    FAILED,
    TAKEN,
    Figure,
    joined,
    success_per_mille,
    taken_e8,
)
from vezne.core.money import UNIT
from vezne.core.standing import Standing

OPEN = {Standing.AUTHENTICATING, Standing.PENDING, Standing.UNCERTAIN}


def figure(standing: Standing, count: int = 1, currency: str = "TRY") -> Figure:
    return Figure(standing=standing, currency=currency, count=count, amount_e8=count * UNIT)


def test_every_standing_is_approved_failed_or_open() -> None:
    """None is forgotten, none counts twice, and money is taken of approved payments only."""
    assert set(Standing) == APPROVED | FAILED | OPEN
    assert not APPROVED & FAILED
    assert TAKEN < APPROVED


def test_figures_of_several_spans_add_up() -> None:
    """By standing and currency, each of them once."""
    day, night = figure(Standing.CAPTURED, 2), figure(Standing.CAPTURED, 3)
    other = figure(Standing.CAPTURED, 1, "USD")
    assert joined([day, other, night]) == [figure(Standing.CAPTURED, 5), other]
    assert joined([]) == []


def test_volume_is_what_was_taken_in_a_currency() -> None:
    """Refunds do not lessen it; holds, cancelled and declined payments are not in it."""
    figures = [figure(standing) for standing in Standing]
    figures.append(figure(Standing.CAPTURED, 9, "USD"))
    assert taken_e8(figures, "TRY") == 4 * UNIT
    assert taken_e8(figures, "USD") == 9 * UNIT


def test_the_success_rate_is_of_answered_payments() -> None:
    """Open and uncertain ones count for neither side; without any answer there is no rate."""
    figures = [
        figure(Standing.CAPTURED, 1),
        figure(Standing.VOIDED, 1),
        figure(Standing.DECLINED, 1),
        figure(Standing.UNCERTAIN, 99),
    ]
    assert success_per_mille(figures) == 666
    assert success_per_mille([figure(Standing.PENDING, 3)]) is None
