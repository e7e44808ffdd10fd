"""A decorator of workflows that runs one task before, and one after, what the workflow calls; renderers of frames.

And a decorator of tasks that is a class.
"""

from functools import partial, wraps
from typing import Annotated

import pandas as pd
from flytekit import FlyteContextManager, task, workflow
from flytekit.core.node_creation import create_node
from flytekit.core.utils import ClassDecorator, timeit
from flytekit.deck import MarkdownRenderer, TopFrameRenderer
from flytekit.deck.renderer import ArrowRenderer


@task
def set_up() -> None:
    print("before")


@task
def tear_down() -> None:
    print("after")


def set_up_and_tear_down(function=None, *, before, after):
    @wraps(function)
    def wrapper(*args, **kwargs):
        first = create_node(before)
        returned = function(*args, **kwargs)
        last = create_node(after)
        compiled = FlyteContextManager.current_context().compilation_state
        if compiled is not None:
            first >> compiled.nodes[1]
            compiled.nodes[-2] >> last
        return returned

    return partial(set_up_and_tear_down, before=before, after=after) if function is None else wrapper


@task
def doubled(x: int) -> int:
    return 2 * x


@workflow
@set_up_and_tear_down(before=set_up, after=tear_down)
def ordered(x: int) -> int:
    return doubled(x=doubled(x=x))


@task(enable_deck=True)
def frame(rows: int) -> Annotated[pd.DataFrame, TopFrameRenderer(max_rows=2)]:
    return pd.DataFrame({"n": list(range(rows))})


@task
def rendered(frame: pd.DataFrame) -> list[str]:
    assert hasattr(ArrowRenderer(), "to_html")
    with timeit("rendering"):
        return [MarkdownRenderer().to_html("# Title\n\n*text*"), TopFrameRenderer(2).to_html(frame)]


@workflow
def shown(rows: int) -> list[str]:
    return rendered(frame=frame(rows=rows))


class repeated(ClassDecorator):  # noqa: N801 - a decorator
    def __init__(self, task_function=None, times: int = 1, **kwargs):
        super().__init__(task_function, times=times, **kwargs)
        self.times = times

    def execute(self, *args, **kwargs):
        return [self.task_function(*args, **kwargs) for _ in range(self.times)][-1] + self.times

    def get_extra_config(self):
        return {"times": str(self.times)}


@task
@repeated(times=3)
def increased(x: int) -> int:
    return x + 1


@task
@repeated
def kept(x: int) -> int:
    return x - 1


@workflow
def repeatedly(x: int) -> int:
    return kept(x=increased(x=x))


RUNS = [(repeatedly, {"x": 4}), (ordered, {"x": 3}), (shown, {"rows": 5})]
