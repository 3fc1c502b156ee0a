"""Faults on demand: which calls they are meant for, how often they happen, what makes no sense."""

import pytest

from vezne.core.fault import (
    FAULTS_MAX,
    PLACES,
    BankCall,
    BoardFull,
    Facts,
    Fault,
    FaultBoard,
    FaultKind,
    FaultOnDemand,
    ImpossibleFault,
    Place,
    check_fault,
    fail_on_demand,
)
from vezne.core.money import UNIT

SHOP = 7
AUTHORIZE = Facts(
    operation=BankCall.AUTHORIZE,
    bin="55287900",
    last4="0008",
    amount_e8=120 * UNIT,
    currency="TRY",
)


def silence(**changes: object) -> Fault:
    return Fault(kind=FaultKind.SILENCE_AFTER, **changes)  # type: ignore[arg-type]


@pytest.fixture
def board() -> FaultBoard:
    return FaultBoard()


def test_every_kind_has_a_place() -> None:
    """Somebody is responsible for each kind, and a fault knows who."""
    assert set(PLACES) == set(FaultKind)
    assert silence().place is Place.BANK
    assert Fault(kind=FaultKind.WEBHOOK_LOST).place is Place.WEBHOOK


@pytest.mark.parametrize(
    "fault",
    [
        silence(),
        silence(operation=BankCall.AUTHORIZE),
        silence(bin="552879"),
        silence(bin="55287900", last4="0008"),
        silence(amount_e8=120 * UNIT),
        silence(amount_e8=120 * UNIT, currency="TRY"),
    ],
)
def test_a_fault_happens_to_calls_that_agree_with_all_of_it(
    board: FaultBoard, fault: Fault
) -> None:
    """Whatever a fault leaves open fits."""
    board.add(SHOP, fault)
    assert board.take(SHOP, Place.BANK, AUTHORIZE) == fault


@pytest.mark.parametrize(
    "fault",
    [
        silence(operation=BankCall.CAPTURE),
        silence(bin="552880"),
        silence(last4="0009"),
        silence(amount_e8=120 * UNIT + 1),
        silence(currency="USD"),
    ],
)
def test_a_fault_leaves_other_calls_alone(board: FaultBoard, fault: Fault) -> None:
    """One thing that differs is enough."""
    board.add(SHOP, fault)
    assert board.take(SHOP, Place.BANK, AUTHORIZE) is None
    assert board.has_faults(SHOP)


@pytest.mark.parametrize("call", [BankCall.INQUIRE, BankCall.REVERSE])
def test_finding_out_the_truth_is_hindered_only_by_name(board: FaultBoard, call: BankCall) -> None:
    """A fault without an operation does not keep the house from recovering."""
    facts = Facts(operation=call, amount_e8=120 * UNIT, currency="TRY")
    board.add(SHOP, silence(times=None))
    assert board.take(SHOP, Place.BANK, facts) is None
    named = silence(operation=call)
    board.add(SHOP, named)
    assert board.take(SHOP, Place.BANK, facts) == named


def test_a_fault_of_a_card_is_not_meant_where_no_card_is_known(board: FaultBoard) -> None:
    """A capture names an earlier answer, so a fault of a BIN passes it by."""
    board.add(SHOP, silence(bin="552879"))
    assert board.take(SHOP, Place.BANK, Facts(operation=BankCall.CAPTURE)) is None


def test_the_oldest_fault_comes_first_and_happens_as_often_as_it_says(board: FaultBoard) -> None:
    """Two of the first, then the second until it is removed."""
    first = board.add(SHOP, silence(times=2))
    second = board.add(SHOP, Fault(kind=FaultKind.GARBAGE, times=None))
    assert (first.left, second.left) == (2, None)
    kinds = []
    for _ in range(4):
        taken = board.take(SHOP, Place.BANK, AUTHORIZE)
        kinds.append(taken and taken.kind)
        if len(kinds) == 1:
            assert [placed.left for placed in board.list_faults(SHOP)] == [1, None]
    assert kinds == [FaultKind.SILENCE_AFTER] * 2 + [FaultKind.GARBAGE] * 2
    assert board.list_faults(SHOP) == [second]
    assert board.remove(SHOP, second.id)
    assert not board.remove(SHOP, second.id)
    assert not board.has_faults(SHOP)


