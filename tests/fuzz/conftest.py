import copy

import pytest
import requests

from fakes.credible import PANS
from fakes.leaks import files, leaks
from fakes.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One sandbox for all doors; nothing that it wrote may hold a number."""
    running = Server(tmp_path_factory.mktemp("fuzz") / "data").start()
    yield running
    assert running.stop() == 0
    places = files(running.data) | {"output": "".join(running.output).encode()}
    assert list(leaks(PANS, places)) == []


@pytest.fixture(scope="session")
def description(server):
    """Gets a door's description, in which no answer has more fields than are named."""

    def get(door):
        answer = requests.get(f"{server.http}/openapi.json?door={door}", timeout=10)
        described = copy.deepcopy(answer.json())
        for name, schema in described["components"]["schemas"].items():
            if ".answer." in name and "properties" in schema:
                schema["additionalProperties"] = False
        return described

    return get
