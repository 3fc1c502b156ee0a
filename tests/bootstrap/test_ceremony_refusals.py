"""Ceremonies that cannot be held, and shares that were typed wrong."""

import pytest

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.ceremony import CeremonyPlan, HeldCeremony, difference, hold_ceremony
from vezne.commands.ceremony import run_ceremony


def plan(custodians=3, threshold=2, *, is_sandbox=True, reshared=None):
    return CeremonyPlan(
        custodians=custodians, threshold=threshold, is_sandbox=is_sandbox, reshared=reshared
    )


@pytest.mark.parametrize(
    ("custodians", "threshold", "words"),
    [(3, 1, "threshold is at least 2"), (2, 3, "at most their number"), (99, 2, "20 custodians")],
)
def test_plans_that_make_no_sense(tmp_path, capsys, custodians, threshold, words):
    """Said before anybody is called to the screen."""
    with pytest.raises(CannotStart, match=words):
        run_ceremony(plan(custodians, threshold), tmp_path / "ceremony.json")
    assert capsys.readouterr() == ("", "")


def test_where_a_record_cannot_go(tmp_path):
    """An earlier one is not overwritten; a folder must be there."""
    (tmp_path / "taken.json").touch()
    with pytest.raises(CannotStart, match="exists already"):
        run_ceremony(plan(), tmp_path / "taken.json")
    with pytest.raises(CannotStart, match="no directory"):
        run_ceremony(plan(), tmp_path / "none" / "ceremony.json")


def test_a_live_ceremony_needs_a_terminal(tmp_path):
    """Where output is a pipe or a file, the shares would stay in it."""
    with pytest.raises(CannotStart, match="needs a terminal"):
        run_ceremony(plan(is_sandbox=False), tmp_path / "ceremony.json")


def test_a_record_that_is_not_there(tmp_path):
    """An earlier ceremony is taken from its record."""
    with pytest.raises(CannotStart, match="No such file"):
        hold_ceremony(plan(reshared=tmp_path / "none.json"))


def test_what_a_custodian_types():
    """The share that was shown, or why it is not."""
    held = hold_ceremony(plan())
    first, second, _ = held.shares
    assert difference(first, first.lower()) == ""
    assert difference(first, second) == "this is another share"
    assert "this has 4" in difference(first, "ABCD")


def test_a_held_ceremony_does_not_show_itself():
    """Not in a trace, for one."""
    held = HeldCeremony(id="c4504f31", key_id="k", kcv="c", record=b"", shares=("secret",))
    assert repr(held) == "HeldCeremony(c4504f31)"
