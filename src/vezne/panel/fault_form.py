"""The form of a fault on demand: what it says, and what is wrong with it."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from vezne.core.fault import BankCall, Fault, FaultKind, ImpossibleFault, check_fault
from vezne.core.money import e8_from_decimal

FIELDS: Final = (
    "kind",
    "operation",
    "bin",
    "last4",
    "amount",
    "currency",
    "path",
    "times",
    "delay_ms",
    "code",
)
_DELAY_MAX_MS: Final = 600_000
_TIMES_MAX: Final = 1_000_000
_ALWAYS: Final = "always"
_PATTERNS: Final = {
    "bin": re.compile(r"[0-9]{0,8}", re.ASCII),
    "last4": re.compile(r"([0-9]{4})?", re.ASCII),
    "amount": re.compile(r"([0-9]{1,10}([.,][0-9]{1,8})?)?", re.ASCII),
    "currency": re.compile(r"([A-Z]{3})?", re.ASCII),
    "path": re.compile(r"(/[!-~]{0,199})?", re.ASCII),
    "times": re.compile(r"[1-9][0-9]{0,6}|always", re.ASCII),
    "delay_ms": re.compile(r"[0-9]{0,6}", re.ASCII),
    # 00 is the bank's yes.
    "code": re.compile(r"((?!00)[0-9A-Z]{2})?", re.ASCII),
}


class MistypedFault(Exception):
    """What was typed is no fault. `errors` has the name of a text for each field in question."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def fault_of(form: Mapping[str, str]) -> Fault:
    """The fault that a form describes. Raises MistypedFault."""
    typed = {name: form.get(name, "").strip() for name in FIELDS}
    errors = {
        name: f"sandbox.error.{name}"
        for name, pattern in _PATTERNS.items()
        if not pattern.fullmatch(typed[name])
    }
    if typed["kind"] not in list(FaultKind):
        errors["kind"] = "sandbox.error.choice"
    if typed["operation"] not in ("", *BankCall):
        errors["operation"] = "sandbox.error.choice"
    if not errors:
        errors = _out_of_range(typed)
    if errors:
        raise MistypedFault(errors)
    fault = _fault(typed)
    try:
        check_fault(fault)
    except ImpossibleFault as error:
        raise MistypedFault(_misfit(error.field, typed)) from None
    return fault


def _out_of_range(typed: Mapping[str, str]) -> dict[str, str]:
    errors = {}
    if typed["delay_ms"] and int(typed["delay_ms"]) > _DELAY_MAX_MS:
        errors["delay_ms"] = "sandbox.error.delay_ms"
    if typed["times"] != _ALWAYS and int(typed["times"]) > _TIMES_MAX:
        errors["times"] = "sandbox.error.times"
    if typed["amount"] and not _is_amount(typed["amount"]):
        errors["amount"] = "sandbox.error.amount"
    return errors


def _is_amount(text: str) -> bool:
    try:
        return _amount_e8(text) > 0
    except ValueError:
        return False


def _amount_e8(text: str) -> int:
    """Raises ValueError for what is beyond every payment."""
    return e8_from_decimal(Decimal(text.replace(",", ".")))


def _fault(typed: Mapping[str, str]) -> Fault:
    return Fault(
        kind=FaultKind(typed["kind"]),
        operation=BankCall(typed["operation"]) if typed["operation"] else None,
        bin=typed["bin"],
        last4=typed["last4"],
        amount_e8=_amount_e8(typed["amount"]) if typed["amount"] else None,
        currency=typed["currency"],
        path=typed["path"].rstrip("/") or typed["path"],
        times=None if typed["times"] == _ALWAYS else int(typed["times"]),
        delay_ms=int(typed["delay_ms"] or 0),
        code=typed["code"],
    )


def _misfit(field: str, typed: Mapping[str, str]) -> dict[str, str]:
    """What to say of a field that does not fit the kind: it lacks, or should be empty."""
    name = "amount" if field == "amount_e8" else field
    if name == "operation":
        # It may be given for some faults; here it is the wrong one, or none is right.
        return {name: "sandbox.error.operation"}
    is_given = typed[name] not in ("", "0")
    return {name: "sandbox.error.unfit" if is_given else "error.required"}
