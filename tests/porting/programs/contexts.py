"""What a task asks its context."""

import os
from datetime import datetime

import flytekit
from flytekit import FlyteContextManager, task, workflow


@task(retries=2)
def asks() -> dict[str, bool]:
    context = flytekit.current_context()
    path = os.path.join(context.working_directory, "here")
    with open(path, "w") as out:
        out.write("x")
    context.logging.info("said")
    context.stats.incr("asked")
    with context.stats.timer("measured"):
        pass
    return {
        "folder": os.path.isfile(path),
        "date": isinstance(context.execution_date, datetime),
        "execution": bool(context.execution_id.name),
        "task": bool(context.task_id.name),
        "checkpoint": context.checkpoint.prev_exists(),
        "same": FlyteContextManager.current_context().file_access is not None,
        "raw": isinstance(context.raw_output_prefix, str),
        "timeline": context.timeline_deck.name.lower() == "timeline",
        "default": context.default_deck.name == "default",
    }


@workflow
def asking() -> dict[str, bool]:
    return asks()


RUNS = [(asking, {})]
