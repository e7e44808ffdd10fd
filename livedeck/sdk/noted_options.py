"""Options of flytekit's that are accepted and change nothing here. Whoever gives one is told so, once."""

from collections.abc import Mapping
from typing import Any

from livedeck.errors import UserError
from livedeck.sdk.types import type_warnings

_IMAGE = (
    "it is registered with the task, and tasks run in the environment of the server: install there what they import"
)
_POD = "tasks are processes, not pods"

NOTED: Mapping[str, str] = {
    "container_image": _IMAGE,
    "labels": _POD,
    "annotations": _POD,
    "pod_template": _POD,
    "pod_template_name": _POD,
    "shared_memory": "tasks share all the memory of the machine",
}
"""Why each option changes nothing, by its name."""

_told: set[tuple[str, str]] = set()


class NoEffectWarning(UserWarning):
    """An option of flytekit's was given that changes nothing here."""


class PodTemplate:
    """What flytekit makes a task's pod of, with flytekit's fields. Tasks are processes: it changes nothing.

    Args:
        pod_spec: Kubernetes' specification of the pod.
        primary_container_name: the container in it that runs the task.
        labels: Kubernetes' labels.
        annotations: Kubernetes' annotations.
    """

    def __init__(
        self,
        pod_spec: Any = None,
        primary_container_name: str = "primary",
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> None:
        self.pod_spec = pod_spec
        self.primary_container_name = primary_container_name
        self.labels = labels
        self.annotations = annotations


def check_noted(what: str, given: Mapping[str, Any]) -> None:
    """Check the values of options that change nothing.

    Args:
        what: the decorator, for messages.
        given: options by name; None and False say nothing.

    Raises:
        UserError: a value makes no sense.
    """
    for name in ("labels", "annotations"):
        value = given.get(name)
        if value is not None and not _is_texts(value):
            raise UserError(f"{what}: {name}={value!r}: give a dict of names and values, both text")


def _is_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(key, str) and isinstance(text, str) for key, text in value.items()
    )


def tell_noted(what: str, names: tuple[str, ...], function: Any) -> None:
    """Say of each option that it changes nothing, once for each file in which one is given.

    Args:
        what: what they were given to, such as ``@task``.
        names: the options.
        function: the function that was decorated, whose place the warning names.
    """
    for name in names:
        key = (name, function.__code__.co_filename)
        if key in _told:
            continue
        _told.add(key)
        with type_warnings.about(function):
            type_warnings.warn(f"{what}: {name} has no effect here: {NOTED[name]}", NoEffectWarning)


def tell_noted_here(what: str, names: tuple[str, ...]) -> None:
    """Say the same of options that were not given to a function."""
    for name in names:
        type_warnings.warn(f"{what}: {name} has no effect here: {NOTED[name]}", NoEffectWarning)
