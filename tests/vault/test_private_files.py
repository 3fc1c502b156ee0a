import resource
import signal
import subprocess
import sys

import pytest

from vezne.vault.files import (
    PRIVATE,
    PUBLIC,
    ExposedFile,
    create_private_file,
    read_private_file,
    replace_file,
)


def mode(path):
    return path.stat().st_mode & 0o777


def test_a_private_file_is_its_owners(tmp_path):
    """It is made with mode 0600 whatever the umask allows, and read back."""
    path = tmp_path / "secret"
    create_private_file(path, b"content")
    assert mode(path) == 0o600
    assert read_private_file(path) == b"content"


def test_a_private_file_is_never_overwritten(tmp_path):
    """What is there stays, a link to nowhere included."""
    path, link = tmp_path / "secret", tmp_path / "link"
    create_private_file(path, b"first")
    link.symlink_to(tmp_path / "nowhere")
    for taken in (path, link):
        with pytest.raises(FileExistsError):
            create_private_file(taken, b"second")
    assert path.read_bytes() == b"first"
    assert not (tmp_path / "nowhere").exists()


KILLED = """
import resource, signal, sys
from pathlib import Path
from vezne.vault.files import create_private_file
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
create_private_file(Path(sys.argv[1]), bytes(100))
"""


def test_a_process_that_is_killed_leaves_no_half_file(tmp_path):
    """The name is still free, so the next start makes the file, and not a person."""
    path = tmp_path / "secret"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGXFSZ
    assert not path.exists()
    create_private_file(path, b"content")
    assert read_private_file(path) == b"content"


def test_one_of_several_is_the_first(tmp_path):
    """Of those who come together one makes the file, and all of its content is that one's."""
    path = tmp_path / "secret"
    create_private_file(path, b"first")
    with pytest.raises(FileExistsError) as refused:
        create_private_file(path, b"second")
    assert refused.value.filename == str(path)
    assert [found.name for found in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize("exposed", [0o640, 0o604, 0o620, 0o601, 0o644, 0o660])
def test_a_file_that_others_can_touch_is_refused(tmp_path, exposed):
    """Any permission of group or others, with advice in the text."""
    path = tmp_path / "secret"
    create_private_file(path, b"content")
    path.chmod(exposed)
    with pytest.raises(ExposedFile, match="chmod 600"):
        read_private_file(path)


def test_owner_read_only_is_fine(tmp_path):
    """A mounted secret is often mode 0400."""
    path = tmp_path / "secret"
    create_private_file(path, b"content")
    path.chmod(0o400)
    assert read_private_file(path) == b"content"


def test_replacing(tmp_path):
    """The new content is there with its mode, nothing else is left behind."""
    path = tmp_path / "file"
    replace_file(path, b"one", PUBLIC)
    assert (path.read_bytes(), mode(path)) == (b"one", 0o644)
    (tmp_path / ".file.draft").write_bytes(b"left by a crash")
    replace_file(path, b"two", PRIVATE)
    assert (path.read_bytes(), mode(path)) == (b"two", 0o600)
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_a_failed_write_leaves_nothing(tmp_path):
    """A full disk leaves neither half a key nor a damaged file."""
    path = tmp_path / "file"
    replace_file(path, b"one", PRIVATE)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            create_private_file(tmp_path / "key", bytes(100))
        with pytest.raises(OSError, match="File too large"):
            replace_file(path, bytes(100), PRIVATE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [found.name for found in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"one"
