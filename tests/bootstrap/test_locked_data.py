"""One server on a data directory, by whatever way it comes to the databases in there."""

import pytest

from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.front import BOOKS_LOCK, VAULT_LOCK, locked


def refusal(data, name):
    with pytest.raises(CannotStart) as refused, locked(data, name):
        pass
    return str(refused.value)


@pytest.mark.parametrize(("name", "file"), [(BOOKS_LOCK, "books.db"), (VAULT_LOCK, "vault.db")])
def test_a_linked_database_is_locked_where_it_is(tmp_path, name, file):
    """Two servers would do everything twice, each with locks that the other does not know."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / file).touch()
    (second / file).symlink_to(first / file)
    with locked(first, name):
        assert refusal(second, name) == f"another server is running on {first}"
    with locked(second, name):
        for data in (first, second):
            assert refusal(data, name) == f"another server is running on {data}"
    with locked(first, name):
        pass


def test_each_kind_has_a_lock_of_its_own(tmp_path):
    """The vault's process and the gateway's share a directory."""
    with locked(tmp_path, BOOKS_LOCK), locked(tmp_path, VAULT_LOCK):
        pass
