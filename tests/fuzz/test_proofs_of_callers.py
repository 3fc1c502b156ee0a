"""Whatever a caller shows as its proof, it is told so in its protocol's own words."""

import base64

import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakes.doors import CALLERS

TRIES = 25
VISIBLE = st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")
TEXTS = st.text(VISIBLE, max_size=60)
TOKENS = TEXTS.map(lambda text: base64.b64encode(text.encode()).decode())
PROOFS = st.builds(
    "{}{}".format,
    st.sampled_from(["", "Basic ", "basic  ", "IYZWSv2 ", "IYZWS ", "Bearer "]),
    TEXTS | TOKENS | st.builds("{}:{}".format, TEXTS, TOKENS),
)
PATHS = {
    "iyzico": "/payment/detail",
    "paywall": "/api/paywall/payment/end3d",
    "paynet": "/v1/transaction/detail",
    "sandbox": "/sandbox/clock",
}


@pytest.mark.parametrize("door", PATHS)
def test_a_wrong_proof_is_refused(server, door):
    """Never a fault, never believed, and an answer that is JSON."""
    with requests.Session() as session:
        session.trust_env = False

        @settings(max_examples=TRIES)
        @given(proof=PROOFS, body=st.sampled_from([b"", b"{}", b'{"token":"x"}', b"[]"]))
        @example(
            proof="IYZWSv2 " + base64.b64encode(b"apiKey:\0&randomKey:&signature:").decode(),
            body=b"{}",
        )
        @example(proof="Basic " + base64.b64encode(b"\0:\0").decode(), body=b"{}")
        @example(proof="Basic " + "x" * 600, body=b"{}")
        def attempt(proof, body):
            shown = proof.strip().encode("latin-1", "replace")
            headers = dict.fromkeys(("apikeypublic", "apiclientpublic", "x-iyzi-rnd"), shown)
            answer = session.post(
                server.http + PATHS[door],
                data=body,
                headers=headers | {"authorization": shown, "content-type": "application/json"},
                timeout=20,
            )
            assert answer.status_code in {200, 400, 401}
            said = answer.json()
            assert said.get("status", "failure") == "failure"
            assert said.get("Result", False) is False
            assert said.get("code", 401) != 0

        attempt()


def test_all_doors_are_tried():
    """Those of the protocols, and the one of the sandbox."""
    assert {caller.name for caller in CALLERS} | {"sandbox"} == PATHS.keys()
