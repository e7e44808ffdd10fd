"""A task as one node runs it: the template, with what the node's metadata and overrides put on top."""

from collections.abc import Iterable
from datetime import timedelta

from flyteidl.core.tasks_pb2 import Resources, TaskTemplate
from flyteidl.core.types_pb2 import SimpleType
from flyteidl.core.workflow_pb2 import Node

from livedeck.errors import UnsupportedOption
from livedeck.propeller.gangs import Gang, gang_of
from livedeck.propeller.plan import TaskPlan, generates_deck


def task_plan(node: Node, template: TaskTemplate, *, system_retries: int, timeout: timedelta | None = None) -> TaskPlan:
    """Read a task node.

    Args:
        node: the node; what its metadata states goes before what the template states.
        template: the task that it names.
        system_retries: how many system failures are followed by another attempt.
        timeout: how long an attempt may run if neither says so; None: for ever.

    Raises:
        UnsupportedOption: the task is not one that has a command to run, or it asks for what cannot be done.
    """
    _refuse_without_command(node, template)
    if template.container.data_config.enabled:
        template = _with_copilot(node, template)
    metadata, task = node.metadata, template.metadata
    cacheable = metadata.cacheable if metadata.WhichOneof("cacheable_value") else task.discoverable
    serial = (metadata if metadata.WhichOneof("cache_serializable_value") else task).cache_serializable
    return TaskPlan(
        template=template,
        retries=(metadata if metadata.HasField("retries") else task).retries.retries,
        system_retries=system_retries,
        timeout=_timeout(node, template) or timeout,
        cacheable=cacheable,
        cache_version=metadata.cache_version or task.discovery_version,
        serial=cacheable and serial,
        interruptible=metadata.interruptible if metadata.WhichOneof("interruptible_value") else task.interruptible,
        generates_deck=generates_deck(task),
        eager=task.is_eager,
        resources=_merged(template.container.resources, node.task_node.overrides.resources),
        accelerator=_accelerator(node, template),
        gang=_gang(node, template),
    )


def _with_copilot(node: Node, template: TaskTemplate) -> TaskTemplate:
    """Return a raw container's task with a command that does around the container's own what Flyte's co-pilot does.

    Raises:
        UnsupportedOption: it has outputs of a type that the co-pilot cannot read from a file.
    """
    for name, variable in template.interface.outputs.variables.items():
        kind = variable.type
        if not (kind.HasField("blob") or (kind.HasField("simple") and kind.simple in _READABLE)):
            raise UnsupportedOption(
                f"node {node.id!r} runs task {template.id.name!r}, a raw container, whose output {name!r} is of type "
                f"{kind.WhichOneof('type')}: what it leaves as files are simple values, files and folders"
            )
    made = TaskTemplate()
    made.CopyFrom(template)
    container = made.container
    given = ["{{.input}}", "{{.outputPrefix}}", "{{.rawOutputDataPrefix}}", "{{.taskTemplatePath}}"]
    command = [*container.command, *container.args]
    del container.command[:], container.args[:]
    container.args.extend(["livedeck-copilot", *given, "--", *command])
    return made


_READABLE = frozenset(SimpleType.values()) - {SimpleType.BINARY, SimpleType.ERROR}


def _refuse_without_command(node: Node, template: TaskTemplate) -> None:
    what = f"node {node.id!r} runs task {template.id.name!r}, which"
    if template.WhichOneof("target") != "container":
        raise UnsupportedOption(f"{what} is of type {template.type!r} and has no container command to run")
    if not (template.container.command or template.container.args):
        raise UnsupportedOption(f"{what} has an empty container command")


def _gang(node: Node, template: TaskTemplate) -> Gang | None:
    try:
        return gang_of(template)
    except UnsupportedOption as error:
        raise UnsupportedOption(f"node {node.id!r} runs task {template.id.name!r}, which {error}") from None


def _accelerator(node: Node, template: TaskTemplate) -> str:
    """Return the kind of GPU that the node asks for, or else its task.

    Raises:
        UnsupportedOption: a part of a GPU is asked for.
    """
    overrides = node.task_node.overrides
    stated = overrides if overrides.extended_resources.HasField("gpu_accelerator") else template
    asked = stated.extended_resources.gpu_accelerator
    if asked.partition_size:
        raise UnsupportedOption(
            f"node {node.id!r} runs task {template.id.name!r}, which asks for a part ({asked.partition_size}) of an "
            f"accelerator {asked.device!r}, and there are no parts: ask for the kind alone"
        )
    return asked.device


def _timeout(node: Node, template: TaskTemplate) -> timedelta | None:
    """The node's timeout, else the task's. A timeout of zero is how flytekit says that there is none."""
    for metadata in (node.metadata, template.metadata):
        timeout = metadata.timeout.ToTimedelta()
        if timeout > timedelta(0):
            return timeout
    return None


def _merged(base: Resources, over: Resources) -> Resources:
    return Resources(
        requests=_by_name(base.requests, over.requests),
        limits=_by_name(base.limits, over.limits),
    )


def _by_name(
    base: Iterable[Resources.ResourceEntry], over: Iterable[Resources.ResourceEntry]
) -> list[Resources.ResourceEntry]:
    return list({entry.name: entry for entry in (*base, *over)}.values())
