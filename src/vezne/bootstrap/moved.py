"""The note in a data directory that its SQLite files are copied, or were moved, to PostgreSQL.

As long as it is there nothing opens these files but the copy: what somebody would write into them
would be missing in the database that serves by then.
"""

from pathlib import Path
from typing import Final, Literal

import msgspec

from vezne.bootstrap.cannot_start import CannotStart
from vezne.vault.files import PRIVATE, replace_file, sync_folder

NOTE_FILE: Final = "moved.json"


class MoveNote(msgspec.Struct, frozen=True, kw_only=True):
    """Where the rows go, or went, and since when; `copy_id` is what the target knows it by."""

    state: Literal["copying", "moved"]
    to: str
    at: str
    copy_id: str


def read_note(data: Path) -> MoveNote | None:
    """The note of a data directory, if there is one. Raises CannotStart when it is damaged."""
    path = data / NOTE_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=MoveNote)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise CannotStart(f"{path} is not what `vezne copy` has written: {error}") from error


def write_note(data: Path, note: MoveNote) -> None:
    """Put the note there, durably. Raises OSError."""
    replace_file(data / NOTE_FILE, msgspec.json.encode(note) + b"\n", PRIVATE)


def remove_note(data: Path) -> None:
    """Open the files to others again, durably. Raises OSError."""
    (data / NOTE_FILE).unlink(missing_ok=True)
    sync_folder(data)


def check_not_moved(data: Path) -> None:
    """Whether the SQLite files of a data directory may be opened. Raises CannotStart."""
    note = read_note(data)
    if note is None:
        return
    path = data / NOTE_FILE
    if note.state == "moved":
        raise CannotStart(
            f"{data} was moved to PostgreSQL at {note.to} on {note.at}: start with --database. "
            f"To go on with the SQLite files as they were then, remove {path}"
        )
    raise CannotStart(
        f"{data} is being copied to PostgreSQL at {note.to} since {note.at}: run the same "
        f"`vezne copy` again to end that. To go on with the SQLite files instead, remove {path}"
    )
