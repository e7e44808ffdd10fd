"""Workflows run from end to end over the fakes."""

from flyteidl.core.execution_pb2 import NodeExecution, WorkflowExecution
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.executors.api import Attempt, Exit
from livedeck.store import open_store, split_uri
from livedeck.testing.executors import literal, succeed
from livedeck.testing.workflows import promise, task, workflow


async def read(uri: str) -> dict[str, object]:
    folder, name = split_uri(uri)
    literals = LiteralMap.FromString(await open_store(folder).aget(name)).literals
    return {key: value.scalar.primitive.integer for key, value in literals.items()}


async def add_one(attempt: Attempt) -> Exit:
    inputs = await read(attempt.command[1])
    return await succeed(attempt, o0=inputs["x"] + 1)


async def test_a_chain_hands_outputs_on_and_ends_with_the_workflows(world):
    closure = workflow(
        task("n0", x=promise("", "x"), outputs="o0"),
        task("n1", x=promise("n0", "o0"), outputs="o0"),
        task("n2", x=promise("n1", "o0"), outputs="o0"),
        inputs=["x"],
        outputs={"o0": promise("n2", "o0")},
    )
    execution = world.control.create("e", closure, inputs=LiteralMap(literals={"x": literal(1)}))
    async with world.propeller(world.executor(add_one)):
        await world.control.until_over(execution)
    assert execution.phase == WorkflowExecution.SUCCEEDED
    assert await read(execution.output_uri) == {"o0": 4}
    assert {node.closure.phase for node in execution.nodes} == {NodeExecution.SUCCEEDED}
