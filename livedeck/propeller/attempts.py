"""From a task node to an attempt that an executor can start: the command filled in, environment, resources."""

import json
import math
import re
from collections.abc import Callable, Mapping

from flyteidl.admin.execution_pb2 import ExecutionSpec
from flyteidl.core.identifier_pb2 import Identifier, ResourceType, TaskExecutionIdentifier
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.tasks_pb2 import Container, Resources, TaskTemplate

from livedeck.errors import InvalidWorkflow
from livedeck.executors.api import Attempt
from livedeck.literals.offloading import LEAST, MOST
from livedeck.literals.task_config import CUSTOM_RESOURCES, EXECUTOR
from livedeck.propeller.addresses import Addresses
from livedeck.propeller.plan import TaskPlan
from livedeck.propeller.quantities import quantity
from livedeck.propeller.secrets import variables_of
from livedeck.propeller.templates import contained, is_flytekits, render
from livedeck.store import join_uri
from livedeck.store.layout import ITEM, split_item

AttemptEnvironment = Callable[[TaskExecutionIdentifier], Mapping[str, str]]
"""From an attempt and the URI of its output prefix to what else its environment holds (the hint's URL and token)."""

TASK_TEMPLATE = "task.pb"
"""Object in the attempt's folder with the serialised template, for commands that ask for its path."""
_CHECKPOINTS = "_flytecheckpoints"
_OFFLOADING = {LEAST: "10", MOST: "1000"}
"""Flyte's defaults: an output of so many megabytes is stored by itself, and others are given its address; one that is
larger than the second is refused. An SDK that does not know these variables stores outputs as it always did."""


class AttemptWriter:
    """Writes the attempts of one execution.

    Args:
        addresses: the execution's names, and where things lie.
        spec: what the execution was created with.
        workflow: the workflow that it runs.
        environment: what is added to each attempt's environment.
        surroundings: what it begins with: whatever else is stated goes before.
        secrets_in: the environment in which secrets are looked for.
    """

    def __init__(
        self,
        addresses: Addresses,
        spec: ExecutionSpec,
        workflow: Identifier,
        environment: AttemptEnvironment,
        *,
        surroundings: Mapping[str, str],
        secrets_in: Mapping[str, str],
    ) -> None:
        self._addresses = addresses
        self._spec = spec
        self._workflow = workflow
        self._environment = environment
        self._surroundings = surroundings
        self._secrets_in = secrets_in

    def write(self, node: str, number: int, task: TaskPlan, inputs: Mapping[str, Literal]) -> Attempt:
        """Make one attempt.

        Args:
            node: the node's unique id.
            number: the attempt's, from 0.
            task: what it runs.
            inputs: the node's inputs, for commands that quote them.

        Raises:
            InvalidWorkflow: a template variable has no value, or a resource is not an amount.
        """
        container = task.template.container
        variables = self._variables(node, number)
        if is_flytekits((*container.command, *container.args)):
            # flytekit takes what begins with file:// for a relative path, and finds none of its own files there.
            variables["rawoutputdataprefix"] = variables["rawoutputdataprefix"].removeprefix("file://")
        return Attempt(
            id=self._addresses.attempt_id(node, number),
            command=render(contained((*container.command, *container.args)), variables, inputs),
            environment=self._environment_of(node, number, task),
            output_prefix=self._addresses.attempt_prefix(node, number),
            cpu=_cores(task.resources),
            memory=_memory(task.resources),
            gpus=_gpus(task.resources),
            accelerator=task.accelerator,
            storage=_storage(task.resources),
            custom=_custom(task.template),
            client=task.eager,
            nodes=task.gang.nodes if task.gang is not None else 1,
            processes=task.gang.processes if task.gang is not None else 1,
            executor=task.template.config.get(EXECUTOR, ""),
            retried=number > 0,
            metadata={"task": task.template.id.name},
        )

    def stated_environment(self, template: TaskTemplate | None) -> dict[str, str]:
        """Return what is stated of attempts' environments: the container's over the execution's and the surroundings.

        Args:
            template: the task; None: whatever it is.
        """
        of_execution = {pair.key: pair.value for pair in self._spec.envs.values}
        of_task = _stated(template.container) if template is not None else {}
        return {**_OFFLOADING, **self._surroundings, **of_execution, **of_task}

    def _variables(self, node: str, number: int) -> dict[str, str]:
        addresses = self._addresses
        prefix = addresses.attempt_prefix(node, number)
        execution = addresses.execution
        return {
            "input": addresses.inputs_uri(node),
            "inputprefix": addresses.node_prefix(node),
            "outputprefix": prefix,
            "rawoutputdataprefix": addresses.raw_data(node, number),
            "checkpointoutputprefix": self._checkpoints(node, number),
            # Two quote characters, not an empty argument: what flytekit takes for "none".
            "prevcheckpointprefix": self._checkpoints(node, number - 1) if number else '""',
            "perretryuniquekey": re.sub(f"[._{ITEM}]", "-", f"{execution.name}-{node}-{number}").lower(),
            "tasktemplatepath": join_uri(prefix, TASK_TEMPLATE),
            "namespace": f"{execution.project}-{execution.domain}",
        }

    def _checkpoints(self, node: str, number: int) -> str:
        return join_uri(self._addresses.raw_data(node, number), _CHECKPOINTS)

    def _environment_of(self, node: str, number: int, task: TaskPlan) -> dict[str, str]:
        """What the container states, over the execution's and the surroundings, under what Flyte and livedeck set."""
        execution, template = self._addresses.execution, task.template.id
        launched = self._spec.launch_plan
        launch_plan = launched.name if launched.resource_type == ResourceType.LAUNCH_PLAN else ""
        attempt = self._addresses.task_id(node, template, number)
        return {
            **self.stated_environment(task.template),
            **variables_of(task.template.security_context.secrets, self._secrets_in),
            "FLYTE_INTERNAL_EXECUTION_ID": execution.name,
            "FLYTE_INTERNAL_EXECUTION_PROJECT": execution.project,
            "FLYTE_INTERNAL_EXECUTION_DOMAIN": execution.domain,
            "FLYTE_INTERNAL_EXECUTION_WORKFLOW": self._workflow.name,
            "FLYTE_INTERNAL_EXECUTION_LAUNCHPLAN": launch_plan,
            "FLYTE_INTERNAL_TASK_PROJECT": template.project,
            "FLYTE_INTERNAL_TASK_DOMAIN": template.domain,
            "FLYTE_INTERNAL_TASK_NAME": template.name,
            "FLYTE_INTERNAL_TASK_VERSION": template.version,
            "FLYTE_ATTEMPT_NUMBER": str(number),
            "LIVEDECK_NODE": node,
            **_index_of(node),
            **self._environment(attempt),
        }


