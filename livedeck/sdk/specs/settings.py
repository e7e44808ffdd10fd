"""What the compiled forms of tasks and workflows share: names, interfaces, descriptions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from flyteidl.admin.description_entity_pb2 import Description, DescriptionEntity, DescriptionFormat
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import TypedInterface, Variable, VariableMap
from google.protobuf.duration_pb2 import Duration

from livedeck.sdk.descriptions import NO_DOCUMENTATION, Documentation
from livedeck.sdk.docstrings import Docstring
from livedeck.sdk.interface import Interface
from livedeck.sdk.types import DataPlane, literal_type


@dataclass(frozen=True)
class CompileSettings:
    """What the compiled form says beyond the program itself."""

    project: str
    domain: str
    version: str
    code: str = ""
    """URI of the code bundle; empty if the modules can be imported where the tasks run."""
    data: DataPlane = field(default_factory=lambda: DataPlane("memory://constants"))
    """Where constants that are files, frames or pickles are uploaded."""
    image: str = "livedeck"
    """The container image's name; executors that run processes ignore it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables for every task, below the task's own."""


def identifier(kind: "ResourceType", name: str, settings: CompileSettings) -> Identifier:
    """Return the full name of an entity that is compiled with these settings."""
    return Identifier(
        resource_type=kind,
        project=settings.project,
        domain=settings.domain,
        name=name,
        version=settings.version,
    )


def typed_interface(interface: Interface) -> TypedInterface:
    """Return an interface in Flyte's words."""
    inputs = {
        name: Variable(type=literal_type(each.type), description=each.description or name)
        for name, each in interface.inputs.items()
    }
    outputs = {name: Variable(type=literal_type(each), description=name) for name, each in interface.outputs.items()}
    return TypedInterface(inputs=VariableMap(variables=inputs), outputs=VariableMap(variables=outputs))


def description(docs: Docstring, given: Documentation | None = None) -> DescriptionEntity:
    """Return what consoles show about an entity: what was given, else what its docstring says."""
    given = given or NO_DOCUMENTATION
    text = Description(value=docs.text, format=DescriptionFormat.DESCRIPTION_FORMAT_RST)
    if (long := given.long_description) is not None:
        kind = DescriptionFormat.Name(long.format.value)
        text = Description(value=long.value, uri=long.uri, icon_link=long.icon_link or "", format=kind)
    made = DescriptionEntity(short_description=given.short_description or docs.summary, long_description=text)
    if given.source_code is not None:
        made.source_code.link = given.source_code.link or ""
    return made


def duration(time: timedelta) -> Duration:
    """Return a time in protobuf's form."""
    duration = Duration()
    duration.FromTimedelta(time)
    return duration
