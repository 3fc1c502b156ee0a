"""Files of every kind are read, and each find is named by its place."""

import bz2
import gzip
import io
import lzma
import os
import shutil
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from vezne.commands.scan import run_scan
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
    found = [str(path.relative_to(tmp_path)) for path in files_below(tmp_path, [])]
    assert found == ["1.log", "b/1.log", "b/2.log"]
    assert list(files_below(tmp_path / "1.log", [])) == [tmp_path / "1.log"]


def test_a_folder_that_cannot_be_read_is_put_down(tmp_path):
    """A scan that left something out must say so: here a folder and a file that have gone."""
    (tmp_path / "inner").mkdir()
    for name in ("1.log", "2.log", "inner/3.log"):
        (tmp_path / name).write_bytes(LOG)
    unread = []
    walk = files_below(tmp_path, unread)
    assert next(walk) == tmp_path / "1.log"
    (tmp_path / "2.log").unlink()
    shutil.rmtree(tmp_path / "inner")
    assert list(walk) == []
    assert unread == [
        f"{tmp_path / name}: No such file or directory" for name in ("2.log", "inner")
    ]


class VanishingPaths(Sequence):
    """Folders to scan, of which the first one loses its file before the second one is looked at."""

    def __init__(self, first, second):
        self._paths = [str(first), str(second)]

    def __len__(self):
        return len(self._paths)

    def __getitem__(self, at):
        if at == 1:
            (Path(self._paths[0]) / "1.log").unlink(missing_ok=True)
        return self._paths[at]


def test_a_file_that_vanishes_meanwhile_is_put_down(tmp_path):
    """A log that is rotated away ends no scan."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.log").write_bytes(LOG)
    totals = []
    paths = VanishingPaths(tmp_path / "a", tmp_path / "b")
    report = run_scan(paths, None, totals.append, lambda _count: None)
    assert totals == [len(LOG)]
    assert report.found == 2
    assert report.unread == [f"{tmp_path / 'a' / '1.log'}: No such file or directory"]


def test_a_path_that_may_not_be_searched_is_put_down(tmp_path):
    """It is there or not, nobody knows; a name that is too long is such a one for everybody."""
    name = str(tmp_path / ("x" * 300))
    report = run_scan([name], None, lambda _total: None, lambda _count: None)
    assert report.unread == [f"{name}: File name too long"]


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
