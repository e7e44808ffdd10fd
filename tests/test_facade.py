"""What ``import livedeck`` gives, and what it must not load."""

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import livedeck

HEAVY = (
    *("grpc", "google.protobuf", "flyteidl", "obstore", "sqlalchemy", "starlette", "uvicorn", "ray"),
    *("numpy", "pandas", "polars", "pyarrow", "pydantic", "cloudpickle", "asyncio", "importlib.metadata"),
    *("markdown_it", "msgspec"),
)

NAMES = {
    *(
        "Cache",
        "CachePolicy",
        "VersionParameters",
        "Deck",
        "DeckField",
        "DeckPublish",
        "Directory",
        "ExecutionContext",
        "File",
        "InvalidName",
    ),
    *("InvalidWorkflow", "LivedeckError", "MissingInput", "RecoverableError", "Resources", "Task", "TypeMismatch"),
    *("UnknownEntity", "UnsupportedOption", "UnsupportedType", "UserError", "Workflow", "WorkflowFailurePolicy"),
    *("FlyteError", "TaskMetadata", "approve", "chain", "conditional", "create_node", "current_context", "dynamic"),
    *("eager", "map_task", "sleep", "task", "wait_for_input", "workflow"),
    *("Annotations", "ConcurrencyLimitBehavior", "ConcurrencyPolicy", "Labels", "LaunchPlan", "Options"),
    *("reference_launch_plan", "reference_task", "reference_workflow"),
    "BatchSize",
    *("Checkpoint", "ContainerTask", "Description", "Documentation", "Elastic", "ExecutionParameters", "FlyteContext"),
    *("FlyteContextManager", "FlyteDirectory", "FlyteFile", "HashMethod", "ImageSpec"),
    *("NoEffectWarning", "OutputLocation", "PodTemplate", "SQLTask", "Secret", "ShellTask", "SourceCode"),
    *("StructuredDataset", "StructuredDatasetFormat", "StructuredDatasetTransformerEngine"),
    "kwtypes",
}


def test_the_exported_names_are_these() -> None:
    assert set(livedeck.__all__) == NAMES
    assert sorted(livedeck.__all__) == livedeck.__all__
    assert all(hasattr(livedeck, name) for name in NAMES)


def test_dir_lists_the_exported_names() -> None:
    assert dir(livedeck) == livedeck.__all__


def test_the_version_is_that_of_the_project() -> None:
    with (Path(__file__).parent.parent / "pyproject.toml").open("rb") as file:
        assert livedeck.__version__ == tomllib.load(file)["project"]["version"]


def test_a_name_of_flytekits_says_what_there_is_instead() -> None:
    with pytest.raises(AttributeError, match="livedeck has no `FlyteRemote`, which flytekit has"):
        _ = livedeck.FlyteRemote
    with pytest.raises(ImportError, match="livedeck has no `CronSchedule`, which flytekit has: schedules are not"):
        from livedeck import CronSchedule  # noqa: F401
    assert not hasattr(livedeck, "CronSchedule")
    assert getattr(livedeck, "CronSchedule", None) is None


def test_a_name_that_nobody_has_is_an_ordinary_mistake() -> None:
    with pytest.raises(AttributeError, match="module 'livedeck' has no attribute 'wrokflow'"):
        _ = livedeck.wrokflow
    with pytest.raises(ImportError, match="cannot import name 'wrokflow'"):
        from livedeck import wrokflow  # noqa: F401


def test_names_of_flytekits_modules_are_found_there_too() -> None:
    script = (
        "from livedeck.types.file import FlyteFile, JSONLFile\n"
        "from livedeck.core.node_creation import create_node\n"
        "from livedeck.extras.tasks.shell import OutputLocation\n"
        "import livedeck as flytekit\n"
        "assert flytekit.types.directory.FlyteDirectory is flytekit.Directory\n"
        "assert FlyteFile is flytekit.File\n"
        "print(JSONLFile.extension(), create_node.__name__, OutputLocation.__name__)\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["jsonl", "create_node", "OutputLocation"]


def test_a_name_of_one_of_flytekits_modules_says_what_there_is_instead() -> None:
    with pytest.raises(
        ImportError, match="livedeck has no `TaskPlugins`, which flytekit has: there are no task plugins"
    ):
        from livedeck.extend import TaskPlugins  # type: ignore[import-untyped] # noqa: F401
    with pytest.raises(ImportError, match="livedeck has no `V5E`, which flytekit has: there are no TPUs"):
        from livedeck.extras.accelerators import V5E  # type: ignore[import-untyped] # noqa: F401
    with pytest.raises(
        AttributeError, match="livedeck has no `FlyteSchema`, which flytekit has: use StructuredDataset"
    ):
        _ = importlib.import_module("livedeck.types.schema").FlyteSchema


@pytest.mark.parametrize("name", ["Echo", "FlyteAnnotation", "IgnoreOutputs", "VoidPromise"])
def test_names_that_few_programs_need_say_what_there_is_instead(name: str) -> None:
    with pytest.raises(AttributeError, match=f"livedeck has no `{name}`, which flytekit has: "):
        getattr(importlib.import_module("livedeck.core"), name)


def test_a_name_of_a_module_that_livedeck_does_not_have_names_the_module() -> None:
    with pytest.raises(ImportError, match=r"livedeck\.core\.node has no `assert_not_promise`: of flytekit's modules"):
        from livedeck.core.node import assert_not_promise  # type: ignore[import-untyped] # noqa: F401


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("exceptions.base", "FlyteException"),
        ("exceptions.eager", "EagerException"),
        ("exceptions.user", "FlyteCompilationException"),
        ("core.checkpointer", "SyncCheckpoint"),
        ("core.workflow", "ImperativeWorkflow"),
        ("core.workflow", "ReferenceWorkflow"),
        ("core.launch_plan", "ReferenceLaunchPlan"),
        ("core.task", "ReferenceTask"),
        ("core.utils", "ClassDecorator"),
        ("core.type_engine", "SimpleTransformer"),
        ("core.array_node_map_task", "array_node_map_task"),
        ("types.file.file", "FlyteFile"),
        ("types.directory.types", "FlyteDirectory"),
        ("types.iterator.json_iterator", "JSON"),
    ],
)
def test_names_of_flytekits_submodules_are_importable(module: str, name: str) -> None:
    assert getattr(importlib.import_module(f"livedeck.{module}"), name)


def test_a_module_that_flytekit_has_not_either_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'livedeck\.nothing'"):
        import livedeck.nothing  # type: ignore[import-untyped] # noqa: F401


def test_submodules_are_imported_from_the_package_as_ever() -> None:
    script = "from livedeck import client, testing; print(client.__name__, testing.__name__)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["livedeck.client", "livedeck.testing"]


def test_importing_loads_nothing_heavy() -> None:
    script = f"import livedeck, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_defining_and_reading_a_workflow_loads_no_protobuf(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\n"
        "from livedeck import task, workflow\n"
        "@task\n"
        "def double(x: int) -> int:\n"
        "    return 2 * x\n"
        "@workflow\n"
        "def both(x: int = 1) -> int:\n"
        "    return double(x=double(x=x))\n"
        "@task\n"
        "def up_to(count: int) -> list[int]:\n"
        "    return list(range(count))\n"
        "@task\n"
        "def total(xs: list[int]) -> int:\n"
        "    return sum(xs)\n"
        "@workflow\n"
        "def summed(count: int) -> int:\n"
        "    return total(xs=up_to(count=count))\n"
        "assert (both(), summed(count=4)) == (4, 6)\n"
        "print([name for name in ('google.protobuf', 'flyteidl', 'grpc', 'obstore') if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
