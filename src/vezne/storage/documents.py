"""Records as documents: JSON in UTF-8, stored as bytes.

A text column would be decoded and encoded again on its way in and out, which for a payment takes
longer than writing the JSON. To read one by hand: `CAST(document AS TEXT)` in SQLite,
`convert_from(document, 'UTF8')` in PostgreSQL.
"""

from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

import msgspec

from vezne.engines.engine import Value

_encoder: Final = msgspec.json.Encoder()
Record = TypeVar("Record", bound=msgspec.Struct)


class Documents(Generic[Record]):
    """Writes and reads the documents of one kind of record."""

    def __init__(self, kind: type[Record], renew: Callable[[bytes], bytes] | None = None) -> None:
        """`renew` brings a document of before into today's form, and leaves others as they are."""
        self._decoder = msgspec.json.Decoder(kind)
        self._renew = renew
        # The document of a record. No method in between: a payment writes three.
        self.write: Callable[[Record], bytes] = _encoder.encode

    def read_as(self, document: Value, names: Mapping[str, Value]) -> Record:
        """The record of a document, named as its row is, whatever the document says."""
        record = self.read(document)
        for name, value in names.items():
            if getattr(record, name) != value:
                return msgspec.structs.replace(record, **names)
        return record

    def read(self, document: Value) -> Record:
        """The record of a document. Raises TypeError for a value that is none."""
        if not isinstance(document, bytes):
            raise TypeError("a document is stored as bytes")
        try:
            return self._decoder.decode(document)
        except msgspec.ValidationError:
            if self._renew is None:
                raise
            return self._decoder.decode(self._renew(document))