def _index_of(node: str) -> dict[str, str]:
    """Which member of its inputs' lists an item of an array node is to take: in the variable that another names."""
    _, index = split_item(node)
    return {} if index is None else {"BATCH_JOB_ARRAY_INDEX_VAR_NAME": _INDEX, _INDEX: str(index)}


_INDEX = "FLYTE_K8S_ARRAY_INDEX"


def _stated(container: Container) -> dict[str, str]:
    return {pair.key: pair.value for pair in container.env}


def _amounts(resources: Resources) -> dict[Resources.ResourceName, str]:
    """Requests, or where only a limit is stated the limit: as Kubernetes takes it."""
    return {entry.name: entry.value for entry in (*resources.limits, *resources.requests)}


def _cores(resources: Resources) -> float:
    stated = _amounts(resources).get(Resources.CPU)
    return float(quantity(stated)) if stated else 0.0


def _memory(resources: Resources) -> int:
    stated = _amounts(resources).get(Resources.MEMORY)
    return int(quantity(stated)) if stated else 0


def _gpus(resources: Resources) -> int:
    stated = _amounts(resources).get(Resources.GPU)
    return math.ceil(quantity(stated)) if stated else 0


def _storage(resources: Resources) -> int:
    stated = _amounts(resources).get(Resources.EPHEMERAL_STORAGE)
    return math.ceil(quantity(stated)) if stated else 0


def _custom(template: TaskTemplate) -> dict[str, float]:
    """Return what a task says that it takes of resources of a cluster's own.

    Raises:
        InvalidWorkflow: it says something else there.
    """
    stated = template.config.get(CUSTOM_RESOURCES)
    if not stated:
        return {}
    try:
        return {name: float(amount) for name, amount in json.loads(stated).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidWorkflow(
            f"task {template.id.name!r} has {CUSTOM_RESOURCES}={stated!r}: give a JSON object of amounts by name"
        ) from error
