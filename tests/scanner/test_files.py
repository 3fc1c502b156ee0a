"""Files of every kind are read, and each find is named by its place."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile

import pytest

from vezne.scanner import files
from vezne.scanner.files import BLOCK_BYTES, files_below, scan_file, scan_stream
from vezne.scanner.text import TextScanner

LOG = b"all is well\ncard 5528790000000008 declined\ncvv=123\n"


def places(path, *, unread=()):
    scanner = TextScanner()
    read = []
    scan_file(path, scanner, read.append)
    report = scanner.report()
    assert len(report.unread) == len(unread)
    assert all(text in line for text, line in zip(unread, report.unread, strict=True))
    return [finding.place.replace(str(path), "") for finding in report.findings]


@pytest.mark.parametrize(
    "pack",
    [
        bytes,
        gzip.compress,
        bz2.compress,
        lzma.compress,
        lambda raw: gzip.compress(gzip.compress(raw)),
    ],
)
def test_packed_or_not(tmp_path, pack):
    """The line within what is packed is named."""
    path = tmp_path / "app.log"
    path.write_bytes(pack(LOG))
    assert places(path) == [":2", ":3"]


def test_archives_in_archives(tmp_path):
    """A packed tape of a zip of a packed log: every name on the way is in the place."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("var/a.log", LOG)
        archive.writestr("b.log.gz", gzip.compress(LOG))
        archive.mkdir("empty")
    path = tmp_path / "logs.tgz"
    with tarfile.open(path, "w:gz") as tape:
        entry = tarfile.TarInfo("logs.zip")
        entry.size = len(inner.getvalue())
        tape.addfile(tarfile.TarInfo("folder/"))
        tape.addfile(entry, io.BytesIO(inner.getvalue()))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "logs.zip"
        tape.addfile(link)
    assert sorted(places(path)) == [
        f"!logs.zip!{name}:{line}" for name in ("b.log.gz", "var/a.log") for line in (2, 3)
    ]
    plain = tmp_path / "logs.zip"
    plain.write_bytes(inner.getvalue())
    assert sorted(places(plain)) == [
        f"!{name}:{line}" for name in ("b.log.gz", "var/a.log") for line in (2, 3)
    ]


def test_what_cannot_be_read_is_said(tmp_path):
    """A damaged archive, a file of others, a path that is gone: none counts as clean."""
    broken = tmp_path / "a.gz"
    broken.write_bytes(gzip.compress(LOG)[:-20])
    assert places(broken, unread=["a.gz"]) in ([], [":2", ":3"])
    noise = tmp_path / "b.zip"
    noise.write_bytes(b"PK\x03\x04 and then nothing of the kind")
    assert places(noise, unread=["b.zip"]) == []
    assert places(tmp_path / "gone.log", unread=["No such file"]) == []


def test_too_deep_is_read_as_bytes(tmp_path):
    """A bomb of archives ends somewhere."""
    raw = LOG
    for _ in range(9):
        raw = gzip.compress(raw)
    path = tmp_path / "deep.gz"
    path.write_bytes(raw)
    assert places(path) == []


def test_folders_are_walked_in_order(tmp_path):
    """All files below, links aside."""
    (tmp_path / "b").mkdir()
    for name in ("b/2.log", "1.log", "b/1.log"):
        (tmp_path / name).write_bytes(LOG)
    (tmp_path / "link.log").symlink_to(tmp_path / "1.log")
    os.mkfifo(tmp_path / "pipe")
    found = [str(path.relative_to(tmp_path)) for path in files_below(tmp_path)]
    assert found == ["1.log", "b/1.log", "b/2.log"]
    assert list(files_below(tmp_path / "1.log")) == [tmp_path / "1.log"]


@pytest.mark.parametrize("filler", [b"x" * 99 + b"\n", b"x"])
@pytest.mark.parametrize("shift", [-8, 0, 20])
def test_nothing_is_lost_between_blocks(tmp_path, filler, shift):
    """A number across the edge of two blocks is found once, with lines and without."""
    path = tmp_path / "big.log"
    before = (filler * (BLOCK_BYTES // len(filler) + 1))[: BLOCK_BYTES + shift - 12]
    path.write_bytes(
        before + b"\ncard 5528790000000008\n" + b"y" * 100 + b"\n" + before + b" cvv=123"
    )
    lines = before.count(b"\n")
    assert places(path) == [f":{lines + 2}", f":{2 * lines + 4}"]


def test_a_long_line_is_read_in_parts():
    """A stream without a line end is no reason to hold all of it."""
    scanner = TextScanner()

    class Endless(io.RawIOBase):
        """Nine megabytes in one line, a number at the end of it."""

        left = 9_000_000

        def readable(self):
            return True

        def read(self, size=-1):
            taken = min(size, self.left)
            self.left -= taken
            is_last = taken and not self.left
            return b"x" * (taken - 20) + b" 5528790000000008 xx" if is_last else b"x" * taken

    scan_stream(Endless(), "in", scanner, lambda _count: None)
    report = scanner.report()
    assert [finding.place for finding in report.findings] == ["in:1"]
    assert report.read_bytes == 9_000_000
    assert files.BLOCK_BYTES < 9_000_000
