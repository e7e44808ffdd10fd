"""What fits a cluster, and the words for what does not."""

from typing import Any

import pytest

from livedeck.errors import CannotStart, InvalidSetting
from livedeck.executors.api import Attempt
from livedeck.executors.ray.fitting import AUTOSCALING, Capacity, grows, kinds
from livedeck.executors.ray.messages import Node

SMALL = Node("10.0.0.1", 4.0, 8 << 30, 0.0)
GPUS = Node("10.0.0.2", 2.0, 8 << 30, 2.0, "T4", {"license": 3.0, "ephemeral_storage": 1 << 30})


def attempt(**asked: Any) -> Attempt:
    return Attempt(id="p/d/e/n/0", command=("true",), environment={}, output_prefix="file:///out", **asked)


def capacity(*nodes: Node, grows: bool = False) -> Capacity:
    made = Capacity("10.0.0.1:6379", grows=grows)
    made.note(nodes or (SMALL, GPUS))
    return made


def refusal(of: Capacity, asked: Attempt) -> str:
    with pytest.raises(CannotStart) as raised:
        of.check(asked, of.cores(asked, counted=False))
    return str(raised.value)


@pytest.mark.parametrize(
    "asked",
    [
        {"cpu": 4.0},
        {"cpu": 2.0, "gpus": 2, "accelerator": "nvidia-tesla-t4"},
        {"accelerator": "T4"},
        {"custom": {"license": 3.0}, "storage": 1 << 30},
        {"cpu": 2.0, "nodes": 2},
        {"nodes": 2, "processes": 16},
        {"client": True},
    ],
)
def test_what_a_node_has_fits(asked: dict[str, Any]) -> None:
    one = capacity()
    one.check(attempt(**asked), one.cores(attempt(**asked), counted=False))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"cpu": 64.0, "memory": 1 << 40},
            "the task asks for 64 cores and 1 TiB of memory, but the Ray cluster at 10.0.0.1:6379 has no node",
        ),
        (
            {"cpu": 64.0, "memory": 1 << 40},
            "that; the largest, 10.0.0.1, has 4 cores and 8 GiB of memory",
        ),
        (
            {"gpus": 1, "accelerator": "nvidia-tesla-a100"},
            "1 GPU of kind nvidia-tesla-a100, but the Ray cluster at 10.0.0.1:6379 has no node with that; the largest",
        ),
        (
            {"gpus": 1, "accelerator": "nvidia-tesla-a100"},
            "the largest, 10.0.0.2, has 2 cores and 8 GiB of memory and 2 GPUs of kind T4",
        ),
        (
            {"gpus": 3, "accelerator": "nvidia-tesla-t4"},
            "the largest, 10.0.0.2, has 2 cores and 8 GiB of memory and 2 GPUs of kind T4",
        ),
        ({"custom": {"license": 4.0}}, "4 of 'license'"),
        ({"custom": {"license": 4.0}}, "10.0.0.2, has 2 cores and 8 GiB of memory and 3 of 'license'"),
        ({"custom": {"seat": 1.0}}, "has 4 cores and 8 GiB of memory and 0 of 'seat'"),
        ({"storage": 2 << 30}, "2 GiB of ephemeral storage"),
        ({"storage": 2 << 30}, "and 1 GiB of ephemeral storage"),
        ({"cpu": 4.0, "nodes": 2}, "2 nodes at once with 4 cores each, but"),
        ({"cpu": 4.0, "nodes": 2}, "has 1 such node of 2"),
    ],
)
def test_what_none_has_is_refused_with_what_the_largest_has(asked: dict[str, Any], words: str) -> None:
    assert words in refusal(capacity(), attempt(**asked))


def test_a_name_that_can_be_no_label_is_refused_also_where_the_cluster_grows() -> None:
    assert "'T4, A100', which is no name of one" in refusal(capacity(grows=True), attempt(accelerator="T4, A100"))


def test_a_node_that_is_gone_may_come_back() -> None:
    one = capacity()
    one.note([SMALL])
    one.check(attempt(gpus=2), 0.5)
    assert one.waits_for(attempt(gpus=2), 0.5) == "waits for 0.5 CPUs and 2 GPUs on a node of the Ray cluster"


def test_a_cluster_that_grows_is_waited_for() -> None:
    one = capacity(grows=True)
    large = attempt(cpu=64.0, accelerator="nvidia-h100")
    one.check(large, 64.0)
    assert one.waits_for(large, 64.0) == (
        "waits for 64 CPUs and an accelerator nvidia-h100 on a node of the Ray cluster, which has to grow for it"
    )
    assert one.waits_for(attempt(), 0.5) == "waits for 0.5 CPUs on a node of the Ray cluster"
    assert one.cores(attempt(nodes=2, processes=16), counted=False) == 8.0, "not what today's nodes have"


@pytest.mark.parametrize(
    ("accelerator", "labels"),
    [
        ("nvidia-tesla-t4", ("T4", "nvidia-tesla-t4")),
        ("nvidia-a10g", ("A10G", "nvidia-a10g")),
        ("A100", ("A100",)),
        ("amd-mi300x", ("amd-mi300x",)),
    ],
)
def test_kinds_of_gpu_go_by_rays_names_and_by_flytes(accelerator: str, labels: tuple[str, ...]) -> None:
    assert kinds(accelerator) == labels


def test_growth_is_declared_by_a_variable() -> None:
    assert [grows(declared) for declared in ({}, {AUTOSCALING: "0"}, {AUTOSCALING: "1"})] == [False, False, True]
    with pytest.raises(InvalidSetting, match="LIVEDECK_RAY_AUTOSCALING='yes' is not possible: give 1, or 0"):
        grows({AUTOSCALING: "yes"})
