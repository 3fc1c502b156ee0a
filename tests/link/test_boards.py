from vezne.core.fault import BankCall, Facts, Fault, FaultKind, Place
from vezne.link.boards import BankBoard, GatewayBoard
from vezne.link.messages import FaultPlaced, FaultRemoved, FaultUsed

MERCHANT = 7
SILENT = Fault(kind=FaultKind.SILENCE_AFTER, times=2)
BROKEN = Fault(kind=FaultKind.ANSWER_500_AFTER_COMMIT)
PAYING = Facts(operation=BankCall.AUTHORIZE)


class Boards:
    """Both boards with nothing but memory between them. `is_apart` is a broken link."""

    def __init__(self):
        self.is_apart = False
        self.gateway = GatewayBoard(self.to_vault)
        self.bank = BankBoard()
        self.bank.connect(self.to_gateway)
        self.told = []

    def to_vault(self, notice):
        self.told.append(notice)
        if self.is_apart:
            return
        if isinstance(notice, FaultPlaced):
            self.bank.put(notice.merchant_id, notice.placed)
        elif isinstance(notice, FaultRemoved):
            self.bank.remove(notice.merchant_id, notice.fault_id)

    def to_gateway(self, notice):
        self.told.append(notice)
        assert isinstance(notice, FaultUsed)
        self.gateway.use(notice.merchant_id, notice.fault_id)


def test_a_fault_of_the_bank_s_happens_there_and_is_counted_here():
    """Each time it happens the control door knows it; after the last it is gone on both sides."""
    boards = Boards()
    placed = boards.gateway.add(MERCHANT, SILENT)
    assert boards.bank.take(MERCHANT, Place.BANK, PAYING) == SILENT
    assert [each.left for each in boards.gateway.list_faults(MERCHANT)] == [1]
    assert boards.bank.take(MERCHANT, Place.BANK, PAYING) == SILENT
    assert boards.bank.take(MERCHANT, Place.BANK, PAYING) is None
    assert boards.gateway.list_faults(MERCHANT) == []
    assert boards.told.count(FaultUsed(MERCHANT, placed.id)) == 2


def test_the_gateway_s_own_faults_stay_with_it():
    """The vault's process hears of nothing that does not concern the bank."""
    boards = Boards()
    boards.gateway.add(MERCHANT, BROKEN)
    assert boards.told == []
    assert boards.gateway.take(MERCHANT, Place.GATEWAY, Facts()) == BROKEN
    assert not boards.bank.has_faults(MERCHANT)


def test_what_is_taken_off_the_board_does_not_happen():
    """One fault, or all of a merchant's; taking off what is not there is no error."""
    boards = Boards()
    first, _ = [boards.gateway.add(MERCHANT, SILENT) for _ in range(2)]
    assert boards.gateway.remove(MERCHANT, first.id)
    assert not boards.gateway.remove(MERCHANT, first.id)
    assert len(boards.bank.list_faults(MERCHANT)) == 1
    assert boards.gateway.clear(MERCHANT) == 1
    assert not boards.bank.has_faults(MERCHANT)
    boards.gateway.use(MERCHANT, first.id)


def test_a_vault_that_has_started_again_is_shown_the_board():
    """What was left of each fault, under its id."""
    boards = Boards()
    placed = boards.gateway.add(MERCHANT, SILENT)
    boards.gateway.add(MERCHANT, BROKEN)
    boards.bank.take(MERCHANT, Place.BANK, PAYING)
    boards.bank = BankBoard()
    boards.gateway.show_again()
    (again,) = boards.bank.list_faults(MERCHANT)
    assert (again.id, again.left) == (placed.id, 1)
    assert boards.bank.take(MERCHANT, Place.BANK, PAYING) == SILENT


def test_another_gateway_begins_with_an_empty_board():
    """A server that is started again is sound, and so is its bank."""
    boards = Boards()
    for merchant_id in (MERCHANT, MERCHANT + 1):
        boards.gateway.add(merchant_id, SILENT)
    boards.bank.wipe()
    assert boards.bank.list_all() == []
