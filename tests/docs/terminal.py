"""A terminal for the commands of a page: a home, a folder with the guide's programs, a shell, and a port for servers.

A command runs as it stands on the page. What differs from run to run (times, generated names, ports, folders) is
written alike before what was printed is compared with what the page says.
"""

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from livedeck.testing.ports import free_port
from tests.docs.pages import PROGRAMS, STOP, Step

HOME = "/home/ada"
"""What the pages call the reader's home."""
PORT = 8080
"""The port that servers have on the pages."""
_SERVE = re.compile(r"(\w+=\S+ )*livedeck serve\b")
_LAST_LINE_OF_SERVE = re.compile(r"^Up to .* at once")
_STAYS = re.compile(r"Ctrl-C")
_VIEWED = re.compile(r"page stays until Ctrl-C")
_NEEDS_SERVER = re.compile(r"--remote|livedeck (get|watch|abort|relaunch|recover|delete|register|prune (?!--local))")
_END = "\x1eend of the command "

_UNLIKE = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"\ba[a-z0-9]{19}\b"), "NAME"),
    (re.compile(r"\b[a-z2-7]{20}\b"), "VERSION"),
    (re.compile(r"\b([0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64})\b"), "DIGEST"),
    (re.compile(r"\b\d{8}-\d{6}-\d+\b"), "RUN"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)?"), "MOMENT"),
    (re.compile(r"(?<![\w.])\d[\d,]*(\.\d+)? (us|ms|s|min|h|d)\b( \d+ (s|min|h))?( ago)?"), "TIME"),
    (re.compile(r"(?<![\w.])\d+(\.\d+)? (B|bytes|kB|KB|MB|GB|KiB|MiB|GiB)\b"), "SIZE"),
    (re.compile(r"\b\d+(\.\d+)? (CPUs?|cores?)\b"), "CORES"),
    (re.compile(r"\bUp to \d+ attempts?\b"), "Up to N attempts"),
    (re.compile(r"version \d+\.\d+\.\d+\S*"), "version N"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"\(process \d+\)"), "(process N)"),
    (re.compile(r"\bDeleted \d+ folders?"), "Deleted N folders"),
    (re.compile(r"[ \t]+"), " "),
    (re.compile(r"^n\d+( \S+ queued )", re.MULTILINE), r"nN\1"),
    # Whether a command that follows an execution sees that something runs, or only that it is over, is chance.
    (re.compile(r"^ *(execution|attempt \d+|[\w/-]+( \S+)*) running( Deck: .*)?\n", re.MULTILINE), ""),
    # And with it whether the Deck is told of on that line or on the one of the end.
    (re.compile(r"( (?:succeeded|failed|cached|aborted)\b.*) Deck: http\S+$", re.MULTILINE), r"\1"),
)


_ENDED = re.compile(r"\S+ \S.* (succeeded|failed|cached|aborted)\b")
_CHANCE = re.compile(r" ?\S.* queued\b|\S.* running \d+ of \d+ items over\b")
"""Lines that come where something waits for long enough, or is looked at before it is over: on a slow machine."""


def alike(text: str) -> str:
    """Write all that differs from run to run in one way."""
    for pattern, replacement in _UNLIKE:
        text = pattern.sub(replacement, text)
    lines = [line.rstrip() for line in text.strip().splitlines()]
    # Which of several nodes that run at once ends first is chance.
    groups = itertools.groupby(lines, key=lambda line: _ENDED.match(line) is not None)
    return "\n".join(line for ended, group in groups for line in (sorted(group) if ended else group))


def matches(expected: str, printed: str) -> bool:
    """Whether a page's text is what was printed; a line ``...`` stands for any number of lines."""
    wanted, told = alike(expected).splitlines(), alike(printed).splitlines()
    if not any(map(_CHANCE.match, wanted)):
        told = [line for line in told if not _CHANCE.match(line)]
    return _fits(wanted, told)


def _fits(expected: list[str], printed: list[str]) -> bool:
    if "..." not in expected:
        return expected == printed
    at = expected.index("...")
    ends = range(at, len(printed) + 1)
    return printed[:at] == expected[:at] and any(_fits(expected[at + 1 :], printed[end:]) for end in ends)


NOT_TAKEN = ("LIVEDECK_", "XDG_", "AWS_", "AZURE_", "GOOGLE_")
"""How variables begin that commands do not see: settings and credentials, the tester's own and those of other tests."""


