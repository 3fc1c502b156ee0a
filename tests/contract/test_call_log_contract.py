"""What every log of calls promises."""

import msgspec
import pytest

from vezne.core.call_log import ApiCall, CallQuery, CallSummary, CallText, TextForm
from vezne.core.diagnosis import Cause, Certainty, Diagnosis, Finding, Part, Segment
from vezne.engines.engine import Conflict
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.call_log import CallLimits, SqlCallLog

AT_MS = 1_795_358_311_762


def call(number, merchant_id=1, **summary):
    return ApiCall(
        summary=CallSummary(
            **{
                "number": number,
                "merchant_id": merchant_id,
                "at_ms": AT_MS + number,
                "duration_us": 1_500,
                "door": "iyzico",
                "method": "POST",
                "path": "/payment/auth",
                "status": 200,
                "outcome": "served",
            }
            | summary
        ),
        target="/payment/auth?x=1",
        address="127.0.0.1",
        caller="key",
        is_proven=True,
        headers=(("user-agent", "a test"),),
        body=CallText(text='{"a":"ş"}', length=10),
        answer_headers=(("content-type", "application/json"),),
        answer=CallText(text="{}", form=TextForm.REBUILT, length=2, is_cut=True),
        diagnosis=Diagnosis(
            scheme="IYZWSv2",
            merchant_id=1,
            findings=(Finding(cause=Cause.PATH_SLASH, certainty=Certainty.PROVEN, about="/"),),
            signed=(Segment(part=Part.PATH, text="/payment/auth"),),
        ),
    )


@pytest.fixture
async def log(engine):
    await migrate(engine, load_migrations("vezne.storage.calls"))
    return SqlCallLog(engine)


async def numbers(log, merchant_id=1, **query):
    page = await log.list_calls(CallQuery(merchant_id=merchant_id, **query))
    return [each.number for each in page.calls]


async def test_a_call_comes_back_as_it_was_written(log):
    """Every field of it, and to its own merchant only."""
    written = call(7, reason="1000", reference="r", payment_number=9)
    await log.add_calls([written])
    assert await log.find_call(1, 7) == written
    assert await log.find_call(2, 7) is None
    assert await log.find_call(1, 8) is None
    page = await log.list_calls(CallQuery(merchant_id=1))
    assert page.calls == [written.summary]
    assert (page.before, page.is_partial) == (None, False)
    assert await numbers(log, 2) == []


async def test_the_newest_calls_come_first_page_by_page(log):
    await log.add_calls([call(number) for number in range(1, 8)])
    await log.add_calls([call(99, merchant_id=2)])
    first = await log.list_calls(CallQuery(merchant_id=1, limit=3))
    assert [each.number for each in first.calls] == [7, 6, 5]
    assert first.before == 5
    assert await numbers(log, before=5, limit=4) == [4, 3, 2, 1]


async def test_each_filter_finds_what_it_says(log):
    """Also signs that are wildcards elsewhere, and both ends of a range."""
    await log.add_calls(
        [
            call(1),
            call(2, door="paynet", path="/v1/PaynetJ/auth"),
            call(3, outcome="refused", status=404, reference="50%_a!b"),
            call(4, status=500, reference="Order-1"),
            call(0, reference="SİPARİŞ-Ç1"),
        ]
    )
    for query, found in (
        ({"door": "paynet"}, [2]),
        ({"outcome": "refused"}, [3]),
        ({"status": (400, 499)}, [3]),
        ({"status": (404, 500)}, [4, 3]),
        ({"path": "PAYNETJ/"}, [2]),
        ({"reference": "order"}, [4]),
        ({"reference": "sipariş-ç"}, [0]),
        ({"reference": "SİPARİŞ-Ç1"}, [0]),
        ({"reference": "50%_A!"}, [3]),
        ({"reference": "%"}, [3]),
        ({"reference": "_"}, [3]),
        ({"since_ms": AT_MS + 3}, [4, 3]),
        ({"until_ms": AT_MS + 3}, [2, 1, 0]),
        ({"door": "iyzico", "status": (200, 200), "path": "auth"}, [1, 0]),
    ):
        assert await numbers(log, **query) == found, query


async def test_a_search_that_stops_early_says_so_and_goes_on(log, engine):
    log = SqlCallLog(engine, CallLimits(walk_max=3))
    await log.add_calls([call(1, door="paynet"), *(call(number) for number in range(2, 8))])
    found: list[int] = []
    before, turns = None, 0
    while turns == 0 or before is not None:
        query = CallQuery(merchant_id=1, door="paynet", before=before)
        page = await log.list_calls(query)
        assert page.is_partial == (page.before is not None)
        found += [each.number for each in page.calls]
        before, turns = page.before, turns + 1
    assert found == [1]
    assert turns == 3


async def test_calls_about_a_payment_come_in_their_order(log, engine):
    """Of very many the newest."""
    await log.add_calls(
        [
            call(1, payment_number=5),
            call(2, payment_number=6),
            call(3, payment_number=5),
            call(4, payment_number=5, merchant_id=2),
            call(5),
        ]
    )
    assert [each.number for each in await log.list_calls_of(1, 5)] == [1, 3]
    short = SqlCallLog(engine, CallLimits(of_payment_max=1))
    assert [each.number for each in await short.list_calls_of(1, 5)] == [3]


async def test_the_oldest_are_forgotten_whoevers_they_are(log, engine):
    """Rows of lists and the calls themselves; not more at a time than a moment's work."""
    await log.add_calls([call(number, merchant_id=number % 2 + 1) for number in range(1, 9)])
    await log.prune(8)
    assert len(await numbers(log, 1)) == len(await numbers(log, 2)) == 4
    log = SqlCallLog(engine, CallLimits(prune_max=3))
    await log.prune(3)
    assert await numbers(log, 1) == [8, 6, 4]
    assert await numbers(log, 2) == [7, 5]
    assert await log.find_call(2, 3) is None
    await log.prune(3)
    assert (await numbers(log, 1), await numbers(log, 2)) == ([8, 6], [7])
    await log.add_calls([call(9)])
    await log.prune(3)
    assert (await numbers(log, 1), await numbers(log, 2)) == ([9, 8], [7])


async def test_what_other_processes_wrote_is_counted_now_and_then(log, engine):
    log = SqlCallLog(engine, CallLimits(recount_every=2))
    await log.prune(2)
    await SqlCallLog(engine).add_calls([call(number) for number in range(1, 6)])
    await log.prune(2)
    assert len(await numbers(log)) == 5
    await log.prune(2)
    assert await numbers(log) == [5, 4]


async def test_calls_of_one_batch_are_written_all_or_none(log):
    await log.add_calls([call(1)])
    with pytest.raises(Conflict):
        await log.add_calls([call(2), msgspec.structs.replace(call(1), address="x")])
    assert await numbers(log) == [1]
