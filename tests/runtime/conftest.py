"""Attempts run in this process or in one of their own, on a store in a temporary folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.literals_pb2 import LiteralMap

from livedeck.deck.ops import Document
from livedeck.deck.snapshot import parse
from livedeck.runtime import entry
from livedeck.sdk.types import DataPlane, from_literal, to_literal
from livedeck.store import Store, open_store

PROGRAMS = Path(__file__).parent / "programs"


@dataclass
class Bench:
    """One attempt's places, and ways to run it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def output(self) -> Path:
        return self.root / "out" / "0"

    @property
    def store(self) -> Store:
        return open_store(f"file://{self.output}")

    @property
    def data(self) -> DataPlane:
        return DataPlane(f"file://{self.root}/raw")

    def give(self, **inputs: Any) -> None:
        literals = {name: to_literal(value, type(value), self.data) for name, value in inputs.items()}
        open_store(f"file://{self.root}/out").put("inputs.pb", LiteralMap(literals=literals).SerializeToString())

    def arguments(self, task: str, module: str = "tasks", **options: str) -> list[str]:
        more = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        return [
            *("--inputs", f"file://{self.root}/out/inputs.pb", "--output-prefix", f"file://{self.output}"),
            *("--raw-output-data-prefix", f"file://{self.root}/raw", "--checkpoint-path", f"file://{self.root}/new"),
            *("--prev-checkpoint", '""', *more, "--", "task-module", module, "task-name", task),
        ]

    def run(self, task: str, **options: str) -> int:
        """Run in this process."""
        return entry.main(self.arguments(task, **options))

    def start(self, task: str, **options: str) -> "subprocess.Popen[str]":
        """Start in a process of its own."""
        return self.start_with(self.arguments(task, **options))

    def start_with(self, arguments: Sequence[str]) -> "subprocess.Popen[str]":
        """Start in a process of its own with these arguments."""
        command = [sys.executable, "-m", "livedeck.runtime", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(PROGRAMS), "PYTHONUNBUFFERED": "1", **self.environment}
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.root
        )

    def outputs(self, **kinds: Any) -> Mapping[str, Any]:
        literals = LiteralMap.FromString(self.store.get("outputs.pb")).literals
        assert set(literals) == set(kinds)
        return {name: from_literal(literals[name], kind, self.data) for name, kind in kinds.items()}

    @property
    def error(self) -> ContainerError:
        return ErrorDocument.FromString(self.store.get("error.pb")).error

    @property
    def files(self) -> list[str]:
        return [key for key in self.store.list() if not key.startswith("deck/")]

    @property
    def document(self) -> Document:
        document = parse(self.store.get("deck.html"))
        assert document is not None
        return document

    @property
    def tabs(self) -> dict[str, str]:
        return {deck.name: "".join(each.html for each in deck.elements) for deck in self.document.decks}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.syspath_prepend(str(PROGRAMS))
    monkeypatch.setenv("LIVEDECK_CODE_CACHE", str(tmp_path / "code"))
    before = signal.getsignal(signal.SIGTERM)
    made = Bench(tmp_path)
    made.give()
    loaded = set(sys.modules)
    yield made
    for name in set(sys.modules) - loaded:  # modules of bundles, which others may have by the same names
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.fixture
def set_environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def set_all(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_all
