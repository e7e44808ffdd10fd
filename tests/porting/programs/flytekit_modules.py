"""Names that are imported from the modules in which flytekit defines them."""

import flytekit
from flytekit.core.base_task import TaskMetadata, kwtypes
from flytekit.core.checkpointer import Checkpoint
from flytekit.core.condition import conditional
from flytekit.core.context_manager import FlyteContextManager
from flytekit.core.dynamic_workflow_task import dynamic
from flytekit.core.hash import HashMethod
from flytekit.core.node_creation import create_node
from flytekit.core.resources import Resources
from flytekit.core.task import task
from flytekit.core.workflow import WorkflowFailurePolicy, workflow
from flytekit.deck import Deck
from flytekit.exceptions.user import FlyteRecoverableException
from flytekit.image_spec.image_spec import ImageSpec
from flytekit.models.documentation import Documentation
from flytekit.types.error.error import FlyteError
from flytekit.types.structured import StructuredDatasetEncoder


@task(requests=Resources(cpu="100m"), enable_deck=True)
def shown(value: int) -> int:
    Deck("numbers", str(value))
    flytekit.current_context().default_deck.append("<b>bold</b>")
    return value + 1


@dynamic
def as_often(times: int) -> list[int]:
    return [shown(value=number) for number in range(times)]


@task
def largest(values: list[int]) -> int:
    return max(values)


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_IMMEDIATELY)
def steps(times: int = 2) -> int:
    found = largest(values=as_often(times=times))
    again = create_node(shown, value=found)
    return conditional("large").if_(again.o0 > 3).then(shown(value=found)).else_().then(shown(value=again.o0))


@task
def named() -> list[str]:
    known = [Checkpoint, FlyteContextManager, HashMethod, ImageSpec, Documentation, FlyteError, TaskMetadata]
    assert issubclass(FlyteRecoverableException, Exception)
    assert isinstance(kwtypes(a=int), dict)
    assert flytekit.types.file.FlyteFile is flytekit.FlyteFile
    assert StructuredDatasetEncoder.encode
    return sorted(each.__name__ for each in known if each is not FlyteError)


RUNS = [(steps, {}), (steps, {"times": 4}), (named, {})]
