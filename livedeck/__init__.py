"""Python workflows whose Decks are live while the task runs.

Everything that a workflow's author needs is here. Importing it loads neither gRPC nor protobuf, nor any library for
data or storage: they come when they are needed. So does what a Deck is made of.
"""

from typing import TYPE_CHECKING

from livedeck.deck.settings import DeckPublish
from livedeck.errors import (
    InvalidName,
    InvalidWorkflow,
    LivedeckError,
    MissingInput,
    RecoverableError,
    TypeMismatch,
    UnknownEntity,
    UnsupportedOption,
    UnsupportedType,
    UserError,
)
from livedeck.sdk import flytekit_modules
from livedeck.sdk.context import ExecutionContext, FlyteContextManager, current_context
from livedeck.sdk.nodes import chain
from livedeck.sdk.options import Cache, DeckField, Resources, WorkflowFailurePolicy
from livedeck.sdk.tasks import Task, task
from livedeck.sdk.types.files import Directory, File
from livedeck.sdk.workflows import Workflow, workflow

if TYPE_CHECKING:
    from livedeck.deck.page import Deck
    from livedeck.sdk.cache_policies import CachePolicy, VersionParameters
    from livedeck.sdk.checkpoint import Checkpoint
    from livedeck.sdk.conditionals import conditional
    from livedeck.sdk.container_tasks import ContainerTask
    from livedeck.sdk.descriptions import Description, Documentation, SourceCode
    from livedeck.sdk.dynamic import dynamic
    from livedeck.sdk.eager import eager
    from livedeck.sdk.elastic import Elastic
    from livedeck.sdk.gates import approve, sleep, wait_for_input
    from livedeck.sdk.images import ImageSpec
    from livedeck.sdk.launch_options import (
        Annotations,
        ConcurrencyLimitBehavior,
        ConcurrencyPolicy,
        Labels,
        Options,
    )
    from livedeck.sdk.launch_plans import LaunchPlan
    from livedeck.sdk.map_tasks import TaskMetadata, map_task
    from livedeck.sdk.node_creation import create_node
    from livedeck.sdk.noted_options import NoEffectWarning, PodTemplate
    from livedeck.sdk.references import reference_launch_plan, reference_task, reference_workflow
    from livedeck.sdk.secrets import Secret
    from livedeck.sdk.shell_tasks import OutputLocation, ShellTask
    from livedeck.sdk.sql_tasks import SQLTask
    from livedeck.sdk.types.codecs import StructuredDatasetTransformerEngine
    from livedeck.sdk.types.columns import kwtypes
    from livedeck.sdk.types.datasets import StructuredDataset, StructuredDatasetFormat
    from livedeck.sdk.types.errors import FlyteError
    from livedeck.sdk.types.file_access import FlyteContext
    from livedeck.sdk.types.hashes import BatchSize, HashMethod

    __version__: str
    """The installed version, such as ``0.1.0``."""

FlyteFile = File
FlyteDirectory = Directory
ExecutionParameters = ExecutionContext

flytekit_modules.install()

__all__ = [
    "Annotations",
    "BatchSize",
    "Cache",
    "CachePolicy",
    "Checkpoint",
    "ConcurrencyLimitBehavior",
    "ConcurrencyPolicy",
    "ContainerTask",
    "Deck",
    "DeckField",
    "DeckPublish",
    "Description",
    "Directory",
    "Documentation",
    "Elastic",
    "ExecutionContext",
    "ExecutionParameters",
    "File",
    "FlyteContext",
    "FlyteContextManager",
    "FlyteDirectory",
    "FlyteError",
    "FlyteFile",
    "HashMethod",
    "ImageSpec",
    "InvalidName",
    "InvalidWorkflow",
    "Labels",
    "LaunchPlan",
    "LivedeckError",
    "MissingInput",
    "NoEffectWarning",
    "Options",
    "OutputLocation",
    "PodTemplate",
    "RecoverableError",
    "Resources",
    "SQLTask",
    "Secret",
    "ShellTask",
    "SourceCode",
    "StructuredDataset",
    "StructuredDatasetFormat",
    "StructuredDatasetTransformerEngine",
    "Task",
    "TaskMetadata",
    "TypeMismatch",
    "UnknownEntity",
    "UnsupportedOption",
    "UnsupportedType",
    "UserError",
    "VersionParameters",
    "Workflow",
    "WorkflowFailurePolicy",
    "approve",
    "chain",
    "conditional",
    "create_node",
    "current_context",
    "dynamic",
    "eager",
    "kwtypes",
    "map_task",
    "reference_launch_plan",
    "reference_task",
    "reference_workflow",
    "sleep",
    "task",
    "wait_for_input",
    "workflow",
]


