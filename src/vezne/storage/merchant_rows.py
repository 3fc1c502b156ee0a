"""A merchant as a row, and its settings as the text of a column."""

from typing import NamedTuple

import msgspec

from vezne.core.merchant import Merchant, MerchantSettings
from vezne.engines.engine import Row

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(MerchantSettings)


class _MerchantRow(NamedTuple):
    id: int
    name: str
    is_demo: int
    clock_offset_ms: int
    created_ms: int
    settings: str


def merchant_from_row(row: Row) -> Merchant:
    """The merchant of a row, whose columns are in the order of `_MerchantRow`."""
    columns = msgspec.convert(row, _MerchantRow)
    return Merchant(
        id=columns.id,
        name=columns.name,
        settings=settings_from_text(columns.settings),
        created_ms=columns.created_ms,
        is_demo=bool(columns.is_demo),
        clock_offset_ms=columns.clock_offset_ms,
    )


def settings_from_text(text: str) -> MerchantSettings:
    """The settings of a column."""
    return _decoder.decode(text)


def text_from_settings(settings: MerchantSettings) -> str:
    """What a column has of settings."""
    return _encoder.encode(settings).decode()
