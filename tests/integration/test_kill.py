"""The server is killed with SIGKILL at random moments; every execution ends right, and nothing published is lost."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.core.types_pb2 import SimpleType

from livedeck.client import Client, has_ended
from livedeck.deck.ops import Document, Html
from livedeck.sdk.loading import load_file
from livedeck.testing.executors import literal
from livedeck.testing.process import running_server
from tests.integration.running import PROGRAMS, finished_deck, phase_of, start, wait_ended, wait_for


def kills_asked_for(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Return how many kills there are to be, and the seed of their moments, which is printed."""
    given = request.config.getoption("--kill-seed")
    seed = random.randrange(2**32) if given is None else given
    print(f"--kill-seed {seed}")
    return request.config.getoption("--kills"), seed


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_every_execution_ends_right_wherever_the_server_is_killed(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills, seed = kills_asked_for(request)
    dice = random.Random(seed)
    program = load_file(PROGRAMS / "ten_nodes.py").module
    with running_server(tmp_path / "server") as server:
        executions = []
        for _ in range(kills):
            with Client(server.endpoint) as client:
                executions.append(start(client, "ten_nodes.py", "ten_nodes"))
            # The moment is what is tried here, not something waited for: anywhere in the run of the workflow.
            await asyncio.sleep(dice.uniform(0.0, 3.0))
            server.kill()
            server.start()
        with Client(server.endpoint) as client:
            for execution in executions:
                ended = wait_ended(client, execution, timeout=240)
                assert phase_of(ended) == "SUCCEEDED", (seed, ended.closure.error.message)
                outputs = client.execution_data(execution).outputs
                assert outputs.literals["o0"].scalar.primitive.integer == program.expected(), seed
                await check_nodes(client, execution, program.PUBLISHES)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_every_kind_of_node_ends_right_wherever_the_server_is_killed(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills, seed = kills_asked_for(request)
    dice = random.Random(seed)
    program = load_file(PROGRAMS / "every_kind.py").module
    with running_server(tmp_path / "server") as server:
        runs: dict[str, WorkflowExecutionIdentifier] = {}
        for number in range(kills):
            ledger = str(tmp_path / f"ledger-{number}")
            with Client(server.endpoint) as client:
                runs[ledger] = start(client, "every_kind.py", "every_kind", ledger=ledger)
                give_numbers(client, list(runs.values()))
            # The moment is what is tried here, not something waited for: anywhere in the run of the workflow.
            await asyncio.sleep(dice.uniform(0.0, 4.0))
            server.kill()
            server.start()
        with Client(server.endpoint) as client:
            for ledger, execution in runs.items():
                wait_for(lambda execution=execution: give_numbers(client, [execution]), timeout=240)  # type: ignore[misc]
                ended = wait_ended(client, execution, timeout=240)
                assert phase_of(ended) == "FAILED", seed
                assert "as it has to" in ended.closure.error.message, seed
                check_attempts(Path(ledger), program.ATTEMPTS, seed)
                check_kinds(client, execution, program.SUCCEEDED)
            running = [each.id.name for each in client.list_executions() if not has_ended(each)]
            assert running == [], seed


def give_numbers(client: Client, executions: list[WorkflowExecutionIdentifier]) -> bool:
    """Set the number that each execution waits for, and approve it; tell whether all waited for both."""
    waited = True
    for number, execution in enumerate(executions):
        waiting = list(client.signals(execution))
        waited = waited and {signal.id.signal_id for signal in waiting} == {"number", "agreed"}
        for signal in waiting:
            if not signal.HasField("value"):
                value = int(execution.name[1:8], 36) + number
                approves = signal.type.simple == SimpleType.BOOLEAN
                client.set_signal(execution, signal.id.signal_id, literal(True if approves else value))
    return waited


def check_attempts(ledger: Path, attempts: set[str], seed: int) -> None:
    """Each attempt ran, and ran once."""
    ran = Counter(line.rpartition(" ")[0] for line in ledger.read_text("utf-8").splitlines())
    assert ran == Counter(dict.fromkeys(attempts, 1)), seed


def check_kinds(client: Client, execution: WorkflowExecutionIdentifier, succeeded: set[str]) -> None:
    nodes = {node.id.node_id: node.closure.phase for node in client.node_executions(execution)}
    top = {name: phase for name, phase in nodes.items() if name in succeeded or name == "n2"}
    assert top == {**dict.fromkeys(succeeded, NodeExecution.SUCCEEDED), "n2": NodeExecution.FAILED}


async def check_nodes(client: Client, execution: WorkflowExecutionIdentifier, publishes: int) -> None:
    """Ten nodes, each with one attempt that ran once, and every published op on its Deck."""
    nodes = [node for node in client.node_executions(execution) if node.id.node_id.startswith("n")]
    assert len(nodes) == 10
    for node in nodes:
        assert node.closure.phase == NodeExecution.SUCCEEDED
        attempts = list(client.task_executions(node.id))
        assert [attempt.closure.phase for attempt in attempts] == [TaskExecution.SUCCEEDED]
        document = await finished_deck(node.closure.deck_uri.removesuffix("/deck.html"))
        assert document.end is not None
        assert document.end.outcome == "succeeded"
        steps = steps_in(document)
        assert set(steps.values()) <= {1}, "an attempt ran twice, or an op was applied twice"
        assert len(steps) in (publishes, 1)


def steps_in(document: Document) -> Counter[str]:
    """The paragraphs that the program appended, and how often each is there."""
    own = [deck for deck in document.decks if deck.name in ("steps", "sum")]
    texts = [element.html for deck in own for element in deck.elements if isinstance(element, Html)]
    return Counter(line for text in texts for line in text.splitlines() if line.startswith("<p>"))
