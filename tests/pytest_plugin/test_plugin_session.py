"""The plugin in sessions of their own: what it starts, what it does not, and what it says."""

import pytest

SANDBOXES = """
    import json

    def names(vezne):
        return vezne.url, vezne.iyzico.api_key

    def test_one(vezne):
        print("SAW", *names(vezne))

    def test_two(vezne):
        print("SAW", *names(vezne))
"""


def run(pytester, *arguments):
    """A session of pytest in a process of its own, without what ours is configured with."""
    return pytester.runpytest_subprocess(
        "-p", "vezne_pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", *arguments
    )


def seen(result):
    """What the sandboxes of a session were."""
    lines = (line.partition("SAW ")[2] for line in result.outlines if "SAW " in line)
    return [tuple(line.split()) for line in lines]


@pytest.fixture(autouse=True)
def alone(pytester):
    """Nothing of asyncio in the inner sessions: they would warn of a setting."""
    pytester.makeini("[pytest]\naddopts = -p no:asyncio -p no:cov\n")


def test_a_session_that_needs_no_sandbox_pays_for_none(pytester):
    """No server is started, and neither the product is loaded nor what would start it."""
    pytester.makepyfile(
        """
        import sys

        def test_nothing():
            loaded = [name for name in sys.modules if name.partition(".")[0] == "vezne"]
            assert loaded == []
            parts = [name for name in sys.modules if name.startswith("vezne_pytest.")]
            assert parts == []
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_one_server_and_a_merchant_a_test(pytester, monkeypatch):
    """Whatever the developer has set for a Vezne of their own."""
    monkeypatch.setenv("VEZNE_LISTEN", "nonsense")
    pytester.path.joinpath("vezne.toml").write_text("colour = 'red'\n")
    pytester.makepyfile(SANDBOXES)
    result = run(pytester, "-s")
    result.assert_outcomes(passed=2)
    (url, first), (same, second) = seen(result)
    assert url == same
    assert first != second


def test_every_worker_has_a_server(pytester):
    """With pytest-xdist nobody waits for another worker's server."""
    pytester.makepyfile(SANDBOXES.replace("print(", "print_to_file("))
    pytester.makeconftest(
        """
        import builtins, os, pathlib

        def print_to_file(*words):
            name = os.environ["PYTEST_XDIST_WORKER"]
            with pathlib.Path(__file__).with_name(f"{name}.txt").open("a") as file:
                file.write(" ".join(words) + "\\n")

        builtins.print_to_file = print_to_file
        """
    )
    run(pytester, "-n", "2", "--dist", "each").assert_outcomes(passed=4)
    files = sorted(pytester.path.glob("gw*.txt"))
    assert len({file.read_text().split()[1] for file in files}) == 2


def test_a_server_that_cannot_start_is_heard(pytester):
    """Its own words are in the report; every test that needs it fails, and no other."""
    pytester.makepyfile(SANDBOXES, test_else="def test_else(): pass")
    result = run(pytester, "-o", "vezne_arguments=--iyzico-profile baroque")
    result.assert_outcomes(passed=1, errors=2)
    result.stdout.fnmatch_lines(["*vezne serve ended:*", "*--iyzico-profile must be*"])


def test_a_server_that_ends_early_is_heard(pytester):
    """A test that gets no answer shows what the server said last."""
    pytester.makepyfile(
        """
        import pytest

        def test_first(vezne_server):
            vezne_server._process.stop()

        def test_second(vezne):
            pass
        """
    )
    result = run(pytester)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*no sandbox for this test: no answer from*", "*has ended*"])


def test_a_server_that_runs_already(pytester, vezne_server):
    """It is used, by its data directory's keys, and lives on."""
    pytester.makepyfile(SANDBOXES)
    options = ("--vezne-url", vezne_server.url, "--vezne-tls-url", vezne_server.tls_url)
    result = run(pytester, "-s", *options, "--vezne-data", str(vezne_server.data))
    result.assert_outcomes(passed=2)
    assert {url for url, _ in seen(result)} == {vezne_server.url}
    sandbox = vezne_server.new_sandbox("still there")
    sandbox.close()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "*sandbox.json: No such file or directory; --vezne-data says*"),
        ({"sandbox.json": "{}"}, "*sandbox.json is not what a sandbox writes*"),
        (
            {"sandbox.json": '{"iyzico": {"api_key": "a", "secret_key": "b"}}', "ca.pem": ""},
            "*no sandbox for this test: unauthorized:*",
        ),
    ],
)
def test_a_server_that_is_not_as_it_should_be(pytester, vezne_server, files, words):
    """One line says what to do about it."""
    pytester.makepyfile("def test_one(vezne): pass")
    folder = pytester.mkdir("there")
    for name, text in files.items():
        folder.joinpath(name).write_text(text)
    result = run(pytester, "--vezne-url", vezne_server.url, "--vezne-data", str(folder))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([words])
