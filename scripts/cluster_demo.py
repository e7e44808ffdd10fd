"""`make cluster-demo`: a whole deployment on this machine, with two examples on it whose Decks are live.

It runs under ``livedeck.testing.cluster.supervisor``, so that nothing is left of it whatever becomes of it.
"""

import argparse
import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from flyteidl.core.execution_pb2 import WorkflowExecution

from livedeck.client import Client, has_ended
from livedeck.errors import RemoteUnavailable
from livedeck.testing.cluster.deployment import Deployment
from livedeck.testing.cluster.part import Interrupted, Part, PartEnded

EXAMPLES = Path(__file__).parents[1] / "examples"
DIGITS, MINIMUM = "digits", "minimum"
"""Names of the executions."""
PAUSE = 0.5


class Interrupts:
    """Ctrl-C, and what asks a process to end. The second ends this one at once, and its supervisor the rest."""

    def __init__(self) -> None:
        self.came = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: object) -> None:
        if self.came:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.came = True


def main() -> int:
    """Run the demonstration until Ctrl-C; return 0, or 1 if it did not come to be."""
    given = _arguments()
    interrupts = Interrupts()
    # In a folder of a short path: sockets are in it. PostgreSQL may run as another user, who has to get there.
    folder = Path(tempfile.mkdtemp(prefix="ld-", dir="/tmp"))
    folder.chmod(0o711)
    deployment = Deployment(folder, port=given.port)
    try:
        deployment.start(lambda what: _say(f"Starting {what} ..."), lambda: interrupts.came)
        _say(f"livedeck is ready at {deployment.url}/console/\n")
        _start_examples(deployment, given)
        _show_parts(deployment)
        _watch(deployment, interrupts)
    except Interrupted:
        pass
    except (PartEnded, TimeoutError, subprocess.CalledProcessError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    finally:
        _say("\nEnding everything ...")
        deployment.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="cluster-demo", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=8080, help="of the proxy, where the console is (8080; 0: a free one)"
    )
    parser.add_argument("--epochs", type=int, default=60, help="that the digits are trained for (60)")
    parser.add_argument("--items", type=int, default=200, help="of the map (200)")
    return parser.parse_args()


def _start_examples(deployment: Deployment, given: argparse.Namespace) -> None:
    """Start both examples as a user would, and print where they are to be seen."""
    executions = f"{deployment.url}/console/projects/flytesnacks/domains/development/executions"
    _run(deployment, DIGITS, "train_digits.py", "train_digits", "--epochs", str(given.epochs))
    _say(f"The digits example, its Deck live:\n  {executions}/{DIGITS}?node=n1&view=deck")
    _run(deployment, MINIMUM, "search_minimum.py", "search_minimum", "--places", str(given.items))
    _say(f"A map over {given.items} items, all their Decks live:\n  {executions}/{MINIMUM}?node=n1&view=rollup\n")


def _run(deployment: Deployment, name: str, file: str, *arguments: str) -> None:
    command = [sys.executable, "-m", "livedeck.cli", "run", "--remote", "--detach", "--endpoint", deployment.endpoint]
    subprocess.run([*command, "--name", name, str(EXAMPLES / file), *arguments], check=True, stdout=subprocess.DEVNULL)


def _show_parts(deployment: Deployment) -> None:
    _say("What runs, for you to kill: the rest goes on.")
    for part in deployment.parts:
        _say(f"  process {part.process.pid:<8} {part.name}")
    _say("")


def _watch(deployment: Deployment, interrupts: Interrupts) -> None:
    """Say what ends, executions and parts, until Ctrl-C."""
    executions = {DIGITS, MINIMUM}
    parts = list(deployment.parts)
    since = time.monotonic()
    with Client(deployment.endpoint) as client:
        while not interrupts.came:
            parts = _still_running(parts)
            for name, phase in _ended(client, executions).items():
                _say(f"{name} {phase} after {time.monotonic() - since:.0f} s")
                executions.remove(name)
                if not executions:
                    _say(f"\nEverything stays at {deployment.url}/console/ until Ctrl-C.")
            time.sleep(PAUSE)


def _still_running(parts: Sequence[Part]) -> list[Part]:
    """Return the parts that run, having said of the others how they ended."""
    running = []
    for part in parts:
        try:
            part.check()
        except PartEnded as ended:
            _say(str(ended).partition(":")[0])
        else:
            running.append(part)
    return running


def _ended(client: Client, names: set[str]) -> dict[str, str]:
    """Return of executions those that have ended, each with how; none while nobody can say."""
    found = {}
    with contextlib.suppress(RemoteUnavailable):
        for name in sorted(names):
            execution = client.get_execution(client.execution_id(name))
            if has_ended(execution):
                found[name] = WorkflowExecution.Phase.Name(execution.closure.phase).lower()
    return found


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
