"""A task as Flyte's ``TaskSpec``."""

import importlib.metadata
import json
import sys
from typing import Any

from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.core import literals_pb2, security_pb2, tasks_pb2
from flyteidl.core.identifier_pb2 import ResourceType
from flyteidl.plugins.kubeflow import pytorch_pb2
from google.protobuf.json_format import MessageToDict
from google.protobuf.wrappers_pb2 import BoolValue

from livedeck.errors import UserError
from livedeck.literals.task_config import CUSTOM_RESOURCES, EXECUTOR, PROCESSES, RANK_DECKS
from livedeck.sdk.cache_versions import declared_version
from livedeck.sdk.class_decorators import CONFIG as DECORATOR_CONFIG
from livedeck.sdk.eager import EagerTask
from livedeck.sdk.map_tasks import MapTask
from livedeck.sdk.options import Gang, Resources
from livedeck.sdk.secrets import Secret
from livedeck.sdk.specs.settings import CompileSettings, description, duration, identifier, typed_interface
from livedeck.sdk.tasks import Task

TEMPLATE_TYPE = "python-task"
"""The task type that Flyte's consoles and flytekit know for a Python function."""
ELASTIC_TYPE = "pytorch"
"""Flyte's task type of a function that runs on several nodes at once."""


def task_spec(entity: Task[..., Any] | MapTask, settings: CompileSettings) -> TaskSpec:
    """Compile one task, or what maps one: that has the interface with lists, and a command that takes one item.

    Raises:
        UserError: it cannot be found by its module and name.
    """
    task = entity.task if isinstance(entity, MapTask) else entity
    assert isinstance(task, Task)  # of a launch plan nothing but itself is registered
    template = tasks_pb2.TaskTemplate(
        id=identifier(ResourceType.TASK, entity.name, settings),
        type=TEMPLATE_TYPE,
        metadata=_task_metadata(task),
        interface=typed_interface(entity.interface),
        container=_container(task, settings, bound=entity.bound_inputs if isinstance(entity, MapTask) else None),
    )
    if task.options.executor:
        template.config[EXECUTOR] = task.options.executor
    template.config.update(getattr(task.function, DECORATOR_CONFIG, {}))
    if task.options.custom_resources:
        template.config[CUSTOM_RESOURCES] = json.dumps(task.options.custom_resources)
    if task.options.accelerator:
        template.extended_resources.gpu_accelerator.device = task.options.accelerator
    if task.options.gang is not None:
        _add_gang(template, task.options.gang, decks=task.options.deck_publish.every_rank)
    if task.options.secrets:
        template.security_context.secrets.extend(_secret(each) for each in task.options.secrets)
    return TaskSpec(template=template, description=description(entity.interface.docs, task.options.docs))


def _add_gang(template: tasks_pb2.TaskTemplate, gang: Gang, *, decks: bool) -> None:
    """Add what a task with several processes is registered with: on several nodes as flytekit's plugin does."""
    template.config[PROCESSES] = str(gang.processes)
    if decks:
        template.config[RANK_DECKS] = "true"
    if gang.nodes == 1:
        return
    template.type = ELASTIC_TYPE
    template.task_type_version = 1
    job = pytorch_pb2.DistributedPyTorchTrainingTask(
        worker_replicas=pytorch_pb2.DistributedPyTorchTrainingReplicaSpec(replicas=gang.nodes),
        elastic_config=pytorch_pb2.ElasticConfig(
            rdzv_backend="c10d", min_replicas=gang.nodes, max_replicas=gang.nodes, nproc_per_node=gang.processes
        ),
    )
    template.custom.update(MessageToDict(job))


def _secret(secret: Secret) -> security_pb2.Secret:
    return security_pb2.Secret(
        group=secret.group,
        group_version=secret.group_version,
        key=secret.key,
        mount_requirement=secret.mount_requirement.value,  # type: ignore[arg-type]
        env_var=secret.env_var,
    )


