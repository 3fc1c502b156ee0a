"""Files and what is packed in them: folders, gzip, zip, tar, standard input."""

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from vezne.scanner.finding import Progress
from vezne.scanner.sqlite_file import SQLITE_MAGIC, scan_sqlite_pages, scan_sqlite_tables
from vezne.scanner.text import TextScanner

BLOCK_BYTES: Final = 2_000_000
# What is read again with the next block, where a line goes on: no number or code is longer.
_OVERLAP_BYTES: Final = 4_096
_MAGIC_BYTES: Final = 512
# An archive within an archive is usual: a packed tape of packed logs.
_DEPTH_MAX: Final = 5
_GZIP: Final = b"\x1f\x8b"
_BZIP2: Final = b"BZh"
_XZ: Final = b"\xfd7zXZ\0"
_ZIP: Final = b"PK\x03\x04"
_TAR: Final = b"ustar"
_TAR_PLACE: Final = slice(257, 262)
_UNPACKING_ERRORS: Final = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
    NotImplementedError,
    RuntimeError,
)


def files_below(path: Path, unread: list[str]) -> Iterator[Path]:
    """A file, or all files below a folder; links are not followed.

    Folders that cannot be read, and files that cannot be looked at, are put down in `unread`.
    """
    if not path.is_dir():
        yield path
        return
    for folder, _, names in os.walk(path, onerror=lambda error: _put_down(unread, error)):
        for name in sorted(names):
            found = Path(folder) / name
            try:
                is_file = stat.S_ISREG(found.lstat().st_mode)
            except OSError as error:
                _put_down(unread, error)
                continue
            if is_file:
                yield found


def _put_down(unread: list[str], error: OSError) -> None:
    unread.append(f"{error.filename}: {error.strerror or type(error).__name__}")


def scan_file(path: Path, scanner: TextScanner, progress: Progress) -> None:
    """Look through a file. A SQLite database is read table by table and then page by page.

    What cannot be read is put down in the scanner's `unread`.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC:
                progress(scan_sqlite_tables(path, scanner))
                scan_sqlite_pages(path, scanner)
                return
            stream.seek(0)
            scan_stream(stream, str(path), scanner, progress)
    except OSError as error:
        scanner.unread.append(f"{path}: {error.strerror or type(error).__name__}")


def scan_stream(
    stream: BinaryIO, name: str, scanner: TextScanner, progress: Progress, depth: int = 0
) -> None:
    """Look through a stream, whatever it is packed in. Of what is inside there is no progress."""
    head = stream.read(_MAGIC_BYTES)
    whole = cast("BinaryIO", _Rejoined(head, stream, progress))
    try:
        if depth >= _DEPTH_MAX or not _is_packed(head):
            _scan_text(whole, name, scanner)
            return
        for inner, inner_name in _unpacked(head, stream, whole):
            scan_stream(inner, name + inner_name, scanner, _ignore, depth + 1)
    except _UNPACKING_ERRORS as error:
        scanner.unread.append(f"{name}: {type(error).__name__}: damaged, or locked by a password")


def _is_packed(head: bytes) -> bool:
    return head.startswith((_GZIP, _BZIP2, _XZ, _ZIP)) or head[_TAR_PLACE] == _TAR


def _unpacked(head: bytes, source: BinaryIO, whole: BinaryIO) -> Iterator[tuple[BinaryIO, str]]:
    """What is in a packed stream, and its name there. `source` is behind its head already."""
    if head.startswith(_GZIP):
        yield cast("BinaryIO", gzip.GzipFile(fileobj=whole)), ""
    elif head.startswith(_BZIP2):
        yield cast("BinaryIO", bz2.BZ2File(whole)), ""
    elif head.startswith(_XZ):
        with lzma.LZMAFile(whole) as unpacked:
            yield cast("BinaryIO", unpacked), ""
    elif head.startswith(_ZIP):
        # The list of what is in a zip stands at its end.
        raw = source.raw if isinstance(source, io.BufferedReader) else None
        is_file = isinstance(raw, io.FileIO) and raw.seekable()
        with zipfile.ZipFile(source if is_file else io.BytesIO(whole.read())) as archive:
            for item in archive.infolist():
                with archive.open(item) as member:
                    yield cast("BinaryIO", member), f"!{item.filename}"
    else:
        with tarfile.open(fileobj=whole, mode="r|") as tape:
            for entry in tape:
                file = tape.extractfile(entry) if entry.isfile() else None
                if file is not None:
                    yield cast("BinaryIO", file), f"!{entry.name}"


def _scan_text(stream: BinaryIO, name: str, scanner: TextScanner) -> None:
    """Block by block, cut where lines end if they do."""
    line, kept = 1, b""
    while True:
        block = stream.read(BLOCK_BYTES)
        scanner.read_bytes += len(block)
        text = kept + block
        end = text.rfind(b"\n") + 1 if block else len(text)
        is_cut = len(text) - end > BLOCK_BYTES or not end
        whole = text if is_cut else text[:end]
        if whole:
            scanner.scan(whole, _LineOf(name, whole, line))
        if not block:
            return
        kept = text[-_OVERLAP_BYTES:] if is_cut else text[end:]
        line += whole.count(b"\n") - (kept.count(b"\n") if is_cut else 0)


class _LineOf:
    """Names lines; counts on from the last one that was asked for, as most come in order."""

    def __init__(self, name: str, text: bytes, first: int) -> None:
        self._name = name
        self._text = text
        self._known = (0, first)
        self._first = first

    def __call__(self, offset: int) -> str:
        at, line = self._known if offset >= self._known[0] else (0, self._first)
        line += self._text.count(b"\n", at, offset)
        self._known = (offset, line)
        return f"{self._name}:{line}"


class _Rejoined(io.RawIOBase):
    """A stream with what was read of it ahead put back, which says how much was read."""

    def __init__(self, head: bytes, rest: BinaryIO, progress: Progress) -> None:
        super().__init__()
        self._head = head
        self._rest = rest
        self._progress = progress

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer at the end only."""
        taken = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(taken) :]
        wanted = -1 if size < 0 else size - len(taken)
        found = taken + (self._rest.read(wanted) if wanted else b"")
        self._progress(len(found))
        return found


def _ignore(_count: int) -> None:
    pass
