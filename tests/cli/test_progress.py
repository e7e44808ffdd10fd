"""What the terminal says of an execution, from changes that the test makes up."""

from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.core.execution_pb2 import TaskExecution as Tasks

from livedeck.cli.progress import QUEUE_PAUSE, Progress
from livedeck.client import NodeChanged, QueueChanged, Queued, TaskChanged


def queue(number: int, first: int = 0) -> QueueChanged:
    return QueueChanged({f"n{each}": Queued(each - first, "waits for 2 CPUs of 4") for each in range(first, number)})


def test_the_queue_is_told_now_and_then(capsys) -> None:
    now = [0.0]
    progress = Progress("http://x", {"n1": "train"}, clock=lambda: now[0])
    node = NodeExecution()
    node.id.node_id = "n1"
    progress.follow([NodeChanged(node), queue(3)])
    lines = [line.split(None, 1) for line in capsys.readouterr().out.splitlines()]
    assert [" ".join(" ".join(line).split()) for line in lines] == [
        "n0 queued waits for 2 CPUs of 4, next",
        "n1 train queued waits for 2 CPUs of 4, 1 attempt ahead",
        "n2 queued waits for 2 CPUs of 4, 2 attempts ahead",
    ]
    progress.follow([queue(3, 1)])
    now[0] += QUEUE_PAUSE / 2
    progress.follow([queue(3, 1)])
    assert capsys.readouterr().out == ""
    now[0] += QUEUE_PAUSE
    progress.follow([queue(3, 1), queue(3, 1)])
    assert capsys.readouterr().out.count("queued") == 2
    now[0] += QUEUE_PAUSE
    progress.follow([queue(200)])
    assert "and 195 more" in capsys.readouterr().out
    progress.follow([QueueChanged({})])
    assert capsys.readouterr().out == ""


def test_an_attempt_that_was_retried_is_called_that(capsys) -> None:
    progress = Progress("http://x")
    failed, next_ = (TaskExecution(closure={"phase": phase}) for phase in (Tasks.FAILED, Tasks.RUNNING))
    next_.id.retry_attempt = 1
    progress.follow([TaskChanged(failed), TaskChanged(next_)])
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "attempt 1 failed, retried",
        "attempt 2 running",
    ]
