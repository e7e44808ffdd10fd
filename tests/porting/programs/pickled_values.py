"""Values of classes that nothing is known of, and numpy arrays."""

from typing import List

import numpy as np

from flytekit import task, workflow
from flytekit.types.pickle import FlytePickle


class Stack:
    def __init__(self, items: List[int]):
        self.items = items

    def pushed(self, item: int) -> "Stack":
        return Stack([*self.items, item])


@task
def stack(size: int) -> Stack:
    return Stack(list(range(size)))


@task
def push(onto: Stack, item: int) -> Stack:
    return onto.pushed(item)


@task
def items(of: Stack) -> List[int]:
    return of.items


@task
def anything(value: int) -> FlytePickle[Stack]:
    return Stack([value])


@task
def kind_of(value: FlytePickle[Stack]) -> str:
    return type(value).__name__


@task
def array(size: int) -> np.ndarray:
    return np.arange(size, dtype=np.float64) / 2


@task
def mean(values: np.ndarray) -> float:
    return float(values.mean())


@workflow
def pickled(size: int = 3) -> tuple[List[int], str, float]:
    made = push(onto=stack(size=size), item=9)
    return items(of=made), kind_of(value=anything(value=1)), mean(values=array(size=size))


RUNS = [(pickled, {}), (pickled, {"size": 5})]
