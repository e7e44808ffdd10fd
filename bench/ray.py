"""What a task costs on a Ray cluster of this machine, all told: `bench.nodes` with Ray between.

Beside it, in the same run: Ray's own tasks on the same cluster, which are functions in processes that are there
already (less cannot be had on Ray), and Prefect's with its Ray task runner.
"""

import contextlib
import statistics
import subprocess
from collections.abc import Iterator
from datetime import UTC

from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier

from bench.figures import ROOT, Figure
from bench.options import Options
from bench.peers.call import BYTE_CODE, call
from bench.running import Prepared, prepare
from bench.workflows import ON_RAY
from livedeck.client import Client
from livedeck.testing.process import running_server

RAY_PYTHON = ROOT / ".venv-ray" / "bin" / "python"
PREFECT_RAY_PYTHON = ROOT / ".venv-prefect-ray" / "bin" / "python"
PEERS = ROOT / "bench" / "peers"
CORES = 2
WITH_PREFECT = 20
"""Tasks of Prefect's, each of which takes so long that no more are needed."""
PREFECT = f"prefect-ray, {WITH_PREFECT} tasks"
STARTS = 20


def figures(options: Options) -> Iterator[Figure]:
    runs = 1 if options.short else 3
    theirs = {} if options.short else _prefect()
    with _cluster() as address:
        flags = ("--executor", "ray", "--ray-address", address)
        with (
            running_server(environment=BYTE_CODE, options=flags, python=str(RAY_PYTHON)) as server,
            Client(server.endpoint) as client,
        ):
            warm_up = prepare(client, "few_on_ray")
            warm_up.seconds(x=0)  # workers are started, code is unpacked and compiled
            for name, bound in (("chain", 40), ("fan_out", 15)):
                program = prepare(client, f"{name}_on_ray")
                ours, bare = [], []
                for _ in range(runs):  # in turn, so that both have the same neighbours
                    warm_up.seconds(x=0)
                    ours.append(1e3 * program.seconds(x=0) / ON_RAY)
                    bare.append(1e3 * call("ray_tasks.py", address, name, ON_RAY, python=RAY_PYTHON) / ON_RAY)
                label = f"ray: {name.replace('_', '-')} of {ON_RAY}, a task, all told, median"
                measured = statistics.median(ours)
                yield Figure(label, measured, "ms", bound, "Ray's own", statistics.median(bare))
                yield Figure(f"{label}, beside Prefect", measured, "ms", bound, PREFECT, theirs.get(name))
            warm_up.seconds(x=0)
            starts = [_start(prepare(client, "stamped")) for _ in range(STARTS)]
            yield Figure("ray: from launch to the task's first line, median", statistics.median(starts), "ms", 30)


def _start(program: Prepared) -> float:
    """Milliseconds from when an attempt is queued to when its task's function runs."""
    execution = program.start()
    program.wait(execution)
    (attempt,) = program.client.task_executions(NodeExecutionIdentifier(node_id="n0", execution_id=execution))
    began: float = program.output(execution)
    return 1e3 * (began - attempt.closure.created_at.ToDatetime(tzinfo=UTC).timestamp())


def _prefect() -> dict[str, float]:
    """Milliseconds for a task of Prefect's, on a cluster that it starts itself."""
    seconds = call("prefect_on_ray.py", CORES, WITH_PREFECT, python=PREFECT_RAY_PYTHON)
    return {name: 1e3 * taken / WITH_PREFECT for name, taken in seconds.items()}


@contextlib.contextmanager
def _cluster() -> Iterator[str]:
    """Start a cluster of one node, and end it at the end of the block; give its address."""
    command = [str(RAY_PYTHON), str(PEERS / "ray_cluster.py"), str(CORES)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        address = started.stdout.readline().strip()
        if not address:
            raise SystemExit(f"no Ray cluster came up with {RAY_PYTHON}")
        yield address
