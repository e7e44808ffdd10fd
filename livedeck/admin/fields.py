"""What each field of the protocol's specs comes to here: used, refused, or kept and shown without an effect.

What a client asks for either happens or is refused with the reason. The fields that change nothing here are those that
only say how a Kubernetes cluster is to go about it. ``docs/protocol.md`` is written from these tables, and a test sees
that no field of the messages is left out of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from flyteidl.admin.execution_pb2 import ExecutionMetadata, ExecutionSpec, NotificationList
from flyteidl.admin.launch_plan_pb2 import LaunchPlanMetadata, LaunchPlanSpec
from flyteidl.core.tasks_pb2 import Container, TaskMetadata, TaskTemplate
from flyteidl.core.workflow_pb2 import (
    ArrayNode,
    Node,
    NodeMetadata,
    TaskNodeOverrides,
    WorkflowMetadata,
    WorkflowMetadataDefaults,
    WorkflowTemplate,
)
from google.protobuf.message import Message

from livedeck.errors import InvalidRequest


class Treatment(Enum):
    """What comes of a field."""

    USED = "used"
    REFUSED = "refused"
    """The call that brings it is refused."""
    FAILS = "refused when it is to run"
    """What has the field is registered, since not all that is registered runs; an execution of it fails, saying why."""
    SHOWN = "kept and shown, without an effect"


@dataclass(frozen=True)
class Field:
    """What comes of a field, and why."""

    treatment: Treatment
    why: str = ""


_USED: Final = Field(Treatment.USED)
_BY_HAND: Final = "start its executions yourself, for example with cron and `livedeck run --remote`"
_SCHEDULE: Final = Field(Treatment.REFUSED, f"schedules are not built yet, so nothing would ever start: {_BY_HAND}")
_NOTIFICATION: Final = Field(
    Treatment.REFUSED, "notifications are not built yet, so nothing would ever be sent: leave them out"
)
_CONDITION: Final = Field(
    Treatment.REFUSED, f"launch conditions are not built yet, so nothing would ever start: {_BY_HAND}"
)
_ENVIRONMENTS: Final = Field(
    Treatment.REFUSED, "execution environments (fast registration of actors) are not built yet: leave them out"
)
_CLUSTER: Final = Field(Treatment.SHOWN, "there is one place where attempts run")
_KUBERNETES: Final = Field(Treatment.SHOWN, "it is for Kubernetes; attempts are processes")
_IDENTITY: Final = Field(Treatment.SHOWN, "attempts run as the server's user; secrets are those of its environment")
_QUALITY: Final = Field(Treatment.SHOWN, "attempts start in the order in which they came, as soon as there is room")
_INTERRUPTIBLE: Final = Field(Treatment.SHOWN, "no machine here is taken away on purpose")
_WORDS: Final = Field(Treatment.SHOWN, "it says something to people")
_ACCELERATOR: Final = Field(
    Treatment.USED, "by the executor `ray`, for the kind of GPU; other executors fail what has it, as do parts of GPUs"
)
_RECORD: Final = Field(Treatment.SHOWN, "it says where the execution came from")


def _used(*names: str) -> dict[str, Field]:
    return dict.fromkeys(names, _USED)


FIELDS: Final[Mapping[type[Message], Mapping[str, Field]]] = {
    LaunchPlanSpec: {
        **_used("workflow_id", "entity_metadata", "default_inputs", "fixed_inputs"),
        **_used("raw_output_data_config", "max_parallelism", "overwrite_cache", "envs", "concurrency_policy"),
        **dict.fromkeys(("role", "auth", "auth_role", "security_context"), _IDENTITY),
        **dict.fromkeys(("labels", "annotations"), _KUBERNETES),
        "quality_of_service": _QUALITY,
        "interruptible": _INTERRUPTIBLE,
        "execution_env_assignments": _ENVIRONMENTS,
        "cluster_assignment": _CLUSTER,
    },
    LaunchPlanMetadata: {
        "schedule": _SCHEDULE,
        "notifications": _NOTIFICATION,
        "launch_conditions": _CONDITION,
    },
    ExecutionSpec: {
        **_used("launch_plan", "inputs", "metadata", "notifications", "disable_all"),
        **_used("raw_output_data_config", "max_parallelism", "overwrite_cache", "envs"),
        **dict.fromkeys(("auth_role", "security_context"), _IDENTITY),
        **dict.fromkeys(("labels", "annotations"), _KUBERNETES),
        **dict.fromkeys(("cluster_assignment", "execution_cluster_label"), _CLUSTER),
        "quality_of_service": _QUALITY,
        "interruptible": _INTERRUPTIBLE,
        "tags": _WORDS,
        "execution_env_assignments": _ENVIRONMENTS,
    },
    NotificationList: {"notifications": _NOTIFICATION},
    ExecutionMetadata: {
        **_used("mode", "parent_node_execution", "reference_execution", "nesting"),
        **dict.fromkeys(("principal", "scheduled_at", "system_metadata", "artifact_ids"), _RECORD),
    },
    TaskTemplate: {
        **_used("id", "type", "metadata", "interface", "container"),
        "custom": Field(Treatment.USED, "by tasks of type pytorch with Elastic; those of other plugins fail"),
        "k8s_pod": Field(Treatment.FAILS, "pods are not run; attempts are processes"),
        "sql": Field(Treatment.FAILS, "queries are not run"),
        "extended_resources": _ACCELERATOR,
        "task_type_version": _WORDS,
        "security_context": Field(Treatment.USED, "for its secrets; attempts run as the server's user"),
        "config": _KUBERNETES,
    },
    TaskMetadata: {
        **_used("discoverable", "discovery_version", "cache_ignore_input_vars", "timeout", "retries"),
        **_used("is_eager", "generates_deck", "cache_serializable"),
        **dict.fromkeys(("runtime", "deprecated_error_message", "tags"), _WORDS),
        "interruptible": _INTERRUPTIBLE,
        **dict.fromkeys(("pod_template_name", "metadata"), _KUBERNETES),
    },
    Container: {
        **_used("command", "args", "resources", "env", "data_config"),
        "image": Field(Treatment.SHOWN, "attempts run in the server's own environment"),
        **dict.fromkeys(("config", "ports", "architecture"), _KUBERNETES),
    },
    WorkflowTemplate: {
        **_used("id", "metadata", "interface", "nodes", "outputs", "metadata_defaults", "failure_node"),
    },
    WorkflowMetadata: {**_used("on_failure"), "quality_of_service": _QUALITY, "tags": _WORDS},
    WorkflowMetadataDefaults: {"interruptible": _INTERRUPTIBLE},
    Node: {
        **_used("id", "metadata", "inputs", "upstream_node_ids", "output_aliases", "task_node", "workflow_node"),
        **_used("branch_node", "array_node", "gate_node"),
    },
    ArrayNode: {
        **_used("node", "parallelism", "min_successes", "min_success_ratio", "is_original_sub_node_interface"),
        **_used("bound_inputs", "run_all_sub_nodes"),
        **dict.fromkeys(
            ("execution_mode", "data_mode"), Field(Treatment.SHOWN, "items have all inputs, and no records of nodes")
        ),
    },
    NodeMetadata: {
        **_used("name", "timeout", "retries", "cacheable", "cache_version", "cache_serializable"),
        "interruptible": _INTERRUPTIBLE,
        "config": _KUBERNETES,
    },
    TaskNodeOverrides: {
        **_used("resources"),
        "extended_resources": _ACCELERATOR,
        "container_image": Field(Treatment.SHOWN, "attempts run in the server's own environment"),
        "pod_template": _KUBERNETES,
    },
}


def refuse_unbuilt(what: str, spec: Message) -> None:
    """Refuse a spec that asks for what would never happen.

    Args:
        what: Whose spec, for the error message.
        spec: A message of `FIELDS`.

    Raises:
        InvalidRequest: It does; the message names the field and says why.
    """
    for path, field in _asked(spec):
        if field.treatment is Treatment.REFUSED:
            raise InvalidRequest(f"{what} has {path}: {field.why}")


def _asked(message: Message, prefix: str = "") -> Iterator[tuple[str, Field]]:
    """Yield the fields that a message sets, those of the messages in it after their own."""
    known = FIELDS.get(type(message), {})
    for descriptor, value in message.ListFields():
        path = f"{prefix}{descriptor.name}"
        if descriptor.name in known:
            yield path, known[descriptor.name]
        if type(value) in FIELDS:
            yield from _asked(value, f"{path}.")


def page() -> str:
    """Return ``docs/protocol.md``."""
    lines = [
        "# What comes of each field of Flyte's specs",
        "",
        "What a client asks for happens or is refused with the reason. Some fields only say how a Kubernetes cluster",
        "is to go about it: those are kept and shown, and have no effect. Written from `livedeck/admin/fields.py` by",
        "`scripts/write_protocol_page.py`.",
    ]
    for message, fields in FIELDS.items():
        lines += ["", f"## {message.DESCRIPTOR.full_name}", "", "| field | |", "|---|---|"]
        lines += [f"| `{name}` | {_told(fields[name])} |" for name in _names(message)]
    return "\n".join([*lines, ""])


def _names(message: Any) -> list[str]:
    return [field.name for field in message.DESCRIPTOR.fields]


def _told(field: Field) -> str:
    return f"{field.treatment.value}: {field.why}" if field.why else field.treatment.value
