"""Every door answers as its description says, whatever is asked of it."""

import enum
import os

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fakes.credible import credible

# `make fuzz` sets both: as many as there is time for, and others each time.
EXAMPLES = int(os.environ.get("VEZNE_FUZZ_EXAMPLES", "6"))
SEED = int(os.environ.get("VEZNE_FUZZ_SEED", "1"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
DOORS = ("iyzico", "paywall", "paynet", "sandbox")
MODES = tuple(schemathesis.GenerationMode)


class Care(enum.IntEnum):
    """How much of what is sent is known to mean something."""

    NONE = 0
    SOME = 1
    ALL = 2


def mended(data, value, known, care):
    """A value with known ones in its fields: in most of them, or in all, and then in no others."""
    if isinstance(value, list):
        return [mended(data, item, known, care) for item in value]
    if not isinstance(value, dict) or care is Care.NONE:
        return value
    fields = {}
    for name, item in value.items():
        options = known.get(name.lower())
        if options and (care is Care.ALL or data.draw(st.integers(0, 9))):
            fields[name] = data.draw(st.sampled_from(options))
        elif care is Care.SOME:
            fields[name] = mended(data, item, known, care)
    return fields


def drawn(data, operation, known):
    """A request that keeps to the description or breaks it, of values that mean much or nothing."""
    care = data.draw(st.sampled_from(Care))
    modes = MODES if care is Care.NONE else MODES[:1]
    case = data.draw(operation.as_strategy(generation_mode=data.draw(st.sampled_from(modes))))
    case.body = mended(data, case.body, known, care)
    case.query = mended(data, case.query, known, care)
    headers = mended(data, dict(case.headers), known, care)
    for name in dict(case.headers):
        del case.headers[name]
    case.headers.update((name, str(value)) for name, value in headers.items())
    return case


@pytest.mark.parametrize("door", DOORS)
def test_a_door_answers_as_described(server, description, door):
    """No fault, a status and a media type that are described, and a body of its schema.

    Now and then nothing proves who calls.
    """
    schema = schemathesis.openapi.from_dict(description(door), config=schemathesis.Config())
    proof, known = credible(door, server)
    with requests.Session() as session:
        session.trust_env = False

        def one(data, operation):
            case = drawn(data, operation, known)
            auth = proof if data.draw(st.integers(0, 19)) else None
            response = case.call(base_url=server.http, session=session, auth=auth, timeout=20)
            case.validate_response(response, checks=CHECKS)

        for result in schema.get_all_operations():
            run(one, result.ok())


def run(one, operation):
    """Try an operation as often as is asked for, the same way with the same seed."""

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def attempt(data):
        one(data, operation)

    attempt()
