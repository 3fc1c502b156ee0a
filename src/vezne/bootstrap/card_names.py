"""What each door calls a stored card and its owner, for the panel."""

from collections.abc import Callable
from typing import Final

from vezne.core.card import CardScope, Owner, StoredCard
from vezne.core.ports import NameBox
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.iyzico.cards import token_from_text, token_text
from vezne.dialects.paynet.outward_ids import NotAName, guid_like, token_from_guid
from vezne.dialects.paywall.cards import relational_ids_of
from vezne.dialects.paywall.unique_code import Rotation, UnusableCode, card_named, unique_code
from vezne.panel.card_names import DoorName, NamedCard

# Which card a code was made for is known for ever.
_EVER_MS: Final = 2**53
_TEXT_LENGTH_MAX: Final = 128


class DoorCardNames:
    """Implements `vezne.panel.card_names.CardNames`. PayWall's codes change by `rotation`."""

    def __init__(self, names: NameBox, rotation: Rotation) -> None:
        self._names = names
        self._rotation = rotation

    def of_owner(self, owner: Owner) -> list[DoorName]:
        """What each door that has a name for an owner calls them."""
        paywall = [
            DoorName(door="paywall", field=f"RelationalId{place}", value=value)
            for place, value in enumerate(_relational_ids(owner), 1)
            if value
        ]
        paynet = [DoorName(door="paynet", field="card_owner_id", value=guid_like(owner.key))]
        if owner.external_id:
            paynet.append(DoorName(door="paynet", field="user_unique_id", value=owner.external_id))
        iyzico = DoorName(door="iyzico", field="cardUserKey", value=token_text(owner.key))
        return [iyzico, *paywall, *paynet]

    def of_card(self, owner: Owner, card: StoredCard, now_ms: int) -> list[DoorName]:
        """What each door calls a card, where it knows it.

        PayWall knows those whose owner has the merchant's own name; insurance cards it alone.
        """
        called = []
        if card.scope is CardScope.PAYMENT:
            called.append(DoorName(door="iyzico", field="cardToken", value=token_text(card.token)))
        if _relational_ids(owner):
            called.append(self._unique_code(card, now_ms))
        if card.scope is CardScope.PAYMENT:
            called.append(DoorName(door="paynet", field="card_hash", value=guid_like(card.token)))
        return called

    def _unique_code(self, card: StoredCard, now_ms: int) -> DoorName:
        period_ms, overlap_ms = self._rotation.period_ms, self._rotation.overlap_ms
        return DoorName(
            door="paywall",
            field="UniqueCode",
            value=unique_code(card, self._names, self._rotation, now_ms),
            until_ms=now_ms - now_ms % period_ms + period_ms + overlap_ms,
        )

    def meaning_of(self, merchant_id: int, text: str) -> NamedCard | None:
        """What a text names in the way of any door; None: nothing that could be ours."""
        if len(text) > _TEXT_LENGTH_MAX:
            return None
        rotation = Rotation(period_ms=self._rotation.period_ms, overlap_ms=_EVER_MS)
        try:
            name = card_named(text, merchant_id, self._names, rotation, 0)
        except UnusableCode:
            return _token_of(text)
        return NamedCard(owner_key=name.owner_key, token=name.token)


def _relational_ids(owner: Owner) -> list[str]:
    return relational_ids_of(owner.external_id) if owner.external_id else []


def _token_of(text: str) -> NamedCard | None:
    for read in _READERS:
        token = read(text)
        if token is not None:
            return NamedCard(token=token)
    return None


def _read_iyzico(text: str) -> bytes | None:
    try:
        return token_from_text(text, Reason.CARD_NOT_FOUND)
    except Refusal:
        return None


def _read_paynet(text: str) -> bytes | None:
    try:
        return token_from_guid(text)
    except NotAName:
        return None


_READERS: Final[tuple[Callable[[str], bytes | None], ...]] = (_read_iyzico, _read_paynet)
