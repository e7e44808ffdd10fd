"""Names that flytekit exports and livedeck does not, with what there is instead.

Read only when a name was asked for that does not exist.
"""

import sys
from collections.abc import Mapping

_NOT_YET = "not yet supported"

_INSTEAD: Mapping[str, str] = {
    "AuthRole": "tasks run as the server's user",
    "CachePolicy": "give @task(cache=Cache(version=...))",
    "Checkpoint": "use current_context().checkpoint",
    "ContainerTask": "tasks are Python functions; call the program from one, with subprocess",
    "CronSchedule": _NOT_YET,
    "Description": "write a docstring",
    "Documentation": "write a docstring",
    "Email": _NOT_YET,
    "Environment": "give its options to @task",
    "ExecutionParameters": "use ExecutionContext",
    "FixedRate": _NOT_YET,
    "FlyteContext": "use current_context()",
    "FlyteContextManager": "use current_context()",
    "FlyteDirectory": "use Directory",
    "FlyteFile": "use File",
    "FlyteRemote": "use livedeck.client.Client, or flytekit's own FlyteRemote on livedeck's endpoint",
    "HashMethod": _NOT_YET,
    "ImageSpec": "tasks run in the environment of the server; install there what they import",
    "PagerDuty": _NOT_YET,
    "PodTemplate": "tasks do not run in pods",
    "PythonFunctionTask": "use @task",
    "PythonInstanceTask": "use @task",
    "SQLTask": "query the database in a @task",
    "Secret": "set the secret in the server's environment, and read os.environ",
    "SecurityContext": "set the secret in the server's environment, and read os.environ",
    "SensorEngine": _NOT_YET,
    "Slack": _NOT_YET,
    "SourceCode": "the code is uploaded with the workflow",
    "StructuredDataset": "annotate with pandas.DataFrame, polars.DataFrame or pyarrow.Table",
    "kwtypes": "annotate the function's own inputs",
    "lazy_module": "import inside the task",
    "logger": "use current_context().logging",
    "new_context": "use current_context()",
    "Artifact": _NOT_YET,
    **dict.fromkeys(("BatchSize", "StructuredDatasetFormat", "StructuredDatasetType"), "leave it out"),
    **dict.fromkeys(("BlobType", "BlobMetadata", "Blob", "Literal", "LiteralType", "Scalar"), "it is in flyteidl.core"),
}
"""By flytekit's name."""


_INSTEAD_IN_CONTEXT: Mapping[str, str] = {
    "secrets": "set the secret in the server's environment, and read os.environ",
    "stats": "log numbers, or show them on the Deck",
    "timeline_deck": "give deck_fields=(DeckField.TIMELINE,) to @task; the tab is added when the task ends",
    "user_space_params": "the context has these itself",
    "execution_state": "the context has these itself",
    "file_access": "return File, Directory or a frame from the task",
    "get": "the context's attributes are all that there is",
    "has_attr": "use hasattr(context, name)",
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
