"""`/metrics`: what it tells is documented, of all workers, and never twice."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from vezne.bootstrap.metrics import Watch, watch_process
from vezne.bootstrap.metrics_page import MetricsPage
from vezne.bootstrap.metrics_table import BY_NAME, TABLE, to_markdown
from vezne.edge.metrics import single
from vezne.edge.sites import Incoming
from vezne.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "monitoring.md"


class Staff:
    """The workers of a machine, who answer each other."""

    def __init__(self):
        self.makers = {}

    def colleague(self, name):
        return Colleague(self, name)


class Colleague:
    def __init__(self, staff, name):
        self.staff = staff
        self.name = name

    def report_with(self, topic, make):
        self.staff.makers[topic, self.name] = make

    async def ask_group(self, topic):
        return [
            make()
            for (other_topic, name), make in self.staff.makers.items()
            if other_topic == topic and name != self.name
        ]


def page_of(worker, *, staff=None, name=None, lines=1):
    watch = Watch()
    watch.colleagues = staff and staff.colleague(name or worker)
    watch.add(lambda: [single("vezne_audit_lines_total", lines)])
    return MetricsPage(watch, worker)


async def samples(page):
    text, kind = await page.text("")
    assert kind.startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(text.decode())
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_every_metric_is_documented():
    """The documentation holds the table as the source has it."""
    assert to_markdown() in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("metric", TABLE, ids=lambda metric: metric.name)
def test_names_follow_the_conventions(metric):
    """One prefix, base units, `_total` behind counters only; no label of a caller's."""
    assert re.fullmatch(r"(vezne|process)(_[a-z]+)+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert not re.search(r"_(ms|milliseconds|kb|percent|minutes)$", metric.name)
    known = {"door", "operation", "outcome", "result", "reason", "database", "acquirer", "part"}
    assert set(metric.labels) <= known | {"standing", "version", "python", "mode"}
    if metric.kind == "histogram":
        assert metric.name.endswith(("_seconds", "_batches"))


async def test_a_process_tells_what_the_system_knows_of_it():
    """Under the names that every dashboard of Prometheus looks for."""
    found = await samples(page_of("0"))
    worker = ("worker", "0")
    assert found["process_resident_memory_bytes", worker] > 10_000_000
    assert found["process_open_fds", worker] >= 3
    assert found["process_start_time_seconds", worker] > 1_700_000_000
    assert found["process_max_fds", worker] >= found["process_open_fds", worker]


async def test_any_worker_tells_of_all():
    """Each by itself: a sum would fall with every worker that is replaced."""
    staff = Staff()
    pages = [page_of(str(number), staff=staff, lines=number + 5) for number in range(3)]
    for page in pages:
        found = await samples(page)
        lines = [found["vezne_audit_lines_total", ("worker", str(n))] for n in range(3)]
        assert lines == [5, 6, 7]
        assert found["vezne_workers_told",] == 3


async def test_of_two_workers_of_one_name_the_younger_is_told_of():
    """While a worker is replaced both are there, and a sample told twice fails the whole scrape."""
    staff = Staff()
    old = page_of("0", staff=staff, name="old", lines=100)
    await asyncio.sleep(0.01)
    page_of("0", staff=staff, name="new", lines=1)
    found = await samples(old)
    assert found["vezne_audit_lines_total", ("worker", "0")] == 1
    assert found["vezne_workers_told",] == 1


async def test_what_cannot_be_found_out_is_said_to_be_missing():
    """A database that hangs or fails takes nothing else from whoever watches."""
    watch = Watch()

    async def fail():
        raise OSError("no database")

    watch.add_question("books", fail, 5.0)
    found = await samples(MetricsPage(watch, "0"))
    assert found["vezne_figures_missing", ("part", "books")] == 1
    assert found["vezne_requests_in_flight", ("worker", "0")] == 0


async def test_a_question_that_hangs_is_given_up():
    """Whoever watches waits for ten seconds as a rule."""
    watch = Watch(ask_max_s=0.01)

    async def hang():
        await asyncio.sleep(60)

    watch.add_question("books", hang, 5.0)
    found = await samples(MetricsPage(watch, "0"))
    assert found["vezne_figures_missing", ("part", "books")] == 1


async def test_many_who_watch_cost_one_question():
    """What takes a question to a database is good for some seconds."""
    watch = Watch()
    asked = []

    async def ask():
        asked.append(1)
        return [single("vezne_notices_due", len(asked))]

    watch.add_question("books", ask, 5.0)
    page = MetricsPage(watch, "0")
    await asyncio.gather(*(page.text("") for _ in range(5)))
    assert (await samples(page))["vezne_notices_due",] == 1
    assert asked == [1]


async def test_the_disk_and_what_runs(tmp_path):
    """Where the data is, and which version of what."""
    watch = Watch()
    watch_process(watch, Settings(mode="sandbox", data=tmp_path))
    found = await samples(MetricsPage(watch, "0"))
    assert 0 < found["vezne_data_disk_free_bytes",] <= found["vezne_data_disk_size_bytes",]
    (labels,) = (dict(key[1:]) for key in found if key[0] == "vezne_build_info")
    assert (labels["mode"], labels["database"]) == ("sandbox", "sqlite")


async def test_the_site_answers_reads_only():
    """In the format that the asker prefers, and kept by nobody."""
    page = page_of("0")
    wanted = {"accept": "application/openmetrics-text; version=1.0.0"}
    response = await page.site(Incoming("GET", "http", "/metrics", wanted, b""))
    headers = dict(response.headers)
    assert headers[b"content-type"].startswith(b"application/openmetrics-text")
    assert headers[b"cache-control"] == b"no-store"
    assert response.body.endswith(b"# EOF\n")
    refused = await page.site(Incoming("POST", "http", "/metrics", {}, b""))
    assert refused.status == 405


def test_every_metric_has_a_name_of_its_own():
    """Two rows of one name would hide each other."""
    assert len(BY_NAME) == len(TABLE)


def test_a_server_that_nobody_watches_loads_nothing_for_it():
    """Neither the library of the metrics nor that of the traces: both take long to import."""
    script = (
        "import sys, vezne.bootstrap.server, vezne.bootstrap.gateway\n"
        "sys.exit(' '.join({'prometheus_client', 'opentelemetry'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == ""
