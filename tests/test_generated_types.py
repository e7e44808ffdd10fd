"""The console's TypeScript types are those of the Python structs."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_types", ROOT / "scripts" / "generate_types.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_files_are_what_would_be_generated(generator: Any) -> None:
    for file, text in generator.generate().items():
        assert (generator.CONSOLE / file).read_text() == text, f"{file} is stale: run scripts/generate_types.py"


def test_check_says_so_when_a_file_is_stale(generator: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generator.main(["--check"], tmp_path) == 1
    assert "deck.gen.ts is stale" in capsys.readouterr().err
    assert generator.main([], tmp_path) == 0
    assert generator.main(["--check"], tmp_path) == 0


def test_tags_renames_and_optional_fields(generator: Any) -> None:
    class Moved(msgspec.Struct, tag_field="type", tag="moved", rename="camel", omit_defaults=True):
        """It moved."""

        was_at: float
        points: list[float | None] = []

    assert generator._struct(Moved) == (
        "/** It moved. */\n"
        "export interface Moved {\n"
        '  readonly type: "moved";\n'
        "  readonly wasAt: number;\n"
        "  readonly points?: readonly (number | null)[];\n"
        "}"
    )


def test_a_field_with_a_default_is_always_there_unless_defaults_are_omitted(generator: Any) -> None:
    class Kept(msgspec.Struct):
        name: str = ""

    assert "readonly name: string;" in generator._struct(Kept)


def test_a_type_without_a_translation_is_refused(generator: Any) -> None:
    class Odd(msgspec.Struct):
        data: bytes

    with pytest.raises(TypeError, match="teach"):
        generator._struct(Odd)
