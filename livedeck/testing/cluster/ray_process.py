"""The process of a node of a Ray cluster: it starts what a node consists of, and ends it when one part has ended.

That is what ``ray start --block`` does, in a third of its time: that command loads all that Ray has. Started by
``ray_nodes`` as ``python -m livedeck.testing.cluster.ray_process PARAMETERS``, those of Ray's node as JSON.
"""

import json
import os
import sys
import time

import psutil
from ray._private.node import Node
from ray._private.parameter import RayParams

PAUSE = 0.1


def main() -> None:
    """Run a node until this process or one of the node's is ended."""
    given = json.loads(sys.argv[1])
    try:
        node = Node(RayParams(**given), head="gcs_address" not in given, shutdown_at_exit=True, spawn_reaper=True)
    except Exception as error:  # noqa: BLE001 - Ray has none of its own for a node that was not there within 30 s
        print(f"again, for {error}", flush=True)  # noqa: T201 - its output is its log
        begun = psutil.Process().children(recursive=True)
        for process in begun:
            process.kill()
        psutil.wait_procs(begun, timeout=60)  # which reaps them: the node that comes next is to have its own alone
        os.execv(sys.executable, [sys.executable, "-m", __spec__.name, sys.argv[1]])  # noqa: S606 - this very program
    print(f"the node is there: {node.gcs_address}", flush=True)  # noqa: T201 - what is waited for
    while not node.dead_processes():
        time.sleep(PAUSE)
    node.kill_all_processes(check_alive=False, allow_graceful=False)


if __name__ == "__main__":
    main()
