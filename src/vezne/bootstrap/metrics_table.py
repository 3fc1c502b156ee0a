"""Every metric that `/metrics` tells, as the documentation, the dashboard and the alerts know them.

Nothing is told that is not here. Names follow the conventions of Prometheus: seconds and bytes,
`_total` behind what only grows.
"""

from typing import Final

from vezne.edge.metrics import Metric

TABLE: Final = (
    Metric(
        name="vezne_build_info",
        kind="gauge",
        about="Always 1; what is running, as labels.",
        labels=("version", "python", "mode", "database"),
    ),
    Metric(
        name="vezne_requests_total",
        kind="counter",
        about="Requests by what became of them: `served`, `declined` by a bank, `refused`, "
        "`unauthenticated`, `turned_away` by the guard, `overloaded`, or `failed` by a fault of "
        "ours.",
        labels=("door", "operation", "outcome"),
    ),
    Metric(
        name="vezne_request_duration_seconds",
        kind="histogram",
        about="From the last byte of a request to its answer.",
        labels=("door", "operation"),
    ),
    Metric(
        name="vezne_requests_in_flight",
        kind="gauge",
        about="Requests that are being answered.",
    ),
    Metric(
        name="vezne_connections_open",
        kind="gauge",
        about="Connections of clients, idle ones included.",
    ),
    Metric(
        name="vezne_event_loop_lag_seconds",
        kind="histogram",
        about="How late the event loop comes to what is due, looked at four times a second.",
    ),
    Metric(
        name="vezne_load_lag_seconds",
        kind="gauge",
        about="How far the process is behind, as the refusal of too much load measures it.",
    ),
    Metric(
        name="vezne_load_refused_ratio",
        kind="gauge",
        about="Which share of new requests is refused for that now, from 0 to 1.",
    ),
    Metric(
        name="vezne_database_group_batches",
        kind="histogram",
        about="Batches of writes that were committed together.",
        labels=("database",),
    ),
    Metric(
        name="vezne_database_batches_waiting",
        kind="gauge",
        about="Batches that wait for the commit before theirs.",
        labels=("database",),
    ),
    Metric(
        name="vezne_database_conflicts_total",
        kind="counter",
        about="Batches of which nothing was written because somebody else was first; most are "
        "decided again.",
        labels=("database",),
    ),
    Metric(
        name="vezne_database_failures_total",
        kind="counter",
        about="Batches that failed with the database.",
        labels=("database",),
    ),
    Metric(
        name="vezne_bank_calls_total",
        kind="counter",
        about="Questions to a bank by what it answered: `approved`, `declined`, `challenge`, "
        "`not_found`, `reversed`, `unknown` when it said nothing of use, `failed` when it could "
        "not be asked.",
        labels=("acquirer", "operation", "result"),
    ),
    Metric(
        name="vezne_bank_call_duration_seconds",
        kind="histogram",
        about="How long a bank took to answer.",
        labels=("acquirer", "operation"),
    ),
    Metric(
        name="vezne_webhook_deliveries_total",
        kind="counter",
        about="Tries to tell a merchant, `delivered` or `failed`; a notice may take several.",
        labels=("door", "result"),
    ),
    Metric(
        name="vezne_webhook_delivery_duration_seconds",
        kind="histogram",
        about="How long a merchant's server took.",
        labels=("door",),
    ),
    Metric(
        name="vezne_guard_turned_away_total",
        kind="counter",
        about="Requests that the guard turned away, by why.",
        labels=("reason",),
    ),
    Metric(
        name="vezne_guard_locked_out_total",
        kind="counter",
        about="Lock-outs that the guard began, by why.",
        labels=("reason",),
    ),
    Metric(
        name="vezne_audit_lines_total",
        kind="counter",
        about="Lines of the audit trail.",
    ),
    Metric(
        name="vezne_audit_lines_waiting",
        kind="gauge",
        about="Lines that are not on the disk yet.",
    ),
    Metric(
        name="vezne_audit_failures_total",
        kind="counter",
        about="How often it was in vain to write to the trail.",
    ),
    Metric(
        name="vezne_audit_failing",
        kind="gauge",
        about="1 while the trail cannot be written, and so nothing is done that needs a line.",
    ),
    Metric(
        name="vezne_cards_in_transit",
        kind="gauge",
        about="Cards that the vault holds for requests under way.",
    ),
    Metric(
        name="vezne_cards_held",
        kind="gauge",
        about="Cards that the vault holds from one request to another, while their holders are "
        "authenticated.",
    ),
    Metric(
        name="vezne_payments_waiting",
        kind="gauge",
        about="Payments `uncertain` because a bank's answer is missing, or in `review` by their "
        "merchant. At most 10,000 are counted.",
        labels=("standing",),
        is_shared=True,
    ),
    Metric(
        name="vezne_payments_waiting_oldest_age_seconds",
        kind="gauge",
        about="How long ago the oldest of them began; 0 when there is none.",
        labels=("standing",),
        is_shared=True,
    ),
    Metric(
        name="vezne_notices_planned",
        kind="gauge",
        about="Webhooks that are still to be told, now or at a later try. At most 10,000 are "
        "counted.",
        is_shared=True,
    ),
    Metric(
        name="vezne_notices_due",
        kind="gauge",
        about="Those whose time has come. At most 10,000 are counted.",
        is_shared=True,
    ),
    Metric(
        name="vezne_notices_due_oldest_age_seconds",
        kind="gauge",
        about="For how long the oldest of them has been due; 0 when none is.",
        is_shared=True,
    ),
    Metric(
        name="vezne_keys_active",
        kind="gauge",
        about="Keys with a cryptoperiod that seal or wrap, master keys among them.",
        is_shared=True,
    ),
    Metric(
        name="vezne_key_oldest_age_seconds",
        kind="gauge",
        about="The age of the oldest of them.",
        is_shared=True,
    ),
    Metric(
        name="vezne_keys_overdue",
        kind="gauge",
        about="Keys that seal or wrap beyond their cryptoperiod: `vezne keys rotate`.",
        is_shared=True,
    ),
    Metric(
        name="vezne_data_disk_free_bytes",
        kind="gauge",
        about="Free space where the data directory is.",
        is_shared=True,
    ),
    Metric(
        name="vezne_data_disk_size_bytes",
        kind="gauge",
        about="All space there.",
        is_shared=True,
    ),
    Metric(
        name="vezne_figures_missing",
        kind="gauge",
        about="1 for figures that could not be found out: `books`, `keys`, `disk`.",
        labels=("part",),
        is_shared=True,
    ),
    Metric(
        name="vezne_workers_told",
        kind="gauge",
        about="Workers of this machine whose figures these are.",
        is_shared=True,
    ),
    Metric(
        name="process_start_time_seconds",
        kind="gauge",
        about="When the process began, in seconds since 1970.",
    ),
    Metric(
        name="process_cpu_seconds_total",
        kind="counter",
        about="Processor time, in user and system mode.",
    ),
    Metric(
        name="process_resident_memory_bytes",
        kind="gauge",
        about="Memory in use.",
    ),
    Metric(
        name="process_virtual_memory_bytes",
        kind="gauge",
        about="Address space.",
    ),
    Metric(
        name="process_open_fds",
        kind="gauge",
        about="Open files and sockets.",
    ),
    Metric(
        name="process_max_fds",
        kind="gauge",
        about="How many there may be.",
    ),
)
BY_NAME: Final = {metric.name: metric for metric in TABLE}
# What tells the processes of one machine apart.
WORKER: Final = "worker"


def to_markdown() -> str:
    """The table of the documentation."""
    lines = ["| metric | kind | labels | what it tells |", "|---|---|---|---|"]
    for metric in TABLE:
        labels = metric.labels if metric.is_shared else (*metric.labels, WORKER)
        shown = ", ".join(f"`{label}`" for label in labels) or "none"
        lines.append(f"| `{metric.name}` | {metric.kind} | {shown} | {metric.about} |")
    return "\n".join(lines) + "\n"
