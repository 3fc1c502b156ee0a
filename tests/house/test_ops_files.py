"""What is in `ops/` fits the program: dashboard, alerts, service and container."""

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path

import promql_parser
import pytest
import yaml

from vezne.bootstrap.metrics_table import TABLE, WORKER
from vezne.settings_table import BY_VARIABLE

ROOT = Path(__file__).parents[2]
OPS = ROOT / "ops"
SUFFIXES = {"histogram": ("_bucket", "_count", "_sum")}
# What Prometheus adds to everything.
SCRAPED = {"job", "instance", "le"}
KNOWN = {
    f"{metric.name}{suffix}": {*metric.labels, WORKER} | SCRAPED
    for metric in TABLE
    for suffix in SUFFIXES.get(metric.kind, ("",))
} | {"up": SCRAPED}


def dashboard():
    return json.loads((OPS / "grafana" / "vezne.json").read_text())


def panels():
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def rules():
    groups = yaml.safe_load((OPS / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def selectors(expression):
    """Every selector of an expression: its metric, and the labels that it looks at."""
    found = []

    def look(node):
        if isinstance(node, promql_parser.VectorSelector):
            labels = {matcher.name for matcher in node.matchers.matchers}
            found.append((node.name, labels))
        for name in dir(node):
            child = getattr(node, name)
            children = child if isinstance(child, list) else [child]
            for each in children:
                if isinstance(each, promql_parser.Expr) and not name.startswith("_"):
                    look(each)

    look(promql_parser.parse(expression))
    return found


def check(expression):
    """Parse an expression, and see that what it asks for is told."""
    found = selectors(expression)
    assert found, expression
    for name, labels in found:
        assert name in KNOWN, name
        assert labels <= KNOWN[name], (name, labels)
    grouped = re.findall(r"\bby \(([^)]*)\)", expression)
    names = {name.strip() for group in grouped for name in group.split(",")}
    assert names <= set().union(*(KNOWN[name] for name, _ in found))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_can_fire_and_says_what_to_do(rule):
    """Its expression is PromQL over metrics that exist; a person is told what it means."""
    check(rule["expr"])
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    assert rule["labels"]["severity"] in {"critical", "warning"}
    summary, runbook = rule["annotations"]["summary"], rule["annotations"]["runbook"]
    assert len(summary) > 20
    assert len(runbook) > 60
    for page in re.findall(r"docs/[\w-]+\.md", runbook):
        assert (ROOT / page).exists(), page


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_every_panel_asks_for_metrics_that_exist(panel):
    """With Grafana's own variables put in, every query is PromQL."""
    assert panel["targets"]
    for target in panel["targets"]:
        query = target["expr"].replace("$__rate_interval", "1m")
        query = re.sub(r"\$(job|instance|door)\b", ".*", query)
        assert "$" not in query
        check(query)


def test_the_dashboard_loads():
    """Ids of their own, places that do not overlap, and variables that Grafana can ask for."""
    board = dashboard()
    assert board["schemaVersion"] >= 36
    assert (board["title"], board["uid"]) == ("Vezne", "vezne")
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    taken = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    variables = {variable["name"] for variable in board["templating"]["list"]}
    assert variables == {"datasource", "job", "instance", "door"}
    for variable in board["templating"]["list"][1:]:
        asked = re.fullmatch(r"label_values\((\w+)(?:\{.*\})?, (\w+)\)", variable["query"]["query"])
        assert asked[2] in KNOWN[asked[1]]
    assert {panel["datasource"]["uid"] for panel in panels()} == {"${datasource}"}


def test_every_metric_is_on_the_dashboard_or_in_an_alert():
    """A metric that nobody looks at is not worth its cost."""
    texts = [target["expr"] for panel in panels() for target in panel["targets"]]
    texts += [rule["expr"] for rule in rules()]
    texts += [each["query"]["query"] for each in dashboard()["templating"]["list"][1:]]
    spare = {"process_start_time_seconds", "process_virtual_memory_bytes"}
    unused = {metric.name for metric in TABLE if not any(metric.name in text for text in texts)}
    assert unused <= spare


def test_the_service_is_hardened():
    """It runs as nobody who matters, writes to its own directory only, and stops in good order."""
    path = OPS / "systemd" / "vezne.service"
    # Of keys that are there twice the last one counts, which is enough here.
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read_string(path.read_text())
    service = unit["Service"]
    assert service["User"] == "vezne"
    for key in ("NoNewPrivileges", "MemoryDenyWriteExecute", "PrivateTmp", "LockPersonality"):
        assert service[key] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert int(service["LimitNOFILE"]) >= 4096
    # Longer than a server waits for requests in flight.
    assert int(service["TimeoutStopSec"]) > 40
    variables = re.findall(r"^Environment=(\w+)=", path.read_text(), re.MULTILINE)
    assert set(variables) <= set(BY_VARIABLE)


def test_systemd_understands_the_service(tmp_path):
    """No key is misspelt; and systemd itself finds it well protected."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd")
    text = (OPS / "systemd" / "vezne.service").read_text()
    unit = tmp_path / "vezne.service"
    # The program is not installed here.
    unit.write_text(text.replace("/opt/vezne/bin/vezne", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unrecognized option" in rated.stderr:
        pytest.skip("systemd is too old to rate a file")
    assert rated.returncode == 0, rated.stdout


def test_the_container_is_locked_and_without_rights():
    """Hashes for everything, a user of its own, a health check, and settings that exist."""
    text = (OPS / "container" / "Containerfile").read_text()
    assert "--require-hashes -r requirements.lock" in text
    assert re.search(r"^USER 10001", text, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*", text, re.MULTILINE)
    assert "/health" in text
    assert re.search(r"^VOLUME /data$", text, re.MULTILINE)
    for name in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / each).exists() for each in name.split())
    assert set(re.findall(r"\bVEZNE_\w+", text)) <= set(BY_VARIABLE)


def test_the_compose_file_has_no_secret():
    """The password is asked of the environment; every setting exists."""
    text = (OPS / "container" / "compose.yml").read_text()
    services = yaml.safe_load(text)["services"]
    assert set(services["vezne"]["environment"]) <= set(BY_VARIABLE)
    assert services["vezne"]["build"]["dockerfile"] == "ops/container/Containerfile"
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${")
    assert ":${POSTGRES_PASSWORD:?" in services["vezne"]["environment"]["VEZNE_DATABASE"]
