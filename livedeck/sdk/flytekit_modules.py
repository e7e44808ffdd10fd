"""flytekit's modules under livedeck's name: ``from livedeck.types.file import FlyteFile`` and the like.

A program that imports a name from one of flytekit's modules imports it from the same path here. There is no file for
each of those modules: a finder, asked when nothing else has found ``livedeck.<path>``, makes a module of the tables
below. What a module has besides is what livedeck exports under that name.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

PACKAGES = frozenset(
    (
        *("configuration", "core", "exceptions", "experimental", "extend", "extras", "image_spec", "interaction"),
        *(
            "interactive",
            "interfaces",
            "lazy_import",
            "loggers",
            "models",
            "remote",
            "sensor",
            "tools",
            "types",
            "utils",
        ),
    )
)
"""What stands below ``flytekit`` and, but for ``types``, is no folder of livedeck's."""

_LITERALS, _TYPES = "flyteidl.core.literals_pb2", "flyteidl.core.types_pb2"

_MESSAGES: Mapping[str, Sequence[str]] = {
    "models.literals": (_LITERALS,),
    "models.types": (_TYPES,),
    "models.core.types": (_TYPES,),
    "models.core.execution": ("flyteidl.core.execution_pb2",),
    "models.core.identifier": ("flyteidl.core.identifier_pb2",),
    "models.interface": ("flyteidl.core.interface_pb2",),
    "models.task": ("flyteidl.core.tasks_pb2",),
}
"""Modules of flytekit's wrappers around messages: here they hold the messages, which are made with the same names."""

_ERRORS = "livedeck.errors"
_FORMATS = "livedeck.types.file"
_NAMES: Mapping[str, str] = {
    "OutputLocation": "livedeck.sdk.shell_tasks",
    "ProcessResult": "livedeck.sdk.instance_tasks",
    "subproc_execute": "livedeck.sdk.shell_tasks",
    "EagerException": _ERRORS,
    "SQLite3Config": "livedeck.sdk.sql_tasks",
    "SQLite3Task": "livedeck.sdk.sql_tasks",
    "TypeEngine": "livedeck.sdk.types.transformers",
    "TypeTransformer": "livedeck.sdk.types.transformers",
    "AsyncTypeTransformer": "livedeck.sdk.types.transformers",
    "SimpleTransformer": "livedeck.sdk.types.transformers",
    "TypeTransformerFailedError": "livedeck.sdk.types.transformers",
    "StructuredDatasetDecoder": "livedeck.sdk.types.codecs",
    "StructuredDatasetEncoder": "livedeck.sdk.types.codecs",
    "FileAccessProvider": "livedeck.sdk.types.file_access",
    "SecretsManager": "livedeck.sdk.secrets",
    "PyTorchCheckpoint": "livedeck.sdk.types.tensors",
    "timeit": "livedeck.sdk.timeline",
    "ClassDecorator": "livedeck.sdk.class_decorators",
    **dict.fromkeys(("ReferenceTask", "ReferenceWorkflow", "ReferenceLaunchPlan"), "livedeck.sdk.references"),
    **dict.fromkeys(
        ("ArrowRenderer", "MarkdownRenderer", "SourceCodeRenderer", "TopFrameRenderer"),
        "livedeck.deck.flytekit_renderers",
    ),
    "JSON": "livedeck.sdk.types.iterators",
    **dict.fromkeys(
        (
            *("GPUAccelerator", "K80", "M60", "P4", "P100", "V100", "T4", "A10", "A10G", "A100", "A100_80GB"),
            *("L4", "L4_VWS", "L40", "H100"),
        ),
        "livedeck.sdk.accelerators",
    ),
    "TensorboardLogs": "livedeck.types.directory",
    "TFRecordsDirectory": "livedeck.types.directory",
    **dict.fromkeys(("PARQUET", "CSV"), "livedeck.sdk.types.frame_libraries"),
    **dict.fromkeys(
        (
            *("FileExt", "HDF5EncodedFile", "HTMLPage", "JoblibSerializedFile", "JPEGImageFile", "PDFFile"),
            *("PNGImageFile", "PythonPickledFile", "PythonNotebook", "SVGImageFile", "CSVFile", "ONNXFile"),
            *("TFRecordFile", "JSONLFile"),
        ),
        _FORMATS,
    ),
}
"""Names that flytekit has in some module and not in ``flytekit`` itself, and where they are here."""

