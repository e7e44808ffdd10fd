from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flyteidl.core import tasks_pb2

from livedeck import Cache, DeckField, DeckPublish, Resources, task
from livedeck.errors import InvalidWorkflow, TypeMismatch, UnsupportedOption, UserError
from livedeck.propeller.quantities import quantity
from livedeck.sdk.accelerators import A100


@dataclass
class Accelerator:
    """As flytekit's are, for all that is asked of them."""

    device: str
    part: str = ""

    def to_flyte_idl(self) -> tasks_pb2.GPUAccelerator:
        return tasks_pb2.GPUAccelerator(device=self.device, partition_size=self.part)


def function(x: int) -> int:
    return x


def test_every_option_arrives() -> None:
    made = task(
        enable_deck=True,
        deck_fields=(DeckField.INPUT, "Output"),  # type: ignore[arg-type]
        deck_publish=DeckPublish(min_interval=1),
        retries=3,
        timeout=90,
        requests=Resources(cpu="500m", mem="2Gi"),
        limits=Resources(cpu=1, gpu=1),
        environment={"A": "b"},
        interruptible=True,
        cache=True,
        cache_version="7",
        cache_ignore_input_vars=("x",),
    )(function)
    assert made.options.enable_deck
    assert made.options.deck_fields == (DeckField.INPUT, DeckField.OUTPUT)
    assert made.options.deck_publish.min_interval == 1
    assert made.options.retries == 3
    assert made.options.timeout == timedelta(seconds=90)
    assert made.options.requests.mem == "2Gi"
    assert made.options.limits.gpu == 1
    assert made.options.environment == {"A": "b"}
    assert made.options.interruptible is True
    assert made.options.cache == Cache("7", ignored_inputs=("x",))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"retries": -1}, "retries=-1"),
        ({"retries": True}, "retries=True"),
        ({"retries": 1.5}, "retries=1.5"),
        ({"timeout": "1m"}, "timeout='1m'"),
        ({"timeout": -1}, "above 0"),
        ({"timeout": float("nan")}, "timeout=nan"),
        ({"timeout": 1e30}, "timeout=1e"),
        ({"enable_deck": 1}, "True or False"),
        ({"interruptible": "yes"}, "True or False"),
        ({"requests": {"cpu": 1}}, r"give Resources\(cpu"),
        ({"environment": {"A": 1}}, "must both be text"),
        ({"environment": {"A=B": "1"}}, "cannot be an environment variable"),
        ({"environment": {"A": "\0"}}, "cannot be an environment variable"),
        ({"environment": "A=1"}, "give a dict"),
        ({"deck_fields": "Input"}, "give a tuple"),
        ({"deck_fields": ("Inputs",)}, "DeckField.INPUT"),
        ({"enable_deck": True, "deck_publish": 5}, "DeckPublish"),
        ({"enable_deck": False, "deck_publish": DeckPublish()}, "with enable_deck=False"),
        ({"cache_ignore_input_vars": ("x",)}, "without cache=True"),
        ({"cache": "yes"}, "True or False"),
        ({"cache_version": "1"}, "without cache=True"),
        ({"cache_serialize": True}, "without cache=True"),
        ({"cache": Cache("1"), "cache_serialize": True}, "inside Cache"),
        ({"cache": True, "cache_serialize": 1}, "True or False"),
        ({"cache": Cache("1"), "cache_version": "1"}, "inside Cache"),
        ({"cache": True, "cache_ignore_input_vars": ("z",)}, "'z', which does not exist"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        task(**options)(function)


@pytest.mark.parametrize("amount", ["1 GB", "-1", "", "5K", "1e3k", "Gi", -1, True, float("inf"), []])
def test_an_amount_that_is_none_is_refused(amount: Any) -> None:
    with pytest.raises(UserError, match="is not an amount"):
        Resources(mem=amount)


def test_a_wrong_thousand_says_the_right_ones() -> None:
    with pytest.raises(UserError, match=r"mem='5K'\) is not an amount: .*; k, M, G are thousands, and Ki, Mi, Gi"):
        Resources(mem="5K")


AMOUNTS = [
    "2",
    "500m",
    "1.5Gi",
    "5k",
    "5K",
    "5Ki",
    "5ki",
    "1e3",
    "1E3",
    "1E",
    "1e3k",
    "1e",
    ".5",
    "5.",
    "+5",
    "7u",
    "x",
    "1gb",
]


@pytest.mark.parametrize("amount", AMOUNTS)
def test_an_amount_is_one_here_if_it_is_one_to_the_engine(amount: str) -> None:
    try:
        quantity(amount)
    except InvalidWorkflow:
        with pytest.raises(UserError):
            Resources(mem=amount)
    else:
        Resources(mem=amount)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"accelerator": Accelerator("nvidia-tesla-a100", "1g.5gb")},
            "there are no parts of GPUs: give the kind alone",
        ),
        ({"task_config": object()}, "no task plugins"),
    ],
)
def test_options_of_flytekit_that_are_not_supported_say_why(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedOption, match=words):
        task(**options)(function)


@pytest.mark.parametrize("kind", ["nvidia-tesla-a100", A100, Accelerator("nvidia-tesla-a100")])
def test_a_kind_of_gpu_is_a_name_or_an_object_of_flytekits(kind: Any) -> None:
    assert task(accelerator=kind)(function).options.accelerator == "nvidia-tesla-a100"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"accelerator": 7}, "accelerator=7 is no kind of GPU"),
        ({"accelerator": "a, b"}, "accelerator='a, b' is no kind of GPU"),
        ({"custom_resources": ["license"]}, "give amounts by names"),
        ({"custom_resources": {"a b": 1}}, "'a b' is no name of a resource"),
        ({"custom_resources": {"GPU": 1}}, r"give GPU as requests=Resources\(gpu=...\)"),
        ({"custom_resources": {"license": 0}}, "0 is no amount of 'license'"),
        ({"custom_resources": {"license": True}}, "True is no amount of 'license'"),
    ],
)
def test_what_is_no_kind_of_gpu_or_no_resource_says_why(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        task(**options)(function)


def test_options_of_a_cache() -> None:
    with pytest.raises(TypeMismatch, match="1 is no cache policy: give an object with a method get_version"):
        Cache(policies=[1])  # type: ignore[list-item]
    with pytest.raises(TypeMismatch, match="a cache salt is text, not 3"):
        Cache(salt=3)  # type: ignore[arg-type]
    assert Cache("1", serialize=False) == Cache("1")
    with pytest.raises(TypeError, match="Cache has no option 'verion'; did you mean 'version'"):
        Cache(verion="1")


def test_options_of_flytekit_left_at_their_defaults_are_accepted() -> None:
    task(container_image=None, secret_requests=None)(function)


def test_an_unknown_option_is_a_type_error_with_a_suggestion() -> None:
    with pytest.raises(TypeError, match="no option 'retry'; did you mean 'retries'"):
        task(retry=3)(function)  # type: ignore[call-overload]


@pytest.mark.parametrize("thing", [3, len, lambda x: x, int, staticmethod(function)])
def test_only_functions_with_names_are_tasks(thing: Any) -> None:
    with pytest.raises(UserError, match="@task"):
        task(thing)


def test_generators_are_no_tasks() -> None:
    def numbers() -> int:  # type: ignore[misc]
        yield 1

    with pytest.raises(UserError, match="yields"):
        task(numbers)
