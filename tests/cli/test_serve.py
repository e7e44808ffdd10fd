"""`livedeck serve` and `livedeck demo` as processes: they start, say what is wrong, and end cleanly."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from livedeck.cli.serve import ServeSettings, addresses_for_others, deck_defaults, for_attempts, surroundings
from livedeck.client import Client
from livedeck.testing.process import READY, running_server

DEADLINE = 60.0


def finish(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command that is to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "livedeck.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )


class Running:
    """A command that stays until it is ended."""

    def __init__(self, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "livedeck.cli", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )
        self.output = ""

    def until(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Read its output up to a line that matches."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if found := pattern.search(line):
                return found
        raise AssertionError(f"it ended without {pattern.pattern!r}:\n{self.output}{self.process.stderr.read()}")

    def interrupt(self) -> tuple[int, str]:
        """End it as Ctrl-C in a terminal does: the whole group gets the signal; return status and last words."""
        os.killpg(self.process.pid, signal.SIGINT)
        output, errors = self.process.communicate(timeout=DEADLINE)
        self.output += output
        return self.process.returncode, errors


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start a command; it is killed with the test's end if it still runs."""
    started: list[Running] = []

    def begin(*arguments: str, **options: dict[str, str]) -> Running:
        started.append(Running(*arguments, **options))
        return started[-1]

    yield begin
    for each in started:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)
            each.process.communicate()
        for stream in (each.process.stdout, each.process.stderr):
            stream.close()


def test_ctrl_c_ends_it_without_a_word_and_leaves_no_process(start: Callable[..., Running], tmp_path: Path) -> None:
    running = start("serve", "--port", "0", "--data-dir", str(tmp_path / "data"))
    url = running.until(READY)[1]
    with Client(url.removeprefix("http://")) as client:
        assert client.version()
    zygotes = psutil.Process(running.process.pid).children(recursive=True) + processes_in(tmp_path)
    status, errors = running.interrupt()
    assert status == 0
    assert errors == ""
    _, alive = psutil.wait_procs(zygotes, timeout=DEADLINE)
    assert alive == []
    wait_until(lambda: processes_in(tmp_path) == [])


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = finish("serve", "--port", str(port), "--data-dir", str(tmp_path / "data"))
    assert ended.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--data-dir", "{file}"], 2, ["--data-dir", "is a file"]),
        (["--data-dir", "{file}/below"], 1, ["{file}/below", "--data-dir", "choose another"]),
        (["--data-dir", "/proc/livedeck"], 1, ["/proc/livedeck", "--data-dir", "choose another"]),
        (["--root", "ftp://somewhere"], 1, ["ftp://somewhere", "file://", "s3://"]),
        (["--root", "file:///proc/livedeck"], 1, ["/proc/livedeck", "root"]),
        (["--database", "oracle://x"], 1, ["database", "sqlite", "postgresql"]),
        (["--database", "sqlite:////proc/livedeck/x.db"], 1, ["/proc/livedeck", "database"]),
        (["--host", "no.such.host.invalid"], 1, ["no.such.host.invalid"]),
        (["--public-url", "decks.example"], 1, ["public_url", "decks.example", "https://name"]),
        (["--allowed-host", "x:80"], 1, ["allowed_hosts", "x:80"]),
        (["--port", "70000"], 2, ["--port", "70000"]),
        (["--deck-min-interval", "soon"], 2, ["--deck-min-interval", "'soon' is not a number of seconds"]),
        (["--deck-max-bytes", "12"], 2, ["--deck-max-bytes", "LIVEDECK_DECK_MAX_BYTES", "at least 1024"]),
        (["--log-level", "loud"], 2, ["--log-level", "loud"]),
    ],
)
def test_what_cannot_work_is_named(tmp_path: Path, options: list[str], status: int, words: list[str]) -> None:
    file = tmp_path / "file"
    file.touch()
    given = ["--port", "0", "--data-dir", str(tmp_path / "data"), *(each.format(file=file) for each in options)]
    ended = finish("serve", *given)
    assert ended.returncode == status, ended.stderr
    for word in words:
        assert word.format(file=file) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_options_are_environment_variables_too(start: Callable[..., Running], tmp_path: Path) -> None:
    chosen = {
        "LIVEDECK_PORT": "0",
        "LIVEDECK_DATA_DIR": str(tmp_path / "data"),
        "LIVEDECK_ROOT": (tmp_path / "elsewhere").as_uri(),
        "LIVEDECK_DATABASE": f"sqlite:///{tmp_path / 'own.db'}",
    }
    running = start("serve", environment=chosen)
    running.until(READY)
    assert running.interrupt() == (0, "")
    assert (tmp_path / "own.db").exists()
    assert (tmp_path / "elsewhere").is_dir()
    assert (tmp_path / "data" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("name", ["my dätä", "a%20b", "a?b#c", "data"])
def test_any_folder_will_do(start: Callable[..., Running], tmp_path: Path, name: str) -> None:
    way = os.path.relpath(tmp_path / name) if name == "data" else str(tmp_path / name)  # "../..", and so on
    running = start("serve", "--port", "0", "--data-dir", way)
    running.until(READY)
    assert running.interrupt() == (0, "")
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert {"livedeck.db", "store", "run"} <= {each.name for each in (tmp_path / name).iterdir()}


def test_names_that_it_goes_by(start: Callable[..., Running], tmp_path: Path) -> None:
    names = {"LIVEDECK_ALLOWED_HOSTS": "decks.lan decks.example"}
    data = ["--port", "0", "--data-dir", str(tmp_path / "data")]
    running = start("serve", *data, "--public-url", "https://decks.public", environment=names)
    running.until(re.compile("livedeck is ready at https://decks.public/console/"))
    endpoint = re.search(r"gRPC and REST at (\S+);", running.output)
    assert endpoint is not None
    for host, status in (("decks.lan", 200), ("decks.example:80", 200), ("decks.public", 200), ("evil.example", 403)):
        answer = httpx.get(f"http://{endpoint[1]}/healthz", headers={"host": host}, timeout=DEADLINE)
        assert answer.status_code == status
    assert running.interrupt() == (0, "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--parallel", "3"], r"Up to 3 attempts run at once, on \S+ CPUs?\."),
        ([], r"Up to \d+ attempts run at once, two for each CPU, fewer where tasks ask for more \(see --parallel\)\."),
    ],
)
def test_how_many_run_at_once_is_said_and_can_be_set(
    start: Callable[..., Running], tmp_path: Path, options: list[str], words: str
) -> None:
    running = start("serve", "--port", "0", "--data-dir", str(tmp_path / "data"), *options)
    running.until(re.compile(words))
    assert running.interrupt() == (0, "")


