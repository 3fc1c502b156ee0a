"""The verification of a trail: whatever is done to its files is found, and where."""

import asyncio
import shutil

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.trails import (
    KEY,
    MemoryAnchors,
    lines_in,
    verdict_on,
    what_is_wrong,
    write_trail,
)
from vezne.vault.audit.anchors import Anchor
from vezne.vault.audit.checkpoints import Checkpoint, CheckpointKey, PublicKey
from vezne.vault.audit.lines import Line, link, peek_line, time_at, words_of
from vezne.vault.audit.verify import FLAWS_MAX, Verification

SEGMENT = 2500


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A trail over several files, written by two runs, and its anchors."""
    folder = tmp_path_factory.mktemp("trail") / "audit"
    anchors = MemoryAnchors()

    async def write():
        for _ in range(2):
            await write_trail(folder, anchors, count=7, segment_bytes=SEGMENT)
        return await anchors.list_all()

    return folder, asyncio.run(write())


@pytest.fixture
def copy(whole, tmp_path):
    """A copy to be spoiled."""
    folder = tmp_path / "copy"
    shutil.copytree(whole[0], folder)
    return folder


def files_of(folder):
    return sorted(folder.glob("*.jsonl"))


def change(folder, number, old, new):
    """Change something in a line of the trail; returns the file."""
    for path in files_of(folder):
        lines = path.read_bytes().splitlines(True)
        for at, line in enumerate(lines):
            if line.startswith(b'{"n":%d,' % number):
                assert old in line
                lines[at] = line.replace(old, new)
                path.write_bytes(b"".join(lines))
                return path.name
    raise AssertionError("no such line")


def rebuilt(folder, *, without=(), extra=()):
    """Make the chain anew, as somebody could who has the files and no key."""
    (first, *others) = files_of(folder)
    said = []
    for line in lines_in(folder):
        entry = peek_line(line)
        fields = {name: getattr(entry, name) for name in Line.__struct_fields__}
        if entry.n not in without and entry.action != "trail.closed":
            said.append(Line(**fields))
    said.extend(extra)
    said = [each for at, each in enumerate(said) if not at or each.action != "trail.opened"]
    previous, lines = "0" * 64, []
    for number, each in enumerate(said, start=1):
        line, previous = link(words_of(each), number, previous)
        lines.append(line)
    for path in others:
        path.unlink()
    first.write_bytes(b"".join(lines))


def test_a_whole_trail(whole):
    """Nothing is wrong; every line is signed and counted, and progress adds up."""
    folder, anchors = whole
    told = []
    verification = Verification(folder, KEY.public, {}, anchors)
    verdict = verification.run(lambda total, count: told.append((total, count)))
    assert (verdict.flaw_count, verdict.flaws) == (0, [])
    assert verdict.lines == verdict.newest == verdict.signed == len(lines_in(folder))
    assert verdict.segments == len(files_of(folder)) > 2
    size = sum(path.stat().st_size for path in files_of(folder))
    assert {total for total, _ in told} == {size}
    assert sum(count for _, count in told) == size


def test_without_a_key_no_signature_counts(whole):
    """The chain is checked all the same."""
    verdict = Verification(whole[0], None, {}, ()).run(lambda *_: None)
    assert (verdict.flaw_count, verdict.signed) == (0, 0)


def test_a_copy_without_turns(whole, copy):
    """A copy needs no lock file, and may be of files that nobody can write to."""
    (copy / "lock").unlink()
    assert verdict_on(copy, whole[1]).flaw_count == 0


def test_a_changed_line_is_named(copy):
    """By its number, its file and its line there; the lines around it are all right."""
    file = change(copy, 5, b'"merchant":7', b'"merchant":8')
    (flaw,) = verdict_on(copy).flaws
    assert flaw.what == "line 5: it was changed: its hash does not fit"
    assert (flaw.file, flaw.line) == (file, 5)


def test_a_line_that_cannot_be_read(copy):
    """It is named once."""
    change(copy, 5, b'"merchant":7', b'"merchant":')
    (flaw,) = verdict_on(copy).flaws
    assert flaw.what == "line 5: it is no line of a trail"


def test_a_line_with_another_number(copy):
    """And a hash that does not fit it."""
    change(copy, 5, b'"n":5,', b'"n":50,')
    assert "line 5: it was changed" in what_is_wrong(verdict_on(copy))


def test_a_removed_line_is_named(copy):
    """So are several."""
    path = files_of(copy)[0]
    lines = path.read_bytes().splitlines(True)
    path.write_bytes(b"".join(lines[:3] + lines[4:]))
    assert what_is_wrong(verdict_on(copy)) == "missing before this: line 4"
    path.write_bytes(b"".join(lines[:2] + lines[4:]))
    assert what_is_wrong(verdict_on(copy)) == "missing before this: lines 3 to 4"


def test_swapped_lines_are_named(copy):
    """Both of them."""
    path = files_of(copy)[0]
    lines = path.read_bytes().splitlines(True)
    lines[2], lines[3] = lines[3], lines[2]
    path.write_bytes(b"".join(lines))
    assert what_is_wrong(verdict_on(copy)).splitlines() == [
        "missing before this: line 3",
        "line 3 stands behind line 4: moved or put in",
    ]


def test_a_forged_line_that_fits_the_one_before(copy):
    """The line after it does not fit."""
    path = files_of(copy)[0]
    lines = path.read_bytes().splitlines(True)
    before = peek_line(lines[2])
    forged = Line(at=time_at(0), process=1, action="card.sent", outcome="success", door="x")
    lines[3], _ = link(words_of(forged), 4, before.hash)
    path.write_bytes(b"".join(lines))
    assert "line 5 does not follow line 4: one is not as it was" in what_is_wrong(verdict_on(copy))


def test_a_forged_checkpoint_that_is_no_line(copy):
    """All hashes fit, yet nothing can be read there."""
    newest = peek_line(lines_in(copy)[-1])
    line, _ = link(b'"action":"trail.signed"', newest.n + 1, newest.hash)
    with files_of(copy)[-1].open("ab") as file:
        file.write(line)
    assert what_is_wrong(verdict_on(copy)) == f"line {newest.n + 1} cannot be read"


def test_a_chain_that_was_made_anew(whole, copy):
    """Needs the key, or an anchor: all hashes fit, the signatures do not."""
    rebuilt(copy, without=(5,))
    assert Verification(copy, None, {}, ()).run(lambda *_: None).flaw_count == 0
    verdict = verdict_on(copy)
    (flaw,) = verdict.flaws
    assert "not the signature of this key: look from line" in flaw.what
    assert verdict.signed == 3
    assert "of which the vault knows" in what_is_wrong(verdict_on(copy, whole[1]))


def test_a_chain_that_nobody_signed(copy):
    """The first signature of all is wrong, or there is none."""
    rebuilt(copy, without=(2,))
    verdict = verdict_on(copy)
    assert "look from line 1 on" in what_is_wrong(verdict)
    assert "no line is signed with this key" in what_is_wrong(verdict)
    numbers = [entry.n for entry in map(peek_line, lines_in(copy)) if entry.key]
    rebuilt(copy, without=numbers)
    assert what_is_wrong(verdict_on(copy)) == "no line is signed with this key"


def test_lines_that_were_added_are_not_vouched_for(whole, copy):
    """They fit the chain, so they are no flaw, but the verdict says how far the signatures go."""
    newest = peek_line(lines_in(copy)[-1])
    forged = Line(at=time_at(0), process=1, action="card.sent", outcome="success", door="x")
    line, _ = link(words_of(forged), newest.n + 1, newest.hash)
    with files_of(copy)[-1].open("ab") as file:
        file.write(line)
    verdict = verdict_on(copy, whole[1])
    assert (verdict.flaw_count, verdict.signed, verdict.newest) == (0, newest.n, newest.n + 1)


def add_unsigned(folder, *said):
    """Put lines that fit the chain behind its end; each is an action and the seconds since 0."""
    newest = peek_line(lines_in(folder)[-1])
    number, previous = newest.n, newest.hash
    for action, at_s in said:
        at = time_at(at_s * 1000)
        words = words_of(Line(at=at, process=1, action=action, outcome="success", door="x"))
        number += 1
        line, previous = link(words, number, previous)
        with files_of(folder)[-1].open("ab") as file:
            file.write(line)
    return number


@pytest.mark.parametrize("action", ["process.started", "process.stopped", "trail.closed"])
def test_what_is_signed_at_once_is_not_left_unsigned(whole, copy, action):
    """A server that started, stopped or closed a file has signed it: the signature was taken."""
    number = add_unsigned(copy, ("card.sent", 1), (action, 2), ("card.sent", 2))
    expected = f"line {number - 1} is one that is signed at once, and nobody signed it"
    assert expected in what_is_wrong(verdict_on(copy))
    assert Verification(copy, None, {}, ()).run(lambda *_: None).flaw_count == 0
    # They were there before somebody signed in order to verify, or have come with it.
    for found, flaws in ((number, 1), (number - 2, 0)):
        verdict = Verification(copy, KEY.public, {}, (), found).run(lambda *_: None)
        assert (expected in what_is_wrong(verdict)) == bool(flaws)


def test_a_file_that_is_missed(copy):
    """Whoever looks for more than lines says what is not there."""
    verification = Verification(copy, KEY.public, {}, ())
    verification.miss("checkpoint.json")
    (flaw,) = verification.run(lambda *_: None).flaws
    assert (flaw.file, flaw.what) == ("checkpoint.json", "it is missing")


def test_lines_of_many_seconds_are_not_left_unsigned(whole, copy):
    """A server signs within a second; whoever takes the signatures out leaves more than that."""
    number = add_unsigned(copy, ("card.sent", 1), ("card.sent", 5))
    assert verdict_on(copy).flaw_count == 0
    add_unsigned(copy, ("card.sent", 7))
    expected = f"lines {number - 1} to {number + 1} should have been signed after a second"
    assert what_is_wrong(verdict_on(copy)) == expected


def test_lines_before_what_is_known_are_not_left_unsigned(whole, copy):
    """A checkpoint from elsewhere is much younger than they are."""
    number = add_unsigned(copy, ("card.sent", 1))
    newest = peek_line(lines_in(copy)[0])
    given = {}
    for name, at_s in (("late", 9), ("early", 3)):
        given[name] = KEY.sign(newest.subject, 1, newest.hash, time_at(at_s * 1000))
    verdict = Verification(copy, KEY.public, {"early": given["early"]}, ()).run(lambda *_: None)
    assert verdict.flaw_count == 0
    verdict = Verification(copy, KEY.public, given, ()).run(lambda *_: None)
    assert what_is_wrong(verdict) == (
        f"lines {number} to {number} should have been signed after a second"
    )


def test_a_history_without_its_later_signatures(copy):
    """Rewritten by somebody who has no key: all hashes fit, and the first signature is good."""
    numbers = [entry.n for entry in map(peek_line, lines_in(copy)) if entry.key]
    stop = Line(at=time_at(0), process=1, action="process.stopped", outcome="success", door="x")
    rebuilt(copy, without=numbers[1:], extra=(stop,))
    verdict = verdict_on(copy)
    assert 0 < verdict.signed < verdict.newest
    assert "is one that is signed at once" in what_is_wrong(verdict)


def test_a_cut_is_found_by_the_anchor(whole, copy):
    """Also one between two lines, and one of whole files."""
    anchors = whole[1]
    path = files_of(copy)[-1]
    lines = path.read_bytes().splitlines(True)
    path.write_bytes(b"".join(lines[:-1]))
    number = peek_line(lines[-1]).n
    assert f"line {number} is missing, of which the vault" in what_is_wrong(
        verdict_on(copy, anchors)
    )
    path.unlink()
    assert "the trail goes on in it" in what_is_wrong(verdict_on(copy))


def test_a_cut_is_found_by_a_checkpoint_from_elsewhere(whole, copy):
    """It is what the public key is for: neither vault nor database is needed."""
    folder, _ = whole
    checkpoint = Checkpoint.read((folder / "checkpoint.json").read_bytes())
    assert checkpoint.number == len(lines_in(folder)) - 1
    files_of(copy)[-1].unlink()
    for name in ("here", "elsewhere"):
        verdict = Verification(copy, KEY.public, {name: checkpoint}, ()).run(lambda *_: None)
        assert f"line {checkpoint.number} is missing, of which {name}" in what_is_wrong(verdict)


def test_a_forged_checkpoint(whole):
    """Of another key, with another text, with a signature that is none."""
    folder, _ = whole
    good = Checkpoint.read((folder / "checkpoint.json").read_bytes())
    other = CheckpointKey(bytes(32)).sign(good.stream, good.number, good.hash, good.at)
    for forged in (
        other,
        msgspec.structs.replace(good, number=good.number + 1),
        msgspec.structs.replace(good, key="0" * 16),
        msgspec.structs.replace(good, signature="nonsense"),
    ):
        verdict = Verification(folder, KEY.public, {"it": forged}, ()).run(lambda *_: None)
        assert what_is_wrong(verdict) == "it is not signed with this key"
    with pytest.raises(ValueError, match="truncated"):
        Checkpoint.read(b"{")
    with pytest.raises(ValueError, match="bytes"):
        PublicKey("00")


def test_a_missing_file(copy):
    """Of the middle, of the beginning."""
    _, second, *_ = files_of(copy)
    second.unlink()
    wrong = what_is_wrong(verdict_on(copy))
    assert "segments are missing: 000002.jsonl to 000002.jsonl" in wrong
    assert "missing before this: lines" in wrong
    files_of(copy)[0].unlink()
    assert "000001.jsonl to 000002.jsonl" in what_is_wrong(verdict_on(copy))


def test_a_file_that_ends_early(copy):
    """Its last line says that it was closed; without that line something is missing."""
    path = files_of(copy)[0]
    path.write_bytes(b"".join(path.read_bytes().splitlines(True)[:-1]))
    assert "the segment before it was not closed" in what_is_wrong(verdict_on(copy))


def test_a_file_that_does_not_begin_as_one(copy):
    """The first line names the trail."""
    path = files_of(copy)[1]
    path.write_bytes(b"".join(path.read_bytes().splitlines(True)[1:]))
    assert "the segment does not begin as one" in what_is_wrong(verdict_on(copy))
    files_of(copy)[1].write_bytes(b"nonsense\n")
    assert verdict_on(copy).flaw_count > 0


def test_a_file_of_another_trail(copy):
    """Its first line names that one."""
    stream = peek_line(lines_in(copy)[0]).subject.encode()
    path = files_of(copy)[1]
    path.write_bytes(path.read_bytes().replace(stream, b"0123456789abcdef"))
    assert "the segment is of another trail, 0123456789abcdef" in what_is_wrong(verdict_on(copy))


def test_an_unfinished_line(copy):
    """A copy that was made while somebody wrote, or a cut."""
    path = files_of(copy)[-1]
    path.write_bytes(path.read_bytes()[:-1])
    assert "it is unfinished" in what_is_wrong(verdict_on(copy))


def test_an_anchor_of_another_line(whole):
    """The vault knows another hash."""
    (anchor,) = whole[1]
    wrong = Anchor(anchor.stream, 0, 4, anchor.hash)
    assert (
        what_is_wrong(verdict_on(whole[0], [wrong]))
        == "line 4 is not the one of which the vault knows"
    )


def test_flaws_are_counted_beyond_those_that_are_told(copy):
    """A file of nonsense does not fill the screen."""
    files_of(copy)[-1].write_bytes(b"x\n" * 300)
    verdict = verdict_on(copy)
    assert len(verdict.flaws) == FLAWS_MAX
    assert verdict.flaw_count >= 300


def test_a_folder_without_a_trail(tmp_path):
    """Is whole, and empty, unless somebody knows of lines."""
    assert verdict_on(tmp_path).flaw_count == 0
    anchored = verdict_on(tmp_path, [Anchor("s", 0, 9, "hash")])
    assert what_is_wrong(anchored) == "line 9 is missing, of which the vault knows"


@st.composite
def mutations(draw, sizes):
    """Something that is done to one of files of these sizes."""
    file = draw(st.integers(0, len(sizes) - 1))
    at = draw(st.integers(0, sizes[file] - 1))
    kind = draw(st.sampled_from(("flip", "delete", "insert", "cut", "remove", "double")))
    count = draw(st.integers(1, 400))
    byte = draw(st.integers(1, 255))
    return kind, file, at, count, byte


def spoil(folder, mutation):
    """Do it; returns whether it changed anything."""
    kind, file, at, count, byte = mutation
    path = files_of(folder)[file]
    text = path.read_bytes()
    if kind == "remove":
        path.unlink()
        return True
    spoiled = {
        "flip": text[:at] + bytes((text[at] ^ byte,)) + text[at + 1 :],
        "delete": text[:at] + text[at + count :],
        "insert": text[:at] + bytes((byte,)) * count + text[at:],
        "cut": text[:at],
        "double": text[:at] + text[at : at + count] * 2 + text[at + count :],
    }[kind]
    path.write_bytes(spoiled)
    return spoiled != text


@settings(max_examples=300)
@given(data=st.data())
def test_any_mutation_is_found(whole, tmp_path_factory, data):
    """Whatever byte is changed, removed or put in, wherever it is (PCI DSS v4.0.1 10.3.4)."""
    folder, anchors = whole
    sizes = [path.stat().st_size for path in files_of(folder)]
    mutation = data.draw(mutations(sizes))
    spoiled = tmp_path_factory.getbasetemp() / "spoiled"
    shutil.rmtree(spoiled, ignore_errors=True)
    shutil.copytree(folder, spoiled)
    if spoil(spoiled, mutation):
        assert verdict_on(spoiled, anchors).flaw_count > 0


@settings(max_examples=100)
@given(data=st.data())
def test_any_order_of_lines_but_one_is_found(whole, tmp_path_factory, data):
    """Lines that were moved, left out or doubled, each of them whole."""
    folder, anchors = whole
    path = data.draw(st.sampled_from(files_of(folder)))
    lines = path.read_bytes().splitlines(True)
    chosen = data.draw(st.lists(st.sampled_from(lines), min_size=1, max_size=len(lines) + 1))
    spoiled = tmp_path_factory.getbasetemp() / "moved"
    shutil.rmtree(spoiled, ignore_errors=True)
    shutil.copytree(folder, spoiled)
    (spoiled / path.name).write_bytes(b"".join(chosen))
    assert (verdict_on(spoiled, anchors).flaw_count > 0) == (chosen != lines)
