"""``task_config=Elastic(...)``: what is accepted, refused, said, and registered."""

import warnings
from typing import Any

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate
from google.protobuf.json_format import MessageToDict

from livedeck import DeckPublish, Elastic, NoEffectWarning, dynamic, eager, task
from livedeck.errors import UnsupportedOption, UserError
from livedeck.propeller.gangs import Gang, gang_of
from livedeck.sdk.specs.settings import CompileSettings
from livedeck.sdk.specs.tasks import task_spec

SETTINGS = CompileSettings(project="p", domain="d", version="v")


@task(task_config=Elastic(nproc_per_node=4), enable_deck=True, deck_publish=DeckPublish(every_rank=True))
def on_one_node(x: int) -> int:
    return x


@task(task_config=Elastic(nnodes=2, nproc_per_node=4), environment={"OMP_NUM_THREADS": "3"})
def on_two_nodes(x: int) -> int:
    return x


def function(x: int) -> int:
    return x


def template_of(made: Any) -> TaskTemplate:
    return task_spec(made, SETTINGS).template


def environment(template: TaskTemplate) -> dict[str, str]:
    return {pair.key: pair.value for pair in template.container.env}


def test_on_one_node_it_is_a_python_task_as_flytekits_is() -> None:
    template = template_of(on_one_node)
    assert template.type == "python-task"
    assert not template.custom.fields
    arguments = list(template.container.args)
    assert arguments[arguments.index("--nproc-per-node") + 1] == "4"
    assert environment(template) == {"OMP_NUM_THREADS": "1"}
    assert gang_of(template) == Gang(1, 4, led=True, decks=True)


def test_on_several_nodes_it_is_registered_as_flytekit_does() -> None:
    template = template_of(on_two_nodes)
    assert (template.type, template.task_type_version) == ("pytorch", 1)
    assert MessageToDict(template.custom) == {
        "workerReplicas": {"replicas": 2},
        "elasticConfig": {"rdzvBackend": "c10d", "minReplicas": 2, "maxReplicas": 2, "nprocPerNode": 4},
    }
    assert environment(template) == {"OMP_NUM_THREADS": "3"}
    assert gang_of(template) == Gang(2, 4, led=True, decks=False)


@task
def alone(x: int) -> int:
    return x


def test_a_task_without_it_is_one_process() -> None:
    assert gang_of(template_of(alone)) is None
    assert not template_of(alone).container.env


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"nnodes": 0}, r"nnodes=0\): give a whole number of nodes"),
        ({"nnodes": "many"}, r"nnodes='many'\): give a whole number"),
        ({"nproc_per_node": "auto"}, r"nproc_per_node='auto'\): give a whole number of processes"),
        ({"nproc_per_node": 0}, "nproc_per_node=0"),
        ({"nproc_per_node": True}, "nproc_per_node=True"),
        ({"start_method": "forkserver"}, "give spawn or fork"),
        ({"max_restarts": -1}, "max_restarts=-1"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        task(task_config=Elastic(**fields))(function)


def test_a_gang_that_grows_and_shrinks_is_refused_and_one_that_does_not_is_not() -> None:
    with pytest.raises(UnsupportedOption, match=r"nnodes='1:4'\) cannot be honoured: a gang runs whole.*nnodes=4"):
        task(task_config=Elastic(nnodes="1:4"))(function)
    assert task(task_config=Elastic(nnodes="2:2"))(function).options.gang.nodes == 2
    assert task(task_config=Elastic(nnodes="3"))(function).options.gang.nodes == 3


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"max_restarts": 3}, r"Elastic: max_restarts has no effect here: .*@task\(retries=...\)"),
        ({"rdzv_configs": {"timeout": 5}}, "Elastic: rdzv_configs has no effect here"),
        ({"run_policy": object()}, "Elastic: run_policy has no effect here"),
    ],
)
def test_what_changes_nothing_is_said(fields: dict[str, Any], words: str) -> None:
    with pytest.warns(NoEffectWarning, match=words):
        task(task_config=Elastic(**fields))(function)


def test_flytekits_own_class_is_accepted() -> None:
    theirs = type("Elastic", (), {"__module__": "flytekitplugins.kfpytorch.task"})
    config = theirs()
    vars(config).update(vars(Elastic(nnodes=2, nproc_per_node=3)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = task(task_config=config)(function)
    assert (made.options.gang.nodes, made.options.gang.processes) == (2, 3)


@pytest.mark.parametrize("decorator", [dynamic, eager])
def test_what_only_says_what_runs_is_no_gang(decorator: Any) -> None:
    with pytest.raises(UnsupportedOption, match=r"task_config=Elastic\(...\) is for what computes"):
        decorator(task_config=Elastic())(function)


def test_decks_of_every_rank_need_ranks() -> None:
    with pytest.raises(UserError, match=r"every_rank=True\).*says nothing without task_config"):
        task(enable_deck=True, deck_publish=DeckPublish(every_rank=True))(function)
