"""A Ray cluster of one node on this machine, with as many cores as the argument says; prints its address.

It ends when its standard input does.
"""

import sys

from ray.cluster_utils import Cluster


def main(cores: int) -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": cores, "include_dashboard": False})
    try:
        sys.stdout.write(f"{cluster.address}\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        cluster.head_node.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