_LOADED_WHEN_ASKED_FOR = {
    "Deck": "livedeck.deck.page",
    "FlyteError": "livedeck.sdk.types.errors",
    "LaunchPlan": "livedeck.sdk.launch_plans",
    "TaskMetadata": "livedeck.sdk.map_tasks",
    "conditional": "livedeck.sdk.conditionals",
    "create_node": "livedeck.sdk.node_creation",
    "dynamic": "livedeck.sdk.dynamic",
    "eager": "livedeck.sdk.eager",
    "Elastic": "livedeck.sdk.elastic",
    "map_task": "livedeck.sdk.map_tasks",
    **dict.fromkeys(
        ("Annotations", "ConcurrencyLimitBehavior", "ConcurrencyPolicy", "Labels", "Options"),
        "livedeck.sdk.launch_options",
    ),
    **dict.fromkeys(("reference_launch_plan", "reference_task", "reference_workflow"), "livedeck.sdk.references"),
    **dict.fromkeys(("Description", "Documentation", "SourceCode"), "livedeck.sdk.descriptions"),
    **dict.fromkeys(("CachePolicy", "VersionParameters"), "livedeck.sdk.cache_policies"),
    **dict.fromkeys(("NoEffectWarning", "PodTemplate"), "livedeck.sdk.noted_options"),
    **dict.fromkeys(("OutputLocation", "ShellTask"), "livedeck.sdk.shell_tasks"),
    **dict.fromkeys(("StructuredDataset", "StructuredDatasetFormat"), "livedeck.sdk.types.datasets"),
    "StructuredDatasetTransformerEngine": "livedeck.sdk.types.codecs",
    **dict.fromkeys(("BatchSize", "HashMethod"), "livedeck.sdk.types.hashes"),
    **dict.fromkeys(("Blob", "BlobMetadata", "Literal", "Scalar"), "flyteidl.core.literals_pb2"),
    **dict.fromkeys(("BlobType", "LiteralType", "StructuredDatasetType"), "flyteidl.core.types_pb2"),
    "Checkpoint": "livedeck.sdk.checkpoint",
    "ContainerTask": "livedeck.sdk.container_tasks",
    "FlyteContext": "livedeck.sdk.types.file_access",
    "ImageSpec": "livedeck.sdk.images",
    "SQLTask": "livedeck.sdk.sql_tasks",
    "Secret": "livedeck.sdk.secrets",
    "kwtypes": "livedeck.sdk.types.columns",
    **dict.fromkeys(("approve", "sleep", "wait_for_input"), "livedeck.sdk.gates"),
}
"""Names to the modules that they are in; the messages of ``flyteidl`` are for programs that import flytekit's."""


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> object:
    if name in _LOADED_WHEN_ASKED_FOR:
        from importlib import import_module  # noqa: PLC0415

        found: object = getattr(import_module(_LOADED_WHEN_ASKED_FOR[name]), name)
        globals()[name] = found
        return found
    if name in flytekit_modules.PACKAGES:  # flytekit.types.file, without an import of its own
        from importlib import import_module  # noqa: PLC0415

        return import_module(f"{__name__}.{name}")
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("livedeck")
    if name.startswith("_"):  # the import system asks for some
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from livedeck.sdk.flytekit_names import import_asks, instead_of  # noqa: PLC0415

    instead = instead_of(name)
    # Of an AttributeError "from livedeck import name" keeps nothing: the words are for its reader, too.
    kind = ImportError if instead and import_asks() else AttributeError
    raise kind(instead or f"module {__name__!r} has no attribute {name!r}")
