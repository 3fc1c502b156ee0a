"""What strangers' servers say has no card number that `vezne scan` would find, in any form."""

import base64
import json

import pytest

from vezne.edge.foreign_text import LEFT_OUT, mask_foreign
from vezne.scanner.text import TextScanner

PAN = "5528790000000008"
GROUPS = [PAN[at : at + 4] for at in range(0, 16, 4)]
MARKS = (" ", ".", "_", "/", "-", "+", "\t", "  ", " - ", ", ", "|", ":", "\n", "\r\n", "\u00a0")
BYTES = PAN.encode()
FORMS = (
    PAN,
    *(mark.join(GROUPS) for mark in MARKS),
    "".join(chr(0xFF10 + int(digit)) for digit in PAN),
    "".join(chr(0x660 + int(digit)) for digit in PAN),
    json.dumps(GROUPS),
    json.dumps([int(digit) for digit in PAN], indent=8),
    base64.b64encode(BYTES).decode(),
    base64.b64encode(json.dumps({"number": PAN}).encode()).decode(),
    base64.b64encode(base64.b64encode(BYTES)).decode(),
    base64.b64encode(PAN.encode("utf-16-le")).decode(),
    "https://shop.example/a/" + base64.urlsafe_b64encode(BYTES).decode(),
    BYTES.hex(),
    BYTES.hex(" "),
    "".join(f"%{byte:02X}" for byte in BYTES),
    "".join(f"\\u00{byte:02x}" for byte in BYTES),
    "".join(f"&#{byte};" for byte in BYTES),
    "%20".join(GROUPS),
    "&nbsp;".join(GROUPS),
    PAN.encode("utf-16-le").decode(),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("around", ["{}", '{{"card": "{}"}}', "order 5 pan {} 9", "x{}y"])
def test_no_number_is_left(form: str, around: str) -> None:
    """Neither for the scanner nor for whoever takes out what stands between the digits."""
    masked = mask_foreign(around.format(form))
    scanner = TextScanner()
    scanner.scan(masked.encode(), lambda _: "here")
    report = scanner.report()
    assert (report.found, report.suspects) == (0, [])
    assert PAN not in "".join(filter(str.isdigit, masked))
    assert form not in masked


@pytest.mark.parametrize("text", ['{"cvc":"123"}', "güvenlik kodu: 123", "eyJjdmMiOiIxMjMifQ=="])
def test_a_security_code_is_left_out(text: str) -> None:
    """With all of the text: nobody knows what else stands there."""
    assert mask_foreign(text) == LEFT_OUT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok",
        '{"id":"8f14e45fceea167a5a36dedd4bea2543","at":"2026-11-22T15:26:08.123456Z"}',
        "<html><body>503 Service Unavailable: nginx/1.18.0, ağ geçidi</body></html>",
        "Payment 10851936 of 1795367168123 is 120.00 TRY, 50%",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    ],
)
def test_what_is_harmless_is_as_it_was(text: str) -> None:
    """People read it to see what their server said."""
    assert mask_foreign(text) == text
