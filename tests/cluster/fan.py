"""An execution of four tasks that wait to be let end (``programs/ledger.py``), all run by one of two servers."""

from dataclasses import dataclass
from pathlib import Path

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

from livedeck.client import Client
from livedeck.testing.process import ServerProcess
from tests.cluster.conftest import Cluster
from tests.cluster.ledger import Ledger
from tests.integration.running import phase_of, start, wait_ended, wait_for

PROGRAM = Path(__file__).parent / "programs" / "ledger.py"
TASKS = {"1", "2", "3", "4"}


@dataclass(frozen=True)
class Fan:
    """The execution, what its tasks have written down, and the servers."""

    execution: WorkflowExecutionIdentifier
    ledger: Ledger
    holder: ServerProcess
    """Runs all of the tasks."""
    other: ServerProcess
    """Runs none of them."""

    @property
    def deck(self) -> str:
        """The path of the live Deck of one of the tasks."""
        return f"/live/decks/{self.execution.project}/{self.execution.domain}/{self.execution.name}/n1/0"

    def wait_taken_over(self) -> None:
        """Wait until the other server runs all of the tasks."""
        wait_for(lambda: self.ledger.running_on(self.other.endpoint) == TASKS)

    def end(self, server: ServerProcess) -> Execution:
        """Let the tasks end, and return the execution at its end, which is a good one, as a server tells it.

        No task has run twice at once.
        """
        self.ledger.let_end()
        with Client(server.endpoint) as client:
            over = wait_ended(client, self.execution)
            assert phase_of(over) == "SUCCEEDED", over.closure.error.message
            assert client.execution_data(self.execution).outputs.literals["o0"].scalar.primitive.integer == 10
        self.ledger.check_none_ran_twice_at_once()
        return over

    def attempts(self, server: ServerProcess) -> list[list[TaskExecution]]:
        """Return the attempts of each of the tasks, as a server tells them."""
        with Client(server.endpoint) as client:
            nodes = [node for node in client.node_executions(self.execution) if node.id.node_id.startswith("n")]
            return [list(client.task_executions(node.id)) for node in nodes]


def begin(server: ServerProcess, ledger: Ledger) -> WorkflowExecutionIdentifier:
    """Start such an execution."""
    with Client(server.endpoint) as client:
        return start(client, PROGRAM, "fan", ledger=str(ledger.path))


def waiting_fan(cluster: Cluster, tmp_path: Path, *options: str) -> Fan:
    """Start two servers and an execution on them, and wait until one of them, it may be either, runs its tasks."""
    servers = [cluster.start(name, *options) for name in ("a", "b")]
    ledger = Ledger(tmp_path / "ledger")
    execution = begin(servers[0], ledger)
    wait_for(lambda: any(ledger.running_on(server.endpoint) == TASKS for server in servers))
    holder, other = sorted(servers, key=lambda server: not ledger.running_on(server.endpoint))
    return Fan(execution, ledger, holder, other)
