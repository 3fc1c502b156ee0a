"""What the BINs of cards say, as the text of an answer's fields: alike in every answer."""

from functools import lru_cache
from typing import Final

import msgspec

from vezne.core.ports import Bins
from vezne.dialects.iyzico.answers import Answer, OptionalCount, OptionalText
from vezne.dialects.iyzico.cards import card_facts
from vezne.dialects.iyzico.switches import Switches

# Merchants have many customers, and these few banks.
BINS_MAX: Final = 1024


class _PaidWith(Answer, frozen=True, rename="camel", kw_only=True):
    """The part of `answers.PaymentAnswer` that follows from the BIN, in its order."""

    card_type: OptionalText
    card_association: OptionalText
    card_family: OptionalText


class _BinFields(_PaidWith, frozen=True, rename="camel", kw_only=True):
    """The part of `answers.CardDetail` that follows from the BIN, in its order."""

    card_bank_code: OptionalCount
    card_bank_name: OptionalText


class BinWords:
    """The texts for a directory of BINs; those that were asked for last are kept."""

    def __init__(self, bins: Bins, switches: Switches) -> None:
        self._bins = bins
        self._switches = switches
        # The members of a JSON object, each after a comma; empty for a foreign card.
        self.of = lru_cache(BINS_MAX)(self._write)
        # The same for a payment's answer, which does not name the bank.
        self.in_payment = lru_cache(BINS_MAX)(self._write_in_payment)

    def _write(self, bin: str) -> str:
        facts = card_facts(self._bins.find(bin), self._switches)
        fields = _BinFields(
            card_type=facts.type,
            card_association=facts.association,
            card_family=facts.family,
            card_bank_code=facts.bank_code,
            card_bank_name=facts.bank_name,
        )
        return _members(fields)

    def _write_in_payment(self, bin: str) -> str:
        facts = card_facts(self._bins.find(bin), self._switches)
        return _members(
            _PaidWith(
                card_type=facts.type,
                card_association=facts.association,
                card_family=facts.family,
            )
        )


def _members(fields: Answer) -> str:
    members = msgspec.json.encode(fields)[1:-1].decode()
    return members and f",{members}"