def _task_metadata(task: Task[..., Any]) -> tasks_pb2.TaskMetadata:
    options = task.options
    metadata = tasks_pb2.TaskMetadata(
        runtime=tasks_pb2.RuntimeMetadata(
            # Not FLYTE_SDK, which promises that the container speaks flytekit's command line.
            type=tasks_pb2.RuntimeMetadata.OTHER,
            version=importlib.metadata.version("livedeck"),
            flavor="livedeck",
        ),
        retries=literals_pb2.RetryStrategy(retries=options.retries),
        is_eager=isinstance(task, EagerTask),
        deprecated_error_message=options.deprecated,
    )
    if options.enable_deck is not None:  # else the engine looks whether there is one, as Flyte's does
        metadata.generates_deck.CopyFrom(BoolValue(value=options.enable_deck))
    if options.timeout is not None:
        metadata.timeout.CopyFrom(duration(options.timeout))
    if options.interruptible is not None:
        metadata.interruptible = options.interruptible
    if options.cache is not None:
        metadata.discoverable = True
        metadata.discovery_version = declared_version(task)
        metadata.cache_serializable = options.cache.serialize
        metadata.cache_ignore_input_vars.extend(options.cache.ignored_inputs)
    return metadata


def _container(task: Task[..., Any], settings: CompileSettings, *, bound: frozenset[str] | None) -> tasks_pb2.Container:
    """Return the command of an attempt; with ``bound``, of an item of a map with those inputs bound."""
    arguments = ["livedeck-execute", "--inputs", "{{.input}}", "--output-prefix", "{{.outputPrefix}}"]
    arguments += ["--raw-output-data-prefix", "{{.rawOutputDataPrefix}}"]
    arguments += ["--checkpoint-path", "{{.checkpointOutputPrefix}}", "--prev-checkpoint", "{{.prevCheckpointPrefix}}"]
    if settings.code:
        arguments += ["--code", settings.code]
    if bound is not None:
        arguments += ["--map", ",".join(sorted(bound)) or '""']
    if task.options.gang is not None:
        arguments += ["--nproc-per-node", str(task.options.gang.processes)]
    arguments += ["--", "task-module", task.module, "task-name", attribute_of(task)]
    environment = {**_usual_environment(task.options.gang), **settings.environment, **task.options.environment}
    return tasks_pb2.Container(
        image=task.options.image or settings.image,
        args=arguments,
        resources=resources(task.options.requests, task.options.limits),
        env=[literals_pb2.KeyValuePair(key=key, value=value) for key, value in environment.items()],
    )


def _usual_environment(gang: Gang | None) -> dict[str, str]:
    """Return what is set unless it is stated: as with torchrun, processes do not take each other's cores."""
    return {"OMP_NUM_THREADS": "1"} if gang is not None and gang.processes > 1 else {}


def attribute_of(task: Task[..., Any]) -> str:
    """Return the name under which a task can be found in its module.

    Raises:
        UserError: it is not at the module's top level.
    """
    module = sys.modules.get(task.function.__module__)
    for name in (task.function.__name__, *vars(module)):
        if getattr(module, name, None) is task:
            return name
    raise UserError(
        f"{task!r} cannot be found in its module by name: to run elsewhere it must be at the top level of a module, "
        "not inside a function"
    )


def resources(requests: Resources, limits: Resources) -> tasks_pb2.Resources:
    """Return requests and limits in Flyte's words."""
    return tasks_pb2.Resources(requests=_entries(requests), limits=_entries(limits))


def _entries(resources: Resources) -> list[tasks_pb2.Resources.ResourceEntry]:
    names = tasks_pb2.Resources
    amounts = (
        (names.CPU, resources.cpu),
        (names.GPU, resources.gpu),
        (names.MEMORY, resources.mem),
        (names.EPHEMERAL_STORAGE, resources.ephemeral_storage),
    )
    return [names.ResourceEntry(name=name, value=str(value)) for name, value in amounts if value is not None]
