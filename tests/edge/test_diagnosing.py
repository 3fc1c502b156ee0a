"""Doctors at the doors look only so often, and what they say holds no card number."""

import msgspec

from fakes.iyzico_caller import request_of
from vezne.core.diagnosis import (
    Cause,
    Certainty,
    Diagnosis,
    Difference,
    Finding,
    Part,
    Segment,
)
from vezne.edge.diagnosing import Practice
from vezne.edge.messages import Request

PAN = "5528790000000008"


class Steps:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def now_s(self) -> float:
        return self.at_s


async def owned(_door: str, _claimed: str) -> int:
    return 7


def saying(text: str, difference: Difference | None = None) -> Diagnosis:
    finding = Finding(cause=Cause.PATH_OTHER, certainty=Certainty.PROVEN, about=text)
    return Diagnosis(
        scheme="any",
        merchant_id=7,
        findings=(finding,),
        signed=(Segment(Part.PATH, text),),
        difference=difference,
    )


async def looked(found: Diagnosis | None) -> Diagnosis | None:
    async def diagnose(_: Request) -> Diagnosis | None:
        return found

    return await Practice(Steps().now_s, owned).attend("iyzico", diagnose)(request_of(b"", {}))


async def test_only_so_many_requests_are_looked_at_in_a_second():
    clock, looks = Steps(), []

    async def diagnose(_: Request) -> Diagnosis | None:
        looks.append(1)
        return saying("/pay")

    practice = Practice(clock.now_s, owned, a_second_max=2)
    first, second = practice.attend("iyzico", diagnose), practice.attend("iyzico", diagnose)
    request = request_of(b"", {})
    assert [await first(request), await second(request)] == [saying("/pay")] * 2
    skipped = await first(request)
    assert skipped is not None
    assert [item.cause for item in skipped.findings] == [Cause.NOT_LOOKED_AT]
    assert skipped.merchant_id == 7
    clock.at_s = 1.0
    assert await second(request) == saying("/pay")
    assert len(looks) == 3


async def test_nothing_to_say_stays_nothing():
    assert await looked(None) is None


async def test_a_number_in_a_path_is_masked_and_no_place_in_it_is_told():
    found = await looked(
        saying(f"/pay/{PAN}", Difference(segment=0, at=9, ours=PAN[4:], theirs="x"))
    )
    assert found is not None
    assert PAN[4:12] not in repr(found)
    assert found.difference is None


async def test_a_number_that_is_cut_off_is_masked_as_well():
    difference = Difference(segment=0, at=1, ours=f"card {PAN[:12]}", theirs=f"{PAN[6:]} is it")
    found = await looked(saying("/pay", difference))
    assert found is not None
    assert found.difference is not None
    assert (found.difference.ours, found.difference.theirs) == ("card …", "… is it")


async def test_strangers_keep_no_merchant_waiting():
    """Each merchant has its own share; those who name nobody's key have one together."""
    owner = 0

    async def owner_of(_door: str, _claimed: str) -> int:
        return owner

    async def diagnose(_: Request) -> Diagnosis | None:
        return saying("/pay")

    look = Practice(Steps().now_s, owner_of).attend("iyzico", diagnose)
    request = request_of(b"", {})
    strangers = [await look(request) for _ in range(12)]
    assert strangers.count(saying("/pay")) == 10
    owner = 7
    assert await look(request) == saying("/pay")


async def test_of_names_in_what_is_signed_the_beginning_is_shown():
    """All of a key that somebody has."""
    key, body = "sandbox-Zu9xR3vLq7Kp2mTw", '{"cvvNumber":"947"}'
    signed = (
        Segment(Part.KEY, key),
        Segment(Part.RANDOM_KEY, "random-key-of-theirs"),
        Segment(Part.BODY, body),
    )
    known = msgspec.structs.replace(saying(""), signed=signed)
    found = await looked(known)
    assert found is not None
    assert [segment.text for segment in found.signed] == [
        key,
        "random-k…",
        '{"cvvNumber":"***"}',
    ]
    stranger = await looked(msgspec.structs.replace(known, merchant_id=0))
    assert stranger is not None
    assert stranger.signed[0].text == "sandbox-…"
