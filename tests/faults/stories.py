"""One execution whose first task does what a test says, stage by stage."""

import json
from dataclasses import dataclass
from pathlib import Path

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

from livedeck.client import Client
from livedeck.deck.ops import Document, Html
from tests.faults.sites import Site
from tests.integration.running import start, wait_ended, wait_for

PROGRAM = Path(__file__).parent / "programs" / "at_the_end.py"
STEPS = "".join(f"<p>{text}</p>" for text in ("before", *map(str, range(20)), "last"))
"""What the first task publishes, all told."""
STAGES = {"placeholder": "begun", "mid-run": "published", "final": "took"}
"""The parts of a task's life, and the file that says that its function is through with each."""


@dataclass
class Story:
    """One execution."""

    client: Client
    folder: Path
    gate: Path
    execution: WorkflowExecutionIdentifier

    def enter(self, stage: str) -> None:
        """Let the task go into a stage."""
        place, name = {
            "placeholder": (self.gate, "load"),
            "mid-run": (self.folder, "half"),
            "final": (self.folder, "go"),
        }[stage]
        (place / name).touch()

    def is_through(self, stage: str) -> bool:
        """Whether the task's function has done its part of a stage."""
        return (self.folder / STAGES[stage]).exists()

    def wait_through(self, stage: str) -> None:
        """Return once it has."""
        wait_for(lambda: self.is_through(stage))

    def ended(self) -> Execution:
        """Return the execution once it has ended."""
        return wait_ended(self.client, self.execution, timeout=240)

    @property
    def runs(self) -> list[str]:
        """Names of the tasks that have begun, in order."""
        return (self.folder / "runs").read_text().split()

    @property
    def took(self) -> dict[str, float]:
        """Seconds that the task's function took for its part of each stage."""
        return json.loads((self.folder / "took").read_text())  # type: ignore[no-any-return]

    def wait_run(self, name: str) -> None:
        """Return once a task of this name has begun."""
        wait_for(lambda: name in self.runs)

    @property
    def first_prefix(self) -> str:
        """URI of the folder of the first task's first attempt."""
        node = next(node for node in self.client.node_executions(self.execution) if node.id.node_id == "n0")
        return node.closure.deck_uri.removesuffix("/deck.html")

    @property
    def stream(self) -> str:
        """Path of the live stream of the first task's Deck."""
        run = self.execution
        return f"/live/decks/{run.project}/{run.domain}/{run.name}/n0/0"


def loading(site: Site, folder: Path, workflow: str) -> Story:
    """Start an execution; return when its first task is about to be loaded."""
    execution = start(site.client, PROGRAM, workflow, folder=str(folder))
    story = Story(site.client, folder, site.gates / execution.name, execution)
    wait_for((story.gate / "loading").exists)
    return story


def last_stage(site: Site, folder: Path, workflow: str) -> Story:
    """Start an execution; return when only the end of its first task is left."""
    story = loading(site, folder, workflow)
    for stage in ("placeholder", "mid-run"):
        story.enter(stage)
        story.wait_through(stage)
    return story


def steps(document: Document) -> str:
    """What the task has published."""
    elements = next(deck.elements for deck in document.decks if deck.name == "steps")
    return "".join(element.html for element in elements if isinstance(element, Html))