def test_faults_belong_to_their_merchant_and_place(board: FaultBoard) -> None:
    """Nobody else meets them, and neither does another part of the house."""
    board.add(SHOP, silence())
    assert board.take(SHOP + 1, Place.BANK, AUTHORIZE) is None
    assert board.take(SHOP, Place.GATEWAY, AUTHORIZE) is None
    assert not board.has_faults(SHOP + 1)
    assert (board.clear(SHOP + 1), board.clear(SHOP)) == (0, 1)
    assert not board.remove(SHOP + 1, 1)
    assert board.list_faults(SHOP) == []


def test_the_board_has_an_end(board: FaultBoard) -> None:
    """A merchant with too many faults gets no more; another one does."""
    for _ in range(FAULTS_MAX):
        board.add(SHOP, silence())
    with pytest.raises(BoardFull):
        board.add(SHOP, silence())
    assert board.add(SHOP + 1, silence()).id == FAULTS_MAX + 1


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        (silence(path="/payment/auth"), "path"),
        (Fault(kind=FaultKind.ANSWER_500_AFTER_COMMIT, bin="552879"), "bin"),
        (Fault(kind=FaultKind.WEBHOOK_LOST, amount_e8=UNIT), "amount_e8"),
        (silence(operation=BankCall.VOID, bin="552879"), "operation"),
        (silence(operation=BankCall.VOID, last4="0008"), "operation"),
        (Fault(kind=FaultKind.DECLINE, code="51", operation=BankCall.INQUIRE), "operation"),
        (Fault(kind=FaultKind.LATE), "delay_ms"),
        (silence(delay_ms=1), "delay_ms"),
        (Fault(kind=FaultKind.DECLINE), "code"),
        (silence(code="51"), "code"),
    ],
)
def test_a_fault_that_could_not_happen_is_refused(
    board: FaultBoard, fault: Fault, field: str
) -> None:
    """The refusal names the field that does not fit."""
    with pytest.raises(ImpossibleFault) as refused:
        board.add(SHOP, fault)
    assert refused.value.field == field
    assert refused.value.why
    assert not board.has_faults(SHOP)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.LATENCY, delay_ms=1, operation=BankCall.BEGIN, bin="5"),
        Fault(kind=FaultKind.DECLINE, code="51", operation=BankCall.AUTHORIZE, last4="0008"),
        Fault(kind=FaultKind.DECLINE, code="51", operation=BankCall.REFUND),
        Fault(kind=FaultKind.ANSWER_500_AFTER_COMMIT, path="/payment/auth"),
        Fault(kind=FaultKind.WEBHOOK_DOUBLED, times=3),
        silence(operation=BankCall.INQUIRE),
    ],
)
def test_a_fault_that_can_happen_is_accepted(fault: Fault) -> None:
    """Nothing is raised."""
    check_fault(fault)


def test_the_gateway_fails_where_it_was_asked_to(board: FaultBoard) -> None:
    """At the path that was named, once; never without a board."""
    fault = Fault(kind=FaultKind.ANSWER_500_AFTER_COMMIT, path="/payment/auth")
    fail_on_demand(None, SHOP, "/payment/auth")
    fail_on_demand(board, SHOP, "/payment/auth")
    board.add(SHOP, fault)
    fail_on_demand(board, SHOP, "/payment/detail")
    with pytest.raises(FaultOnDemand):
        fail_on_demand(board, SHOP, "/payment/auth")
    fail_on_demand(board, SHOP, "/payment/auth")


def test_a_fault_may_be_on_two_boards(board: FaultBoard) -> None:
    """Under the same id, and used up on each for itself; what is not there cannot be used."""
    placed = board.add(SHOP, silence(times=2))
    other = FaultBoard()
    other.put(SHOP, placed)
    other.use(SHOP, placed.id)
    assert [(owner, each.id, each.left) for owner, each in other.list_all()] == [
        (SHOP, placed.id, 1)
    ]
    other.use(SHOP, placed.id)
    other.use(SHOP, placed.id)
    assert other.list_all() == []
    assert board.list_faults(SHOP) == [placed]
