"""The requests of CardWall as records.

Card numbers are not in them: the vault took them out. Names are matched in any case; every field
has a default, and what has to be there is checked where it is used.
"""

import msgspec


class Pool(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """Whose pool is meant: the merchant's own, unless it is `partner_based`."""

    partner_based: bool = False
    partner_identity: str = ""


class Relation(Pool, frozen=True, rename="pascal", kw_only=True):
    """Whom a card belongs to, in the merchant's words."""

    relational_id1: str = ""
    relational_id2: str = ""
    relational_id3: str = ""


class NewCard(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """A card to store. A month or a year may be a number or a text."""

    nickname: str = ""
    holder_name: str = ""
    month: str = ""
    year: str = ""


class CreateCard(Relation, frozen=True, rename="pascal", kw_only=True):
    """POST /paywall/card."""

    card: NewCard | None = None
    include_details: bool = False


class CardFromToken(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """A temporary card to store."""

    card_token: str = ""
    nickname: str = ""


class CreateFromToken(Relation, frozen=True, rename="pascal", kw_only=True):
    """POST /paywall/card/tokenization."""

    card: CardFromToken | None = None
    include_details: bool = False


class ListCards(Relation, frozen=True, rename="pascal", kw_only=True):
    """GET /paywall/card and /paywall/card/insurance."""

    include_details: bool = False


class NamedCard(Relation, frozen=True, rename="pascal", kw_only=True):
    """DELETE /paywall/card and /paywall/card/insurance."""

    unique_code: str = ""


class UpdateCard(NamedCard, frozen=True, rename="pascal", kw_only=True):
    """PUT /paywall/card; /paywall/card/insurance has no nickname."""

    nickname: str = ""
    month: str = ""
    year: str = ""


class NewInsuranceCard(NewCard, frozen=True, rename="pascal", kw_only=True):
    """A card to store of which only the ends are known."""

    card_bin: str = ""
    card_last_four: str = ""
    identity: str = ""


class CreateInsuranceCard(Relation, frozen=True, rename="pascal", kw_only=True):
    """POST /paywall/card/insurance."""

    card: NewInsuranceCard | None = None
    include_details: bool = False


class Blocked(Pool, frozen=True, rename="pascal", kw_only=True):
    """DELETE /paywall/blacklist/card and GET /paywall/blacklist/card/inquiry."""

    is_saved_card: bool = False
    unique_code: str = ""


class Block(Relation, frozen=True, rename="pascal", kw_only=True):
    """POST /paywall/blacklist/card."""

    is_saved_card: bool = False
    unique_code: str = ""
