"""Finds numbers and codes in texts, whatever the texts come from."""

import hashlib
import re
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple, cast

from vezne.core.card import is_luhn_valid
from vezne.scanner.codes import code_offsets
from vezne.scanner.finding import Finding, Form, Kind, Place, Report
from vezne.scanner.forms import parts_of
from vezne.scanner.numbers import Candidate, candidates, has_card_shape
from vezne.scanner.tally import Context, Tally

# More places than anybody reads; the others are counted.
FINDINGS_MAX: Final = 10_000
# A body within a body within an archive's log: no writer goes deeper.
_DEPTH_MAX: Final = 4
_DIGEST_BYTES: Final = 12
_NAME_REACH: Final = 64
_WORDS_REACH: Final = 24
_NO_WORD: Final = b" \t:=#\"'([{\\>"
# Read backwards from the number: a match at the front of a text is far faster than at its end.
_EMAN: Final = re.compile(rb"[^A-Za-z0-9_]*([A-Za-z0-9_.\[\]-]*[A-Za-z_])")
# A word for cards says that a number is one's, whatever other numbers are there, unless the name is
# that of something of a card's.
_CARD_WORD: Final = re.compile(
    rb"(?:^|[^a-z0-9])(?:pan|cc|kart|card|kredi|credit|debit)(?:$|[^a-z0-9]|n(?:o|um))"
    rb"|(?:card|kart)_?-?n(?:o|r|um)|track[12]|credit_?card|kredi_?kart",
    re.IGNORECASE,
)
_ID_WORD: Final = re.compile(
    rb"id$|[_-]id\b|token|key|ref|hash|uuid|guid|(?:order|payment|siparis)", re.IGNORECASE
)


class _Suspect(NamedTuple):
    finding: Finding
    context: Context


class TextScanner:
    """Reads texts and remembers what it found; `report` says what that was.

    Numbers are remembered as digests under a key of this scanner's own, so that the same number in
    a table and in the table's file counts once.
    """

    def __init__(self) -> None:
        self.unread: list[str] = []
        self.read_bytes = 0
        self._key = secrets.token_bytes(_DIGEST_BYTES)
        self._tally = Tally()
        self._named: list[Finding] = []
        self._unnamed: list[_Suspect] = []
        self._found = 0
        self._left_out: dict[Context, int] = {}
        self._seen: set[tuple[str, bytes]] = set()
        self._numbers: set[bytes] = set()

    def scan(self, text: bytes, place: Place, *, is_copy: bool = False) -> None:
        """Look through a text and all that is written in it in another form.

        `is_copy` is for what was read before in another way: a number that was found then is not
        found again.
        """
        known = frozenset(self._numbers) if is_copy else frozenset()
        self._scan(text, place, Form.PLAIN, known, 0)

    def report(self) -> Report:
        """What was found in all."""
        findings, suspects = list(self._named), []
        found = self._found
        for finding, context in self._unnamed:
            if self._tally.holds_ids(context):
                suspects.append(finding)
            else:
                findings.append(finding)
                found += 1
        found += sum(
            count for context, count in self._left_out.items() if not self._tally.holds_ids(context)
        )
        return Report(
            found=found,
            findings=findings[:FINDINGS_MAX],
            suspects=suspects[:FINDINGS_MAX],
            unread=self.unread,
            read_bytes=self.read_bytes,
        )

    def _scan(
        self, text: bytes, place: Place, form: Form, known: frozenset[bytes], depth: int
    ) -> None:
        for candidate in candidates(text):
            self._judge(text, candidate, place, form, known)
        for offset in code_offsets(text):
            # The place is what makes it one: the same three digits are elsewhere another code.
            where = place(offset)
            if self._is_new(where, b"code"):
                self._keep(Finding(place=where, kind=Kind.CODE, form=form, mask="***"))
        if depth < _DEPTH_MAX:
            for inner, parts in parts_of(text):
                self._scan(parts.text, parts.place(_at(place)), inner, known, depth + 1)

    def _judge(
        self, text: bytes, candidate: Candidate, place: Place, form: Form, known: frozenset[bytes]
    ) -> None:
        digits = candidate.digits
        is_card = has_card_shape(digits) and is_luhn_valid(digits.decode())
        context = _context_of(text, candidate)
        self._tally.note(context, is_card=is_card)
        if not is_card and not is_luhn_valid(digits.decode()):
            return
        is_named = _is_card_name(context[0]) or _follows_card_word(text, candidate.start)
        if not is_card and not is_named:
            return
        digest = hashlib.blake2b(digits, key=self._key, digest_size=_DIGEST_BYTES).digest()
        if digest in known:
            return
        where = place(candidate.start)
        if not self._is_new(where, digest):
            return
        self._numbers.add(digest)
        finding = Finding(place=where, kind=Kind.NUMBER, form=form, mask=_mask(digits))
        if is_named:
            self._keep(finding)
        elif len(self._unnamed) < FINDINGS_MAX:
            self._unnamed.append(_Suspect(finding, context))
        else:
            self._left_out[context] = self._left_out.get(context, 0) + 1

    def _keep(self, finding: Finding) -> None:
        self._found += 1
        if len(self._named) < FINDINGS_MAX:
            self._named.append(finding)

    def _is_new(self, where: str, digest: bytes) -> bool:
        key = (where, digest)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def _context_of(text: bytes, candidate: Candidate) -> Context:
    """The last name before a number on its line, and how the number is grouped."""
    line = text.rfind(b"\n", max(0, candidate.start - _NAME_REACH), candidate.start) + 1
    begin = max(line, candidate.start - _NAME_REACH)
    name = _EMAN.match(text[begin : candidate.start][::-1])
    return (b"" if name is None else name[1][::-1].lower(), candidate.shape)


@lru_cache(maxsize=10_000)
def _is_card_name(name: bytes) -> bool:
    """Whether a name says that its value is the number of a card, of whatever length."""
    return _CARD_WORD.search(name) is not None and _ID_WORD.search(name) is None


def _follows_card_word(text: bytes, start: int) -> bool:
    """Whether the words right before a number say that it is a card's: `kart numarası: `."""
    line = text.rfind(b"\n", max(0, start - _WORDS_REACH), start) + 1
    words = text[max(line, start - _WORDS_REACH) : start].rstrip(_NO_WORD)
    return _CARD_WORD.search(words) is not None and _ID_WORD.search(words) is None


def _mask(digits: bytes) -> str:
    """First six, last four (PCI DSS v4.0.1 3.4.1)."""
    text = digits.decode()
    return f"{text[:6]}{'*' * (len(text) - 10)}{text[-4:]}"


def _at(place: Place) -> Callable[[object], str]:
    """Everything in a part is where the part is."""
    return lambda offset: place(cast("int", offset))
