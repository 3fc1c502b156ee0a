"""Where the sources of the protocol disagree, the reading is a choice: one named switch each.

Two profiles choose for all of them: `classic` is the protocol of the published PaynetJ pages,
`current` what Paynet's browser library and today's client libraries expect.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from vezne.dialects.switching import Reading, Switch, chosen_readings, switches_as

_PERCENT_E8: Final = 1_000_000


class Switches(msgspec.Struct, frozen=True, kw_only=True):
    """The reading of each switch, ready for use. Field names are switch names."""

    misspelt_object_name: bool
    commission_tax: int
    unknown_bin_pays: bool
    tds_by_default: bool
    currency: str


_OTHER_BANK: Final = Reading(
    "yes", True, "documentation, list of banks: ZDGR is any other bank; clients' samples have it"
)

SWITCHES: Final[tuple[Switch, ...]] = (
    Switch(
        name="misspelt_object_name",
        about="obeject_name beside object_name in PaynetJ answers",
        classic=Reading("present", True, "documentation, samples of create_token and check_bin"),
        current=Reading("omitted", False, "documentation, tables of the same pages"),
    ),
    Switch(
        name="commission_tax",
        about="the tax on commission, in per cent",
        classic=Reading("18", 18 * _PERCENT_E8, "documentation, figures of the check_bin sample"),
        current=Reading("20", 20 * _PERCENT_E8, "the general rate in Turkey since July 2023"),
    ),
    Switch(
        name="unknown_bin_pays",
        about="whether a card of no known issuer may pay, as one of bank ZDGR, in one go",
        classic=_OTHER_BANK,
        current=_OTHER_BANK,
        others=(Reading("no", False, "documentation, Dönüş Kodları: 14 paynetj_wrong_bin"),),
    ),
    Switch(
        name="tds_by_default",
        about="whether a session without tds_required takes payments with 3-D Secure only",
        classic=Reading("no", False, "documentation, Auth: it names no such field"),
        current=Reading("yes", True, "paynet-custom.js: data-tds_required is true by default"),
    ),
    Switch(
        name="currency",
        about="how answers call the Turkish lira",
        classic=Reading("TL", "TL", "documentation: only TL is supported"),
        current=Reading("TRY", "TRY", "client libraries for Laravel and Omnipay"),
    ),
)


def switches_for(profile: str, overrides: Mapping[str, str]) -> Switches:
    """The switches of a profile, with single readings replaced by name.

    Raises ValueError for an unknown profile, switch or reading, naming those that exist.
    """
    return switches_as(Switches, chosen_readings("paynet", SWITCHES, profile, overrides))
