"""Shamir's scheme: published shares, and proofs by many examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.randomness import SeededEntropy
from vezne.vault.shamir import combine, split


def test_published_shares():
    """The test case of draft-mcgrew-tss-03, section 9: two shares make `test` and a zero byte."""
    shares = {1: bytes.fromhex("b9fa07e185"), 2: bytes.fromhex("f5409b4511")}
    assert combine(shares) == bytes.fromhex("7465737400")


class Given:
    """Randomness that is what a test wants."""

    def __init__(self, taken):
        self.taken = taken

    def take(self, count):
        assert count == len(self.taken)
        return self.taken


def test_the_polynomial_is_as_published():
    """The same case the other way round: with its coefficients the secret has its two shares."""
    secret = bytes.fromhex("7465737400")
    slopes = bytes(
        first ^ second for first, second in zip(secret, bytes.fromhex("b9fa07e185"), strict=True)
    )
    shares = split(secret, threshold=2, count=2, entropy=Given(slopes))
    assert shares == {1: bytes.fromhex("b9fa07e185"), 2: bytes.fromhex("f5409b4511")}


@st.composite
def ceremonies(draw):
    count = draw(st.integers(1, 7))
    threshold = draw(st.integers(1, count))
    secret = draw(st.binary(min_size=1, max_size=33))
    numbers = draw(st.permutations(range(1, count + 1)))
    shares = split(
        secret, threshold=threshold, count=count, entropy=SeededEntropy(draw(st.integers(0, 99)))
    )
    return secret, threshold, shares, numbers


@given(ceremonies())
def test_any_threshold_of_shares_opens(ceremony):
    """Whichever and in whichever order; more than that do too."""
    secret, threshold, shares, numbers = ceremony
    for enough in (threshold, len(numbers)):
        assert combine({number: shares[number] for number in numbers[:enough]}) == secret


@settings(max_examples=15)
@given(ceremonies())
def test_fewer_shares_say_nothing(ceremony):
    """To one share less than the threshold there is for every secret exactly one share that fits.

    So each of the 256 values of a byte is as likely as before the shares were seen.
    """
    _, threshold, shares, numbers = ceremony
    known = {number: shares[number][:1] for number in numbers[: threshold - 1]}
    missing = numbers[threshold - 1]
    secrets = {bytes(combine(known | {missing: bytes([value])})) for value in range(256)}
    assert len(secrets) == 256


@given(ceremonies(), st.data())
def test_a_wrong_share_makes_another_secret(ceremony, data):
    """No share can be replaced without a trace: the secret differs wherever the share does."""
    secret, threshold, shares, numbers = ceremony
    chosen = {number: shares[number] for number in numbers[:threshold]}
    at = data.draw(st.integers(0, len(secret) - 1))
    wrong = bytearray(chosen[numbers[0]])
    wrong[at] ^= data.draw(st.integers(1, 255))
    made = combine(chosen | {numbers[0]: bytes(wrong)})
    assert [made[place] == secret[place] for place in range(len(secret))] == [
        place != at for place in range(len(secret))
    ]


@pytest.mark.parametrize(("threshold", "count"), [(0, 3), (4, 3), (1, 256), (-1, -1)])
def test_impossible_plans(threshold, count):
    """A threshold is at least one and at most the number of shares, which fit a byte."""
    with pytest.raises(ValueError, match="threshold"):
        split(b"x", threshold=threshold, count=count, entropy=SeededEntropy())


def test_shares_of_different_secrets():
    """Shares of different lengths never were of one secret."""
    with pytest.raises(ValueError, match=r"shorter|longer"):
        combine({1: b"ab", 2: b"a"})
