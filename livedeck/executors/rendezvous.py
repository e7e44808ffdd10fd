"""Where the processes of a gang meet: a port that is kept free for rank 0, and how other nodes are told of it."""

import socket


class ReservedPort:
    """A port of this machine that nobody else is given, for rank 0 to listen on.

    Whoever allows an address to be used again may bind to it, as torch's store and Python's servers do: a socket that
    holds it without listening is in no one's way.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("0.0.0.0", 0))  # noqa: S104 - it never listens
        self.number: int = self._socket.getsockname()[1]

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()


def node_variables(*, nodes: int, node: int, processes: int, address: str, port: int) -> dict[str, str]:
    """Return the variables by which ``torchrun``, and an attempt of ours, is told which node of a gang it is on.

    Args:
        nodes: how many there are.
        node: which one, from 0.
        processes: on each of them.
        address: the first node's.
        port: on the first node, where rank 0 listens.
    """
    return {
        "PET_NNODES": str(nodes),
        "PET_NPROC_PER_NODE": str(processes),
        "PET_NODE_RANK": str(node),
        "PET_MASTER_ADDR": address,
        "PET_MASTER_PORT": str(port),
        # For commands that start torchrun by themselves, as Kubeflow's operator tells them.
        "PET_RDZV_BACKEND": "c10d",
        "PET_RDZV_ENDPOINT": f"{address}:{port}",
    }
