"""Where the sources of the protocol disagree, the reading is a choice: one named switch each.

Two profiles choose for all of them: `classic` is the protocol of the published Yeni Kart page and
the documentation around it, `current` what today's official client expects. A reading that neither
follows can be chosen by itself.
"""

import enum
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from vezne.dialects.switching import Reading, Switch, chosen_readings, switches_as


class HolderShown(enum.StrEnum):
    """How the name on a stored card is listed."""

    CLEAR = "clear"
    MASKED = "masked"


class Switches(msgspec.Struct, frozen=True, kw_only=True):
    """The reading of each switch, ready for use. Field names are switch names."""

    card_bin: int
    list_holder: HolderShown
    empty_list: bool
    update_nickname_required: bool
    products_required: bool
    credential_failure: int


# The digits of CardBin on the page, whichever card they are of.
_DERIVED: Final = Reading(
    "derived",
    6,
    "documentation, Yeni Kart: CardNumber of its sample. The sample's CardBin and CardLastFour "
    "(444676, 3623) are those of another test card, so they are not followed",
)
_CLEAR: Final = Reading("clear", "clear", "documentation, Kayıtlı Kartlar; list samples")
_EMPTY: Final = Reading("list", True, "PayWall.NetCore 0.0.9 reads a list or null")
_OPTIONAL: Final = Reading("no", False, "PayWall.NetCore 0.0.9 and the older manual: no such field")
_OK: Final = Reading("200", HTTPStatus.OK, "PayWall.NetCore 0.0.9 drops the body of anything else")

SWITCHES: Final[tuple[Switch, ...]] = (
    Switch(
        name="card_bin",
        about="what CardBin and CardLastFour of a stored card are taken from: its number",
        classic=_DERIVED,
        current=_DERIVED,
    ),
    Switch(
        name="list_holder",
        about="CardHolderName in GET /paywall/card; POST /paywall/card always masks it",
        classic=_CLEAR,
        current=_CLEAR,
        others=(Reading("masked", "masked", "documentation, Yeni Kart: masked in its sample"),),
    ),
    Switch(
        name="empty_list",
        about="the answer for a relation without cards: an empty list, or error 3 NoData",
        classic=_EMPTY,
        current=_EMPTY,
        others=(Reading("no_data", False, "general error codes: 3 NoData"),),
    ),
    Switch(
        name="update_nickname_required",
        about="whether PUT /paywall/card insists on Nickname",
        classic=_OPTIONAL,
        current=_OPTIONAL,
        others=(Reading("yes", True, "documentation, Kart Güncelle"),),
    ),
    Switch(
        name="products_required",
        about="whether a payment insists on Products",
        classic=Reading("yes", True, "documentation, payment errors 25 and 26"),
        current=Reading("no", False, "PayWall.NetCore 0.0.9 sends an empty list by default"),
    ),
    Switch(
        name="credential_failure",
        about="the HTTP status for missing or wrong keys; the body is the same",
        classic=_OK,
        current=_OK,
        others=(Reading("401", HTTPStatus.UNAUTHORIZED, "general error codes: 401 Unauthorized"),),
    ),
)


def switches_for(profile: str, overrides: Mapping[str, str]) -> Switches:
    """The switches of a profile, with single readings replaced by name.

    Raises ValueError for an unknown profile, switch or reading, naming those that exist.
    """
    return switches_as(Switches, chosen_readings("paywall", SWITCHES, profile, overrides))
