"""Payments as documents, and how those of before are read.

The figures of priced lines stand there without their names. Those of older documents have them;
such a document gets today's form when its payment changes.
"""

import re
from typing import Final

from vezne.core.payment import Payment
from vezne.core.pricing import PricedLine
from vezne.storage.documents import Documents

_FIGURES: Final = PricedLine.__struct_fields__
# As they were written. No text in a document looks like it: quotes are escaped there.
_NAMED_LINE: Final = re.compile(
    rb"\{%b\}" % b",".join(rb'"%b":(-?\d+)' % name.encode() for name in _FIGURES)
)
_LINE: Final = b"[%b]" % b",".join(rb"\%d" % (place + 1) for place in range(len(_FIGURES)))


def _without_names(document: bytes) -> bytes:
    return _NAMED_LINE.sub(_LINE, document)


payment_documents: Final = Documents(Payment, renew=_without_names)
