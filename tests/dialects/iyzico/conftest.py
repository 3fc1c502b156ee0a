import pytest

from fakes.iyzico_client import IyzicoClient


@pytest.fixture
def client() -> IyzicoClient:
    """A client of the door in its classic profile."""
    return IyzicoClient()


@pytest.fixture
def current() -> IyzicoClient:
    """A client of the door in its current profile."""
    return IyzicoClient("current")
