"""Samples are programs whatever stands in them: names and hosts are chosen by others."""

import ast
import shlex

from vezne.panel.shop.samples import Recipe, Signed, curl_sample, python_sample

HOSTILE = """it's "quoted" \\ `rm` $(rm) ${HOME} \"\"\" ş"""


def recipe(**changes):
    parts = {
        "names": frozenset({"authorization"}),
        "url": f"https://pay.example/{HOSTILE}",
        "headers": (("x-name", HOSTILE),),
        "body": HOSTILE + '"',
    }
    return Recipe(**{**parts, **changes})


def constants(program):
    return {node.value for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Constant)}


def test_python_says_exactly_what_was_sent():
    """Every text comes out of the program as it went in."""
    found = constants(python_sample(recipe()))
    assert {HOSTILE + '"', HOSTILE, f"https://pay.example/{HOSTILE}"} <= found


def test_a_shell_says_exactly_what_was_sent():
    """One word each, of which it changes nothing."""
    words = shlex.split(curl_sample(recipe()))
    assert f'BODY={HOSTILE}"' in words
    assert f"x-name: {HOSTILE}" in words
    assert f"https://pay.example/{HOSTILE}" in words


def test_secrets_come_from_the_environment():
    """And the shell stops where one is missing."""
    with_secret = recipe(secrets=(("authorization", "Basic ", "PAYNET_SECRET_KEY"),))
    assert ': "${PAYNET_SECRET_KEY:?}"' in curl_sample(with_secret)
    assert "'authorization: Basic '\"$PAYNET_SECRET_KEY\"" in curl_sample(with_secret)
    assert "'Basic ' + os.environ['PAYNET_SECRET_KEY']" in python_sample(with_secret)


def test_a_signed_call_signs_again():
    """With a key that any merchant may have chosen."""
    signed = Signed(key=HOSTILE, target="/payment/auth", variable="IYZICO_SECRET_KEY")
    program = python_sample(recipe(signed=signed))
    assert f"apiKey:{HOSTILE}" in constants(program)
    assert "openssl dgst -sha256 -hmac" in curl_sample(recipe(signed=signed))


def test_a_call_without_a_body_sends_none():
    """A GET, say."""
    sample = curl_sample(recipe(body="", method="GET"))
    assert "BODY" not in sample
    assert "-X GET" in sample