def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        ended = finish("serve", "--port", "0", "--data-dir", str(tmp_path / "data"))
        assert ended.returncode == 1
        assert f"another server (process {server.pid})" in ended.stderr
        with Client(server.endpoint) as client:
            assert client.version()


def test_attempts_see_the_servers_environment_but_not_what_is_for_the_server_alone() -> None:
    own = {"LIVEDECK_DATABASE": "with a password", "LIVEDECK_PORT": "1"}
    given = {"API_TOKEN": "a", "LIVEDECK_CODE_CACHE": "/b", **own}
    assert for_attempts(given) == {"API_TOKEN": "a", "LIVEDECK_CODE_CACHE": "/b"}


def test_attempts_find_code_in_the_folder_that_the_server_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert for_attempts({"LIVEDECK_CODE_CACHE": "code"}) == {"LIVEDECK_CODE_CACHE": str(tmp_path / "code")}


def test_what_every_attempt_needs_is_taken_from_the_servers_environment() -> None:
    given = {"API_TOKEN": "a", "AWS_REGION": "b", "LIVEDECK_RESULT_TIMEOUT": "60"}
    assert surroundings("s3://bucket", given) == {"AWS_REGION": "b", "LIVEDECK_RESULT_TIMEOUT": "60"}
    assert surroundings("file:///folder", given) == {"LIVEDECK_RESULT_TIMEOUT": "60"}


def test_attempts_are_told_how_decks_are_published_whose_tasks_do_not_say(tmp_path: Path) -> None:
    settings = ServeSettings("127.0.0.1", 0, tmp_path, None, None, deck_min_interval=2.0, deck_history=False)
    assert deck_defaults(settings) == {"LIVEDECK_DECK_MIN_INTERVAL": "2.0", "LIVEDECK_DECK_HISTORY": "false"}


def test_an_executor_that_there_is_not_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    ended = finish("serve", "--data-dir", str(tmp_path / "data"), "--executor", "nowhere")
    assert ended.returncode == 1
    assert "there is no executor 'nowhere' (--executor, LIVEDECK_EXECUTOR); there are: " in ended.stderr
    assert "process" in ended.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_the_demo_runs_its_example_and_stays_until_ctrl_c(start: Callable[..., Running], tmp_path: Path) -> None:
    running = start("demo", "--epochs", "1", "--port", "0", "--data-dir", str(tmp_path / "data"))
    running.until(READY)
    running.until(re.compile(r"^Execution \S+: http://127\.0\.0\.1:\d+/console/projects/"))
    assert running.until(re.compile(r"^execution +(?!running)(\w+)"))[1] == "succeeded", running.output
    assert re.search(r"Deck: http://", running.output)
    running.until(re.compile(r"^The server stays at http://127\.0\.0\.1:\d+/console/ until Ctrl-C"))
    status, errors = running.interrupt()
    assert status == 0
    assert errors == ""


def processes_in(folder: Path) -> list[psutil.Process]:
    """The processes that were started on data in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(folder) in argument for argument in process.cmdline()) and process.pid != os.getpid():
                found.append(process)
        except psutil.Error:
            continue  # it has ended meanwhile
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once it holds; raise if it does not in time."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("host", "addresses"),
    [("127.0.0.1", []), ("localhost", []), ("::1", []), ("192.0.2.7", ["192.0.2.7"]), ("example.org", ["example.org"])],
)
def test_other_machines_are_told_an_address_only_where_there_is_one(host: str, addresses: list[str]) -> None:
    assert addresses_for_others(host) == addresses


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_server_on_all_addresses_names_those_of_this_machine(host: str) -> None:
    own = {each.address.partition("%")[0] for found in psutil.net_if_addrs().values() for each in found}
    told = addresses_for_others(host)
    assert set(told) <= own
    assert not {"127.0.0.1", "::1"} & set(told)
    assert all(":" not in address for address in told) or host == "::"
