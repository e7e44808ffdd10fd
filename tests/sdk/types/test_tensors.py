"""Tensors, modules and checkpoints of torch between tasks. Where there is no torch: `make torch-test`."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from livedeck import task, workflow
from livedeck.errors import UserError
from livedeck.sdk.types import DataPlane, Location, from_json, from_literal, literal_type, to_json, to_literal
from livedeck.sdk.types.tensors import PyTorchCheckpoint

pytest.importorskip("torch")

import torch

HERE = Location("t", "x")


def there_and_back(value: Any, kind: Any) -> Any:
    data = DataPlane("memory://tensors")
    return from_literal(to_literal(value, kind, data, HERE), kind, data, HERE)


@dataclass
class Step:
    rate: float
    weights: torch.Tensor


class Settings(NamedTuple):
    rate: float


@task
def scale(x: torch.Tensor, by: float) -> torch.Tensor:
    return x * by


@task
def trained(x: torch.Tensor) -> torch.nn.Module:
    model = torch.nn.Linear(2, 1)
    with torch.no_grad():
        model.weight.copy_(x.reshape(1, 2))
        model.bias.zero_()
    return model


@task
def applied(model: torch.nn.Module, x: torch.Tensor) -> float:
    return float(model(x).detach())


@workflow
def pipeline(x: torch.Tensor) -> float:
    scaled = scale(x=x, by=2.0)
    return applied(model=trained(x=scaled), x=scaled)


def test_tensors_and_modules_travel_from_task_to_task() -> None:
    assert pipeline(x=torch.tensor([1.0, 2.0])) == 20.0


def test_their_formats_are_flytekits() -> None:
    formats = {torch.Tensor: "PyTorchTensor", torch.nn.Module: "PyTorchModule", PyTorchCheckpoint: "PyTorchCheckpoint"}
    assert {kind: literal_type(kind).blob.format for kind in formats} == formats


def test_a_tensor_stays_the_same() -> None:
    for made in (torch.arange(6).reshape(2, 3), torch.tensor(0.5, dtype=torch.float64), torch.zeros(0)):
        back = there_and_back(made, torch.Tensor)
        assert back.dtype == made.dtype
        assert torch.equal(back, made)


def test_a_record_may_hold_one() -> None:
    step = there_and_back(Step(0.1, torch.ones(3)), Step)
    assert (step.rate, step.weights.tolist()) == (0.1, [1.0, 1.0, 1.0])


@pytest.mark.parametrize("given", [{"rate": 0.1}, Settings(0.1)])
def test_a_checkpoint_is_a_dict_where_it_is_read(given: Any) -> None:
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    read = there_and_back(PyTorchCheckpoint(model, given, optimizer), PyTorchCheckpoint)
    assert sorted(read) == ["module_state_dict", "optimizer_state_dict", "rate"]
    model.load_state_dict(read["module_state_dict"])
    assert there_and_back(read, PyTorchCheckpoint)["rate"] == 0.1


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UserError, match=r"torch\.as_tensor"):
        there_and_back([1.0], torch.Tensor)
    with pytest.raises(UserError, match="give a module, hyperparameters or an optimizer"):
        PyTorchCheckpoint()
    with pytest.raises(UserError, match=r"hyperparameters=3\): give a dict"):
        PyTorchCheckpoint(hyperparameters=3)
    literal = to_literal(1, int, DataPlane("memory://tensors"), HERE)
    with pytest.raises(UserError, match="x"):
        from_literal(literal, torch.Tensor, DataPlane("memory://tensors"), HERE)


def test_on_the_command_line_a_tensor_is_a_list() -> None:
    assert from_json([[1, 2]], torch.Tensor, HERE).tolist() == [[1, 2]]
    assert to_json(torch.tensor([1.5]), torch.Tensor, HERE) == [1.5]