class Terminal:
    """Runs commands one after the other; leaving it ends what it started.

    Args:
        folder: Where home is made.
    """

    def __init__(self, folder: Path) -> None:
        self.home = folder / "ada"
        self.work = self.home / "work"
        shutil.copytree(PROGRAMS, self.work, ignore=shutil.ignore_patterns("__pycache__"))
        self.port = free_port()
        self._shell: subprocess.Popen[str] | None = None
        self._server: subprocess.Popen[str] | None = None
        self._served = ""
        self._takes_server_for_granted = True
        """Until the page starts one itself."""

    def __enter__(self) -> Self:
        self._shell = self._start(["bash", "--norc", "--noprofile"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop_server()
        if self._shell is not None:
            assert self._shell.stdin is not None
            assert self._shell.stdout is not None
            self._shell.stdin.close()
            self._shell.wait()
            self._shell.stdout.close()

    def run(self, step: Step) -> str:
        """Run a command of a page and return what it printed, in the page's words."""
        if _SERVE.match(step.command):
            return self._in_words(self._run_serve(step))
        command = step.command.replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{self.port}")
        if self._takes_server_for_granted and self._server is None and _NEEDS_SERVER.search(step.command):
            self._start_server("livedeck serve")
        if step.stops:
            return self._in_words(self._run_until_it_stays(command))
        return self._in_words(self._run_in_shell(command))

    def _run_in_shell(self, command: str) -> str:
        assert self._shell is not None
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{command}\nprintf '\\n{_END}%s\\n' $?\n")
        self._shell.stdin.flush()
        lines: list[str] = []
        for line in self._shell.stdout:
            if line.startswith(_END):
                return "".join(lines).removesuffix("\n")
            lines.append(line)
        raise AssertionError(f"the shell ended in {command!r}: {''.join(lines)}")

    def _run_until_it_stays(self, command: str) -> str:
        """Run a command that says that it stays until Ctrl-C, and type that then."""
        process = self._start(["bash", "--norc", "--noprofile", "-c", command])
        printed = _read_until(process, _VIEWED if " --view " in command else _STAYS)
        return f"{printed}{_interrupt(process)}{STOP}"

    def _run_serve(self, step: Step) -> str:
        """Start a server; or, with ^C, end it: what a terminal shows from the start of the command to its end."""
        if self._takes_server_for_granted:
            self._takes_server_for_granted = False
            self._stop_server()
        if self._server is None:
            self._start_server(step.command)
        elif not step.stops:
            return self._run_in_shell(step.command)  # a second one, which ends by itself
        return f"{self._served}{self._stop_server()}{STOP}" if step.stops else self._served

    def _start_server(self, command: str) -> None:
        server = self._start(["bash", "--norc", "--noprofile", "-c", command])
        self._served = _read_until(server, _LAST_LINE_OF_SERVE)
        if server.poll() is None:
            self._server = server
        else:
            _close(server)

    def _stop_server(self) -> str:
        """End the server with Ctrl-C; return what else it printed."""
        server, self._server = self._server, None
        return "" if server is None else _interrupt(server)

    def _start(self, command: list[str]) -> "subprocess.Popen[str]":
        bin_folder = Path(sys.executable).parent
        return subprocess.Popen(
            command,
            cwd=self.work,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith(NOT_TAKEN)},
                "HOME": str(self.home),
                "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
                "PYTHONUNBUFFERED": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                "COLUMNS": "100",
                "LIVEDECK_PORT": str(self.port),
                "LIVEDECK_ENDPOINT": f"127.0.0.1:{self.port}",
            },
        )

    def _in_words(self, printed: str) -> str:
        """Write folders and port as the pages do."""
        named = (
            printed.replace(str(self.home), HOME)
            .replace(str(Path(sys.executable).parent.parent), f"{HOME}/work/.venv")
            .replace(f":{self.port}", f":{PORT}")
        )
        return "\n".join(line.rstrip() for line in named.strip("\n").splitlines())


def _read_until(process: "subprocess.Popen[str]", last: re.Pattern[str]) -> str:
    """Return what a process prints, up to a line, or to its end."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if last.search(line):
            return "".join(lines)
    process.wait()
    return "".join(lines)


def _interrupt(process: "subprocess.Popen[str]") -> str:
    """Do what Ctrl-C in a terminal does; return what else is printed."""
    assert process.stdout is not None
    os.killpg(process.pid, signal.SIGINT)
    last = process.stdout.read()
    process.wait()
    _close(process)
    return last


def _close(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
