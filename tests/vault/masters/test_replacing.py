"""A master key file that is replaced in place."""

import pytest

from fakes.randomness import SeededEntropy
from vezne.vault.masters.key_file import create_master_key, load_master_key
from vezne.vault.masters.replacing import begin_replacement


@pytest.fixture
def path(tmp_path):
    create_master_key(tmp_path / "master.key", SeededEntropy(), is_sandbox=True)
    return tmp_path / "master.key"


def key_id(path):
    return load_master_key(path, SeededEntropy()).key_id


def test_the_next_key_comes_into_the_file_in_one_step(path):
    """Until then it stands beside it; at the end only the new one is there, as private."""
    old_id = key_id(path)
    replacement = begin_replacement(path, old_id, SeededEntropy(2), is_sandbox=True)
    next_id = key_id(replacement.draft)
    assert key_id(path) == old_id != next_id
    replacement.put()
    assert key_id(path) == next_id
    assert load_master_key(path, SeededEntropy()).is_sandbox
    replacement.end()
    assert [each.name for each in path.parent.iterdir()] == ["master.key"]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("is_put", [False, True])
def test_a_replacement_that_was_cut_off_is_found(path, is_put):
    """With the same next key, and the id of the key that it follows."""
    old_id = key_id(path)
    first = begin_replacement(path, old_id, SeededEntropy(2), is_sandbox=True)
    if is_put:
        first.put()
    again = begin_replacement(path, key_id(path), SeededEntropy(3), is_sandbox=True)
    assert again == first
    assert again.old_id == old_id


def test_other_files_are_none_of_its_business(path):
    """A copy that somebody made beside the key is not taken for the next one."""
    path.with_name("master.key.after-lunch").touch()
    replacement = begin_replacement(path, key_id(path), SeededEntropy(2), is_sandbox=False)
    assert replacement.old_id == key_id(path)
