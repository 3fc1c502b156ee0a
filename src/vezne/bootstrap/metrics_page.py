"""`/metrics`: the figures of every worker of the machine, in the text format of Prometheus.

Each sample of a process carries the label `worker`. Sums would be wrong whenever one worker is
replaced: a counter that falls looks like a restart of all, and its rest like new events. What all
workers have in common is told once, without the label.
"""

import asyncio
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec

from vezne.bootstrap.metrics import Watch
from vezne.bootstrap.metrics_process import process_families
from vezne.bootstrap.metrics_table import BY_NAME, WORKER
from vezne.edge.messages import Response
from vezne.edge.metrics import Family, single
from vezne.edge.sites import Incoming

if TYPE_CHECKING:
    from prometheus_client import Metric as Shown

METRICS_PATH: Final = "/metrics"
# What workers ask each other about.
TOPIC: Final = "metrics"
_NOT_ALLOWED: Final = Response(
    405, b"", ((b"allow", b"GET, HEAD"), (b"cache-control", b"no-store"))
)


class _Report(msgspec.Struct, frozen=True, array_like=True):
    """What a worker tells the one that was asked."""

    worker: str
    begun_s: float
    families: list[Family]


class MetricsPage:
    """Answers for this worker, which has a name, and for its colleagues if there are any.

    While a worker is replaced there are two of its name. The younger one is told of.
    """

    def __init__(self, watch: Watch, worker: str) -> None:
        self._watch = watch
        self._worker = worker
        self._begun_s = time.time()
        self._colleagues = watch.colleagues
        if self._colleagues is not None:
            self._colleagues.report_with(TOPIC, lambda: msgspec.msgpack.encode(self._report()))

    async def text(self, accepted: str) -> tuple[bytes, str]:
        """All figures, and the content type that fits the Accept header."""
        shared = await self._watch.shared()
        reports = [self._report()]
        if self._colleagues is not None:
            asked = await self._colleagues.ask_group(TOPIC)
            reports += [msgspec.msgpack.decode(each, type=_Report) for each in asked]
            reports.sort(key=lambda report: report.begun_s)
            reports = list({report.worker: report for report in reports}.values())
        shared.append(single("vezne_workers_told", len(reports)))
        return await asyncio.to_thread(_rendered, shared, reports, accepted)

    async def site(self, incoming: Incoming) -> Response:
        """The site at `METRICS_PATH`."""
        if incoming.method not in {"GET", "HEAD"}:
            return _NOT_ALLOWED
        body, kind = await self.text(incoming.headers.get("accept", ""))
        headers = ((b"content-type", kind.encode()), (b"cache-control", b"no-store"))
        return Response(HTTPStatus.OK, body, headers)

    def _report(self) -> _Report:
        return _Report(self._worker, self._begun_s, [*self._watch.own(), *process_families()])


class _Collector:
    """What a registry of the library collects from: the samples, put into families of its own."""

    def __init__(self, families: Sequence["Shown"]) -> None:
        self._families = families

    def collect(self) -> Sequence["Shown"]:
        """All families."""
        return self._families


def _rendered(
    shared: Sequence[Family], reports: Sequence[_Report], accepted: str
) -> tuple[bytes, str]:
    """The text of all figures, and its type. In a thread: it takes milliseconds."""
    # Only whoever is asked needs the library, which takes a moment to import.
    from prometheus_client import Metric as Shown  # noqa: PLC0415
    from prometheus_client.exposition import choose_encoder  # noqa: PLC0415

    shown: dict[str, Shown] = {}
    told: list[tuple[Family, tuple[str, ...]]] = [(family, ()) for family in shared]
    told += [(family, (each.worker,)) for each in reports for family in each.families]
    for found, worker in told:
        name, metric = found.name, BY_NAME[found.name]
        # The library adds the ending of a counter's name by itself.
        family = shown.setdefault(
            name, Shown(name.removesuffix("_total"), metric.about, metric.kind)
        )
        labels = (*metric.labels, *(WORKER for _ in worker))
        for sample in found.samples:
            values = dict(zip(labels, (*sample.labels, *worker), strict=True))
            if sample.bound:
                values["le"] = sample.bound
            family.add_sample(f"{name}{sample.suffix}", values, sample.value)
    encode, kind = choose_encoder(accepted)
    return encode(_Collector([shown[name] for name in BY_NAME if name in shown])), kind
