"""What ``import livedeck`` gives, and what it must not load."""

import subprocess
import sys
from pathlib import Path

import livedeck

HEAVY = (
    *("grpc", "google.protobuf", "flyteidl", "obstore", "sqlalchemy", "starlette", "uvicorn", "ray"),
    *("numpy", "pandas", "polars", "pyarrow", "pydantic", "cloudpickle", "asyncio", "importlib.metadata"),
    *("markdown_it", "msgspec"),
)

NAMES = {
    *("Cache", "Deck", "DeckField", "DeckPublish", "Directory", "ExecutionContext", "File", "InvalidName"),
    *("InvalidWorkflow", "LivedeckError", "MissingInput", "RecoverableError", "Resources", "Task", "TypeMismatch"),
    *("UnknownEntity", "UnsupportedOption", "UnsupportedType", "UserError", "Workflow", "WorkflowFailurePolicy"),
    *("current_context", "task", "workflow"),
}


def test_the_exported_names_are_these():
    assert set(livedeck.__all__) == NAMES
    assert sorted(livedeck.__all__) == livedeck.__all__
    assert all(hasattr(livedeck, name) for name in NAMES)


def test_importing_loads_nothing_heavy():
    script = f"import livedeck, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_defining_and_reading_a_workflow_loads_no_protobuf(tmp_path: Path):
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
        "assert both() == 4\n"
        "print([name for name in ('google.protobuf', 'flyteidl', 'grpc', 'obstore') if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
