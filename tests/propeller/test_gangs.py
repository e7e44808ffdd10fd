"""What the engine reads of a template that asks for several processes."""

from typing import Any

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate

from livedeck.errors import UnsupportedOption
from livedeck.propeller.gangs import Gang, gang_of


def template(kind: str = "python-task", custom: dict[str, Any] | None = None, **config: str) -> TaskTemplate:
    made = TaskTemplate(type=kind, config={f"livedeck.{name}": value for name, value in config.items()})
    if custom is not None:
        made.custom.update(custom)
    return made


def elastic(**fields: Any) -> dict[str, Any]:
    """What flytekit's plugin writes."""
    return {"workerReplicas": {"replicas": 2}, "elasticConfig": {"rdzvBackend": "c10d", **fields}}


def test_what_flytekits_plugin_registers_is_read() -> None:
    custom = elastic(minReplicas=2, maxReplicas=2, nprocPerNode=4)
    assert gang_of(template("pytorch", custom)) == Gang(2, 4, led=False, decks=False)


def test_what_a_gang_of_ours_has_besides_is_read() -> None:
    found = gang_of(template(nproc_per_node="3", rank_decks="true"))
    assert found == Gang(1, 3, led=True, decks=True)
    assert found.size == 3


def test_other_tasks_are_no_gangs() -> None:
    assert gang_of(template()) is None


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (template("spark", {"x": 1}), "is of type 'spark': that needs a plugin"),
        (template("pytorch", {"workers": 4}), "is a PyTorch job without Elastic"),
        (template("pytorch", elastic(minReplicas=1, maxReplicas=4)), "asks for 1 to 4 nodes"),
        (template("pytorch", elastic(minReplicas=9999, maxReplicas=9999)), "has nnodes '9999'"),
        (template("pytorch", elastic(minReplicas="x")), "has no job of PyTorch's in its field custom"),
        (template(nproc_per_node="none"), "has livedeck.nproc_per_node 'none'"),
    ],
)
def test_what_cannot_be_honoured_is_refused(made: TaskTemplate, words: str) -> None:
    with pytest.raises(UnsupportedOption, match=words):
        gang_of(made)
