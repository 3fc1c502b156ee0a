"""Where the sources of the protocol disagree, the reading is a choice: one named switch each.

Two profiles choose for all of them: `classic` is the protocol of the published pages (Kullanıcı ve
Kart Oluşturma, Ödeme), `current` what the test suites of today's official SDKs expect.
"""

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.core.merchant import BlockageRelease
from vezne.core.pricing import LineSplit
from vezne.dialects.switching import Reading, Switch, chosen_readings, switches_as


class Decimals(enum.StrEnum):
    """How amounts are written: without trailing zeros, or with the scale of the live service."""

    STRIPPED = "stripped"
    SCALE8 = "scale8"


class Switches(msgspec.Struct, frozen=True, kw_only=True):
    """The reading of each switch, ready for use. Field names are switch names."""

    card_bin_digits: int
    halkbank_name: str
    decimals: Decimals
    card_last_four: bool
    list_details: bool
    blockage_release: BlockageRelease
    line_split: LineSplit
    card_alias_required: bool
    installment_counts: tuple[int, ...]
    webhook_signature_v1: bool
    replay_minutes: int


SWITCHES: Final[tuple[Switch, ...]] = (
    Switch(
        name="card_bin_digits",
        about="digits of binNumber in card storage answers (payments always give six)",
        classic=Reading("6", 6, "documentation, Kullanıcı ve Kart Oluşturma"),
        current=Reading("8", 8, "functional tests of iyzipay-java 2.0.142, iyzipay-dotnet 2.1.78"),
    ),
    Switch(
        name="halkbank_name",
        about="the name of bank 12",
        classic=Reading(
            "Halk Bankası", "Halk Bankası", "documentation, Kullanıcı ve Kart Oluşturma"
        ),
        current=Reading(
            "Halkbank",
            "Halkbank",
            "functional tests of iyzipay-java 2.0.142, iyzipay-dotnet 2.1.78",
        ),
    ),
    Switch(
        name="decimals",
        about="trailing zeros of amounts; the numbers are the same",
        classic=Reading("stripped", "stripped", "documentation, Ödeme"),
        current=Reading("scale8", "scale8", "functional tests of iyzipay-java 2.0.142"),
    ),
    Switch(
        name="card_last_four",
        about="lastFourDigits in the answer to POST /cardstorage/card",
        classic=Reading("omitted", False, "documentation, Kullanıcı ve Kart Oluşturma"),
        current=Reading("present", True, "docs.iyzico.com, card storage, 2026"),
    ),
    Switch(
        name="list_details",
        about="lastFourDigits, expireMonth and expireYear in POST /cardstorage/cards",
        classic=Reading("omitted", False, "documentation of 2018"),
        current=Reading("present", True, "docs.iyzico.com, card storage, 2026"),
    ),
    Switch(
        name="blockage_release",
        about="blockageResolvedDate: after seven days to the second, or at the midnight after",
        classic=Reading("same_time", "same_time", "documentation, Ödeme"),
        current=Reading("midnight", "midnight", "answers of the live service, 2020 to 2026"),
    ),
    Switch(
        name="line_split",
        about="whether the lines' shares sum to the payment's totals or are rounded one by one",
        classic=Reading("exact", "exact", "documentation, Ödeme: all its figures add up"),
        current=Reading("independent", "independent", "answers of the live service, 2020"),
    ),
    Switch(
        name="card_alias_required",
        about="whether POST /cardstorage/card insists on cardAlias",
        classic=Reading("yes", True, "documentation, Kullanıcı ve Kart Oluşturma"),
        current=Reading("no", False, "docs.iyzico.com, card storage, 2026"),
    ),
    Switch(
        name="installment_counts",
        about="the numbers of instalments on offer",
        classic=Reading("1-2-3-6-9-12", (1, 2, 3, 6, 9, 12), "documentation, Ödeme"),
        current=Reading("1-2-3-4-6-9-12", (1, 2, 3, 4, 6, 9, 12), "docs.iyzico.com, payment, 2026"),
    ),
    Switch(
        name="webhook_signature_v1",
        about="whether webhooks have X-IYZ-SIGNATURE beside X-IYZ-SIGNATURE-V3",
        classic=Reading("present", True, "official shop plugins of 2021, which check it"),
        current=Reading("omitted", False, "docs.iyzico.com, Webhook, 2026: no longer supported"),
    ),
    Switch(
        name="replay_minutes",
        about="for how long a caller's random key is not taken again",
        classic=Reading("0", 0, "documentation, authorization: it speaks of no freshness"),
        current=Reading("0", 0, "documentation, authorization: it speaks of no freshness"),
        others=(
            Reading("5", 5, "ours, for callers whose requests others may see"),
            Reading("15", 15, "ours, for callers whose requests others may see"),
            Reading("60", 60, "ours, for callers whose requests others may see"),
        ),
    ),
)


def switches_for(profile: str, overrides: Mapping[str, str]) -> Switches:
    """The switches of a profile, with single readings replaced by name.

    Raises ValueError for an unknown profile, switch or reading, naming those that exist.
    """
    return switches_as(Switches, chosen_readings("iyzico", SWITCHES, profile, overrides))
