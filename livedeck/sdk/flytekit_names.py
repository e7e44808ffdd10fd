"""Names that flytekit exports and livedeck does not, with what there is instead.

Read only when a name was asked for that does not exist.
"""

import sys
from collections.abc import Mapping

_SCHEDULES = (
    "schedules are not built yet, so nothing would ever start: leave them out, and start executions yourself, for "
    "example with cron and `livedeck run --remote`"
)
_NOTIFICATIONS = (
    "notifications are not built yet, so nothing would ever be sent: leave them out, or send them from a task, or from "
    "@workflow(on_failure=...)"
)
_SENSORS = "wait in a task, in a loop with time.sleep, or with wait_for_input for somebody to say so"
_ERRORS_AS_THEY_ARE = "an error of a task is raised as it is: catch its own class, or livedeck.errors.LivedeckError"

_ACCELERATOR = "there are no TPUs; kinds of GPU are in livedeck.extras.accelerators"

_INSTEAD: Mapping[str, str] = {
    "AuthRole": "tasks run as the server's user",
    "CronSchedule": _SCHEDULES,
    "Email": _NOTIFICATIONS,
    "Environment": "give its options to @task",
    "FixedRate": _SCHEDULES,
    "FlyteRemote": "use livedeck.client.Client, or flytekit's own FlyteRemote on livedeck's endpoint",
    "PagerDuty": _NOTIFICATIONS,
    "PythonFunctionTask": "use @task",
    "PythonInstanceTask": "use @task",
    "SecurityContext": "set the secret in the server's environment, and read os.environ",
    "SensorEngine": _SENSORS,
    "Slack": _NOTIFICATIONS,
    "ClassStorageTaskResolver": "tasks are found by module and name",
    "Config": "give the server's address to livedeck.client.Client, or as LIVEDECK_ENDPOINT",
    "FlyteSchema": "use StructuredDataset, with columns as in Annotated[StructuredDataset, kwtypes(name=str)]",
    "GPUAccelerator": _ACCELERATOR,
    "Image": "tasks run in the environment of the server",
    "ImageConfig": "tasks run in the environment of the server",
    "PythonCustomizedContainerTask": "tasks run in the environment of the server: use @task",
    "PythonTask": "use @task, or derive from livedeck.sdk.instance_tasks.InstanceTask",
    "RawShellTask": "use ShellTask",
    "SerializationSettings": "use livedeck.client.Client, which registers what it is given",
    "ShimTaskExecutor": "tasks run in the environment of the server: use @task",
    "TaskPlugins": "there are no task plugins; do in the task's function what its plugin would do",
    "TaskResolverMixin": "tasks are found by module and name",
    "get_raw_shell_task": "use ShellTask",
    "get_serializable": "use livedeck.client.Client, which registers what it is given",
    "LaunchPlanReference": "use reference_launch_plan",
    "TaskReference": "use reference_task",
    "WorkflowExecutionPhase": "use flyteidl.core.execution_pb2.WorkflowExecution.Phase",
    "WorkflowReference": "use reference_workflow",
    "Echo": "write a @task that returns its input",
    "FlyteAnnotation": "say it in the docstring, whose lines about inputs and outputs are registered",
    "HashOnReferenceMixin": "give the type a HashMethod: Annotated[T, HashMethod(function)]",
    "IgnoreOutputs": "return a value from each process: of a task with several the outputs are those of rank 0",
    "RestrictedTypeError": "a type that cannot be carried between tasks is livedeck.errors.UnsupportedType",
    "VoidPromise": "a call without outputs is a node, which >> and chain take",
    "get_reference_entity": "use reference_task, reference_workflow or reference_launch_plan",
    "load_implicit_plugins": "there are no plugins",
    "lazy_module": "import inside the task",
    "patch": "replace the task's function with unittest.mock",
    "task_mock": "replace the task's function with unittest.mock",
    **dict.fromkeys(("V5E", "V5P", "V6E"), _ACCELERATOR),
    **dict.fromkeys(("LaunchPlanTriggerBase", "OnSchedule"), _SCHEDULES),
    "Notification": _NOTIFICATIONS,
    **dict.fromkeys(("BaseSensor", "FileSensor"), _SENSORS),
    **dict.fromkeys(
        (
            *("FlyteUserRuntimeException", "FlyteScopedException", "FlyteScopedUserException"),
            *("FlyteScopedSystemException", "FlyteSystemException", "FlyteNonRecoverableSystemException"),
        ),
        _ERRORS_AS_THEY_ARE,
    ),
    **dict.fromkeys(
        ("AsyncConnectorBase", "SyncConnectorBase", "ConnectorBase", "ConnectorRegistry"),
        "there are no connectors: do in a task's function what one would do",
    ),
    **dict.fromkeys(("H200", "L40S", "BaseAccelerator", "MultiInstanceGPUAccelerator"), _ACCELERATOR),
    **dict.fromkeys(
        ("DefaultImageBuilder", "ImageBuildEngine", "ImageSpecBuilder", "NoOpBuilder"),
        "no image is built: tasks run in the environment of the server",
    ),
    **dict.fromkeys(
        ("PythonFunctionWorkflow", "WorkflowBase"),
        "@workflow makes a workflow, and Workflow(name=...) one that is put together",
    ),
    "PythonAutoContainerTask": "use @task, or derive from livedeck.sdk.instance_tasks.InstanceTask",
    "Promise": "a call in a workflow is what the called task returns: annotate it with that type",
    "PythonDependencyRenderer": "give @task(deck_fields=(DeckField.DEPENDENCIES,))",
    "logger": "use current_context().logging",
    "new_context": "use current_context()",
    "Artifact": "pass it from task to task as an output: outputs are stored, and `livedeck get` finds them",
}
"""By flytekit's name."""


_INSTEAD_IN_CONTEXT: Mapping[str, str] = {
    "execution_state": "the context has itself what that has",
    "flyte_client": "use livedeck.client.Client",
    "tmp_dir": "use working_directory",
    "new_builder": "contexts are not built here",
}
"""By the name of an attribute of flytekit's context."""


def instead_of_in_context(name: str) -> str:
    """Return what to say about an attribute that the context does not have; empty for one that flytekit's has not."""
    words = _INSTEAD_IN_CONTEXT.get(name)
    return f"the context has no `{name}` in livedeck, unlike flytekit's: {words}" if words else ""


def instead_of(name: str) -> str:
    """Return what to say about a name that livedeck does not export; empty for one that flytekit has not either."""
    words = _INSTEAD.get(name)
    return f"livedeck has no `{name}`, which flytekit has: {words}" if words else ""


def import_asks() -> bool:
    """Return whether a module's ``__getattr__``, which calls this, was called for a ``from`` import."""
    frame = sys._getframe(2)  # nothing but the calling frame tells a `from` import from an attribute
    return frame.f_code.co_name == "_handle_fromlist" and frame.f_globals.get("__name__") == "importlib._bootstrap"
