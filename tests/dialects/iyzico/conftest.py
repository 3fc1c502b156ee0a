"""The door that every test of its endpoints calls."""

import pytest

from fakes.iyzico_door import IyzicoDoor


@pytest.fixture
def door() -> IyzicoDoor:
    """The door in its classic profile."""
    return IyzicoDoor()


@pytest.fixture
def current() -> IyzicoDoor:
    """The door in its current profile."""
    return IyzicoDoor("current")
