"""The ceremony as its custodians go through it, one after the other, alone at the terminal."""

import os
from pathlib import Path

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.ceremony import (
    CeremonyPlan,
    HeldCeremony,
    difference,
    hold_ceremony,
    write_record,
)
from vezne.terminal import ask_secret, clear, is_terminal, own_screen, say


def run_ceremony(plan: CeremonyPlan, out: Path) -> None:
    """Make a master key in shares, give each custodian theirs, and write the public record.

    The record is written when all custodians have proven that they wrote their share down, so a
    ceremony that is broken off leaves nothing. Raises CannotStart.
    """
    if not plan.is_sandbox and not is_terminal():
        raise CannotStart("a ceremony needs a terminal; only one with --sandbox can do without")
    if out.exists():
        raise CannotStart(f"{out} exists already, and is not overwritten")
    if not os.access(out.parent, os.W_OK):
        raise CannotStart(f"{out.parent} is no directory that can be written to")
    held = hold_ceremony(plan)
    try:
        for number, share in enumerate(held.shares, start=1):
            _hand_over(number, share, held)
    except (EOFError, KeyboardInterrupt):
        raise CannotStart("the ceremony was broken off: there is no key, and no record") from None
    write_record(out, held)
    _report(plan, held, out)


def _hand_over(number: int, share: str, held: HeldCeremony) -> None:
    """Show a share to its custodian until it was typed back."""
    who = f"Custodian {number} of {len(held.shares)}"
    ask_secret(f"{who}, alone at the screen: press Enter to see your share. ")
    with own_screen():
        complaint = _show_and_ask(who, share, held)
        while complaint:
            say(f"{complaint}.")
            typed = ask_secret("Type it again, or press Enter alone to see it once more: ")
            complaint = difference(share, typed) if typed else _show_and_ask(who, share, held)
    say(f"{who} has a share.")


def _show_and_ask(who: str, share: str, held: HeldCeremony) -> str:
    clear()
    say(f"{who}, ceremony {held.id}. Write down your share:\n\n{share}\n")
    ask_secret("Press Enter when you have it; the screen is then cleared. ")
    clear()
    return difference(share, ask_secret("Type your share; it is not shown: "))


def _report(plan: CeremonyPlan, held: HeldCeremony, out: Path) -> None:
    say(
        f"Ceremony {held.id}: any {plan.threshold} of {plan.custodians} custodians make the master "
        f"key {held.key_id}, check value {held.kcv}.\n"
        f'The record is {out}. Set: master_key = "shares:{out.absolute()}"'
    )