_RENAMED: Mapping[str, tuple[str, str]] = {
    "FlyteException": (_ERRORS, "LivedeckError"),
    "FlyteRecoverableException": (_ERRORS, "RecoverableError"),
    "FlyteUserException": (_ERRORS, "LivedeckError"),
    "FlyteAssertion": (_ERRORS, "UserError"),
    "FlyteValidationException": (_ERRORS, "UserError"),
    "FlyteTimeout": (_ERRORS, "TaskTimedOut"),
    "FlyteValueException": (_ERRORS, "TypeMismatch"),
    "FlyteTypeException": (_ERRORS, "TypeMismatch"),
    "FlyteDataNotFoundException": (_ERRORS, "ObjectNotFound"),
    "FlyteDisapprovalException": (_ERRORS, "ApprovalRefused"),
    "FlyteMissingReturnValueException": (_ERRORS, "TypeMismatch"),
    "FlyteMissingTypeException": (_ERRORS, "UnsupportedType"),
    "FlyteCompilationException": (_ERRORS, "InvalidWorkflow"),
    "FlyteFailureNodeInputMismatchException": (_ERRORS, "InvalidWorkflow"),
    "FlyteDownloadDataException": (_ERRORS, "StoreError"),
    "FlyteUploadDataException": (_ERRORS, "StoreError"),
    "FlyteEntityAlreadyExistsException": (_ERRORS, "RemoteConflict"),
    "FlyteEntityNotExistException": (_ERRORS, "RemoteNotFound"),
    "FlyteEntityNotFoundException": (_ERRORS, "RemoteNotFound"),
    "FlyteInvalidInputException": (_ERRORS, "RemoteInvalid"),
    "ImperativeWorkflow": ("livedeck", "Workflow"),
    "SyncCheckpoint": ("livedeck", "Checkpoint"),
    "array_node_map_task": ("livedeck", "map_task"),
    "FlytePickle": ("livedeck.sdk.types.pickles", "FlytePickle"),
}
"""Those that have another name here."""


class FlytekitFinder:
    """Finds flytekit's modules below ``livedeck``; see the module's first lines."""

    @classmethod
    def find_spec(cls, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG003
        """Return the spec of one of flytekit's modules, None for any other.

        Raises:
            ModuleNotFoundError: the module is a part of flytekit that livedeck has nothing of.
        """
        package, _, below = fullname.partition(".")
        root = below.partition(".")[0]
        if package != "livedeck" or (root not in PACKAGES and below not in ("deck.deck", "deck.renderer")):
            return None
        return ModuleSpec(fullname, cls(), is_package=True)  # type: ignore[arg-type] # importlib.abc takes long to load

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module, which finds its names when they are asked for."""
        return FlytekitModule(spec.name, f"flytekit's {spec.name.partition('.')[2]}, as far as livedeck has it.")

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: there is no code."""


class FlytekitModule(ModuleType):
    """One of flytekit's modules."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            found = find(self.__name__.partition(".")[2], name)
        except AttributeError as error:
            from livedeck.sdk.flytekit_names import import_asks

            if import_asks():
                raise ImportError(str(error)) from None
            raise
        setattr(self, name, found)
        return found


def find(module: str, name: str) -> object:
    """Return what one of flytekit's modules has under a name.

    Raises:
        AttributeError: livedeck has nothing of that name.
    """
    for messages in _MESSAGES.get(module, ()):
        found = getattr(importlib.import_module(messages), name, None)
        if found is not None:
            return found
    if name in _RENAMED:
        place, there = _RENAMED[name]
        return getattr(importlib.import_module(place), there)
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if _is_module(f"{module}.{name}"):
        return importlib.import_module(f"livedeck.{module}.{name}")
    exported = importlib.import_module("livedeck")
    try:
        return getattr(exported, name)
    except AttributeError as error:
        from livedeck.sdk.flytekit_names import instead_of

        raise AttributeError(instead_of(name) or f"livedeck.{module} has no `{name}`: {NOT_HERE}") from error


NOT_HERE = (
    "of flytekit's modules livedeck has the names that workflows are written with. Leave the import out where nothing "
    "needs it; docs/coming-from-flyte.md says what stands for what"
)

_MODULES = frozenset(
    (
        *("core.task", "core.workflow", "core.type_engine", "core.context_manager", "core.launch_plan", "core.hash"),
        *("core.base_task", "core.base_sql_task", "core.resources", "core.dynamic_workflow_task", "core.checkpointer"),
        *("core.node_creation", "core.array_node_map_task", "core.condition", "core.gate", "core.pod_template"),
        *("core.container_task", "core.cache", "core.notification", "core.schedule", "core.options", "core.interface"),
        *("core.environment", "core.artifact", "core.python_function_task", "core.type_helpers", "core.utils"),
        *("core.data_persistence", "core.annotation", "core.constants", "core.promise", "core.reference"),
        *("exceptions.user", "exceptions.base", "exceptions.system", "exceptions.scopes", "exceptions.eager"),
        *("extras.tasks", "extras.tasks.shell", "extras.sqlite3", "extras.sqlite3.task", "extras.accelerators"),
        *("extras.pytorch", "extras.pytorch.checkpoint", "extras.sklearn", "extras.tensorflow"),
        *("models.literals", "models.types", "models.core", "models.core.types", "models.core.identifier"),
        *("models.core.execution", "models.common", "models.documentation", "models.security", "models.task"),
        *("models.concurrency", "models.interface", "image_spec.image_spec", "experimental.eager_function"),
        *("types.error", "types.error.error", "types.pickle", "types.pickle.pickle", "types.numpy", "types.schema"),
        *("types.schema.types", "types.file.file", "types.directory.types", "types.iterator.iterator"),
        *("types.iterator.json_iterator", "types.structured.structured_dataset", "types.structured.basic_dfs"),
        *("types.file", "types.directory", "types.structured", "types.iterator", "configuration.plugin"),
        *("remote.remote", "sensor.file_sensor", "sensor.sensor_engine", "lazy_import.lazy_module", "core.testing"),
    )
)


def _is_module(path: str) -> bool:
    return path in _MODULES


def install() -> None:
    """Have flytekit's modules found below ``livedeck``. The finder is asked last, and of other packages nothing."""
    if FlytekitFinder not in sys.meta_path:
        sys.meta_path.append(FlytekitFinder)
