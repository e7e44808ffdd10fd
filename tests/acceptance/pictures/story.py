"""What the pictures show: executions and Decks that are always the same, made of the messages that a server sends."""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from flyteidl.admin.execution_pb2 import Execution, ExecutionList, WorkflowExecutionGetDataResponse
from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.project_pb2 import Projects
from flyteidl.admin.task_execution_pb2 import TaskExecution
from flyteidl.admin.workflow_pb2 import Workflow
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from livedeck.admin.live.execution_streams import as_json
from livedeck.admin.live.messages import (
    DeckPhase,
    DeckState,
    ExecutionQueue,
    Headline,
    Headlines,
    LogChunk,
    QueuedNode,
    Snapshot,
)
from livedeck.admin.live.sse import event
from livedeck.deck.headlines import HeadlineReplay
from livedeck.deck.ops import Document, End, Health, Progress, Put, Unreadable
from livedeck.deck.page import Page
from tests.deck.applying import apply_ops

PROJECT: Final = "digits"
DOMAIN: Final = "development"
WORKFLOW: Final = "examples.train_digits.train_digits"
VERSION: Final = "9f2c41d7ab3e5604"
IMAGE: Final = "ghcr.io/ada/digits:2026.3"
BEGAN: Final = datetime(2026, 3, 14, 10, 21, 0, tzinfo=UTC)
NOW: Final = BEGAN + timedelta(seconds=208)
"""The moment of every picture."""
RUNNING, SUCCEEDED, FAILED, ABORTED = "a7kq2mzx9w", "f4r8yt2nbc", "b91xw5ehj3", "c6dm0pqs7u"
DECKS, NESTED = "d3vn8kz1ta", "e8yb5lc2of"
STORE: Final = "s3://experiments"

Fields = Mapping[str, Any]


def at(seconds: float) -> str:
    """A moment so long after the beginning."""
    return (BEGAN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def message(kind: type[Message], fields: Fields) -> bytes:
    """The JSON that a server sends for a message with these fields, which must be fields of it."""
    return as_json(ParseDict(dict(fields), kind()))


def workflow_id(name: str = WORKFLOW) -> dict[str, str]:
    """The identifier of a workflow."""
    return {"resourceType": "WORKFLOW", "project": PROJECT, "domain": DOMAIN, "name": name, "version": VERSION}


def execution_id(name: str) -> dict[str, str]:
    """The identifier of an execution."""
    return {"project": PROJECT, "domain": DOMAIN, "name": name}


ERROR: Final = {
    "code": "ValueError",
    "kind": "USER",
    "message": """Traceback (most recent call last):
  File "/home/ada/digits/train_digits.py", line 61, in train
    loss = model.step(batch, rate=rate)
  File "/home/ada/digits/model.py", line 118, in step
    raise ValueError(f"the loss is {loss} after {steps} steps: lower the rate, which is {rate}")
ValueError: the loss is nan after 4200 steps: lower the rate, which is 3.5""",
}


def execution(name: str, phase: str, began: float, seconds: float | None = None, **more: Any) -> dict[str, Any]:
    """One execution; ``seconds`` is how long it took."""
    workflow = workflow_id(more.pop("workflow", WORKFLOW))
    closure: dict[str, Any] = {"phase": phase, "createdAt": at(began - 0.2), "workflowId": workflow, **more}
    if phase != "QUEUED":
        closure["startedAt"] = at(began)
    if seconds is not None:
        closure |= {"duration": f"{seconds}s", "updatedAt": at(began + seconds)}
    return {
        "id": execution_id(name),
        "spec": {"launchPlan": {**workflow, "resourceType": "LAUNCH_PLAN"}},
        "closure": closure,
    }


def node(run: str, name: str, phase: str, began: float | None, seconds: float | None = None, **more: Any) -> bytes:
    """The ``node`` event of one node of an execution."""
    deck, spec = more.pop("deck", True), more.pop("spec", name)
    kinds = {"isParentNode": more.pop("parent", False), "isDynamic": more.pop("dynamic", False)}
    kinds["isArray"] = more.pop("array", False)
    uri = f"{STORE}/metadata/propeller/digits-development-{run}/{name}/data"
    closure: dict[str, Any] = {"phase": phase, "createdAt": at(began or 0), **more}
    if began is not None:
        closure["startedAt"] = at(began)
    if deck:
        closure["deckUri"] = f"{uri}/0/deck.html"
    if seconds is not None:
        closure |= {"duration": f"{seconds}s", "updatedAt": at((began or 0) + seconds)}
    fields = {
        "id": {"nodeId": name, "executionId": execution_id(run)},
        "closure": closure,
        "metadata": {"specNodeId": spec, **kinds},
    }
    return event("node", message(NodeExecution, fields))


def task(run: str, name: str, function: str, phase: str, *span: float, **more: Any) -> bytes:
    """The ``task`` event of one attempt of a node; ``span`` is when it began and, once it is over, how long it took."""
    began, seconds = span[0], span[1] if len(span) > 1 else None
    attempt = more.pop("attempt", 0)
    closure: dict[str, Any] = {"phase": phase, "createdAt": at(began), "startedAt": at(began), **more}
    if seconds is not None:
        closure |= {"duration": f"{seconds}s", "updatedAt": at(began + seconds)}
    fields = {
        "id": {
            "taskId": {**workflow_id(f"examples.train_digits.{function}"), "resourceType": "TASK"},
            "nodeExecutionId": {"nodeId": name, "executionId": execution_id(run)},
            "retryAttempt": attempt,
        },
        "closure": closure,
    }
    return event("task", message(TaskExecution, fields))


WAITS: Final = "waits for memory: 8 GiB asked for, 3 GiB free"
CACHED: Final = {"taskNodeMetadata": {"cacheStatus": "CACHE_HIT"}}
LISTED: Final = [
    execution(RUNNING, "RUNNING", 0),
    execution("q0s7cn4m8e", "QUEUED", 206),
    execution(SUCCEEDED, "SUCCEEDED", -900, 412.6),
    execution(FAILED, "FAILED", -3_700, 95.2, error=ERROR),
    execution(ABORTED, "ABORTED", -7_300, 61.0, abortMetadata={"cause": "the rate was wrong", "principal": "ada"}),
    execution("h5gt9wq2lo", "ABORTING", 180),
    execution("x0e3zi6rd1", "SUCCEEDED", -90_000, 0.31, workflow="examples.process_records.process_records"),
    execution(
        "k8jw1uy4fa",
        "TIMED_OUT",
        -200_000,
        86_400,
        workflow="forecasting.nightly.demand_by_store_and_week_with_holidays_and_promotions",
        error={"code": "Timeout", "message": "the execution took longer than a day", "kind": "USER"},
    ),
]
BY_NAME: Final = {one["id"]["name"]: one for one in LISTED} | {
    DECKS: execution(DECKS, "RUNNING", 0, workflow="examples.decks.each_state"),
    NESTED: execution(NESTED, "RUNNING", 0, workflow="examples.study.study"),
}


def listed(phase: str | None = None) -> bytes:
    """The answer to a list of executions; with a filter for a phase only those."""
    fitting = [one for one in LISTED if phase in {None, one["closure"]["phase"]}]
    return message(
        ExecutionList, {"executions": sorted(fitting, key=lambda one: one["closure"]["createdAt"], reverse=True)}
    )


def no_executions() -> bytes:
    """The same, of a domain in which nothing has run."""
    return message(ExecutionList, {})


def projects() -> bytes:
    """The projects of the server."""
    domains = [{"id": domain, "name": domain} for domain in ("development", "staging", "production")]
    return message(
        Projects, {"projects": [{"id": name, "name": name, "domains": domains} for name in (PROJECT, "empty")]}
    )


def workflow(name: str) -> bytes:
    """A compiled workflow: three tasks in a row, and one beside the last. Any other is one without nodes."""
    if name != WORKFLOW:
        return message(Workflow, {"id": workflow_id(name)})
    edges = {"start-node": ["n0"], "n0": ["n1"], "n1": ["n2", "n3"], "n2": ["end-node"], "n3": ["end-node"]}
    nodes = [
        {
            "id": name,
            "upstreamNodeIds": [before for before, after in edges.items() if name in after and before != "start-node"],
            "taskNode": {"referenceId": {**workflow_id(f"examples.train_digits.{task}"), "resourceType": "TASK"}},
        }
        for name, task in (("n0", "load_digits"), ("n1", "train"), ("n2", "evaluate"), ("n3", "export_for_phones"))
    ]
    ends = [{"id": "start-node"}, {"id": "end-node"}]
    compiled = {
        "template": {"id": workflow_id(), "nodes": [*nodes, *ends]},
        "connections": {"downstream": {before: {"ids": after} for before, after in edges.items()}},
    }
    train = {
        "id": {**workflow_id("examples.train_digits.train"), "resourceType": "TASK"},
        "container": {"image": IMAGE},
    }
    closure = {"compiledWorkflow": {"primary": compiled, "tasks": [{"template": train}]}}
    return message(Workflow, {"id": workflow_id(), "closure": closure})


def _loaded(run: str, began: float) -> list[bytes]:
    return [
        node(run, "n0", "SUCCEEDED", began, 11.3),
        task(run, "n0", "load_digits", "SUCCEEDED", began, 11.3),
    ]


def _queued(name: str) -> bytes:
    return event("queue", msgspec.json.encode(ExecutionQueue([WAITS], {name: QueuedNode(2, 0)})))


def _running() -> list[bytes]:
    return [
        *_loaded(RUNNING, 0.4),
        node(RUNNING, "n1", "RUNNING", 12.0),
        task(RUNNING, "n1", "train", "RUNNING", 12.0),
        node(RUNNING, "n3", "QUEUED", None, deck=False),
        _queued("n3"),
    ]


def _succeeded() -> list[bytes]:
    began = -900.0
    again = {**ERROR, "message": "Interrupted: the worker went away"}
    return [
        node(SUCCEEDED, "n0", "SUCCEEDED", began, 0.1, **CACHED),
        node(SUCCEEDED, "n1", "SUCCEEDED", began + 0.2, 380),
        task(SUCCEEDED, "n1", "train", "RETRYABLE_FAILED", began + 0.2, 96, error=again),
        task(SUCCEEDED, "n1", "train", "SUCCEEDED", began + 98, 282, attempt=1),
        node(SUCCEEDED, "n2", "SUCCEEDED", began + 381, 31.4),
        task(SUCCEEDED, "n2", "evaluate", "SUCCEEDED", began + 381, 31.4),
        node(SUCCEEDED, "n3", "SUCCEEDED", began + 381, 12, deck=False),
        task(SUCCEEDED, "n3", "export_for_phones", "SUCCEEDED", began + 381, 12),
    ]


def _failed() -> list[bytes]:
    began = -3_700.0
    return [
        *_loaded(FAILED, began),
        node(FAILED, "n1", "FAILED", began + 12, 83, error=ERROR),
        task(FAILED, "n1", "train", "RETRYABLE_FAILED", began + 12, 40, error=ERROR),
        task(FAILED, "n1", "train", "FAILED", began + 53, 42, attempt=1, error=ERROR),
    ]


def _aborted() -> list[bytes]:
    began = -7_300.0
    return [
        *_loaded(ABORTED, began),
        node(ABORTED, "n1", "ABORTED", began + 12, 49),
        task(ABORTED, "n1", "train", "ABORTED", began + 12, 49),
    ]


def _nested() -> list[bytes]:
    trials: list[tuple[Any, ...]] = [
        ("n1-0-n0", "prepare", "SUCCEEDED", 3.0, 9.0),
        ("n1-0-n1", "train", "FAILED", 12.5, 40.0),
        ("n1-0-n2", "train", "RUNNING", 12.5),
    ]
    events = [
        node(NESTED, "n0", "SUCCEEDED", 0.4, 2.1),
        task(NESTED, "n0", "load_digits", "SUCCEEDED", 0.4, 2.1),
        node(NESTED, "n1", "RUNNING", 3.0, parent=True, deck=False),
    ]
    for name, function, phase, *span in trials:
        error: dict[str, Any] = {"error": ERROR} if phase == "FAILED" else {}
        events.append(node(NESTED, name, phase, *span, **error))
        events.append(task(NESTED, name, function, phase, *span, **error))
    return events


def _with_a_node_for_each_deck() -> list[bytes]:
    events: list[bytes] = []
    for name in DECK_STREAMS:
        events += [
            node(DECKS, name, *_NODE_PHASES.get(name, ("RUNNING", 1.0)), deck=name not in {"queued", "none"}),
            task(DECKS, name, f"is_{name}", *_NODE_PHASES.get(name, ("RUNNING", 1.0))),
        ]
    return [*events, _queued("queued")]


_ENDED: Final = 180.0
_NODE_PHASES: Final[dict[str, tuple[Any, ...]]] = {
    "queued": ("QUEUED", 1.0),
    "succeeded": ("SUCCEEDED", 1.0, _ENDED),
    "cached": ("SUCCEEDED", 1.0, 0.1),
    "failed": ("FAILED", 1.0, _ENDED),
    "aborted": ("ABORTED", 1.0, _ENDED),
    "died": ("FAILED", 1.0, _ENDED),
    "finishing": ("SUCCEEDED", 1.0, _ENDED),
    "none": ("SUCCEEDED", 1.0, _ENDED),
    "unreadable": ("SUCCEEDED", 1.0, _ENDED),
    "empty": ("SUCCEEDED", 1.0, _ENDED),
    "unknown": ("SUCCEEDED", 1.0, _ENDED),
    "recovered": ("SUCCEEDED", 1.0, 0.1),
}


def deck_document(*, ended: bool = False, error: bool = False) -> Document:
    """A Deck with an element of each kind."""
    page = Page()
    training = page.deck("training")
    training.progress("epochs", total=60, unit="epochs").update(60 if ended else 37)
    training.progress("reading ahead")
    training.value("accuracy", 0.9713, delta=0.0021)
    training.value("loss", 0.08231, delta=-0.0004)
    training.value("examples a second", 128_400, unit="1/s")
    training.value("phase", "warm restart")
    training.value("gradient norm", 3.2e-7)
    loss = training.chart("Loss", x_label="epoch", y_label="cross entropy")
    rate = training.chart("Learning rate", x_label="epoch", log_y=True)
    for epoch in range(60 if ended else 38):
        noise = ((epoch * 7919) % 13 - 6) / 200
        loss.append(epoch, training=2.3 * 0.93**epoch + noise, validation=2.3 * 0.94**epoch + 0.1 - noise / 2)
        rate.append(epoch, rate=0.1 * 0.5 ** (epoch // 10))
    training.markdown(
        "### What is tried\n\nA *smaller* rate after **ten** epochs, as in `train_digits.py`:\n\n"
        "| digit | right | wrong | share |\n|---|---|---|---|\n"
        "| one | 181 | 1 | 0.995 |\n| two | 177 | 0 | 1.000 |\n| eight | 161 | 13 | 0.925 |\n"
    )
    page.deck("confusion").replace("<table><tr><td>181</td><td>1</td></tr><tr><td>0</td><td>177</td></tr></table>")
    page.deck("data").replace("<p>1,797 pictures of 8 x 8</p>")
    if error:
        page.show_error(ValueError("the loss is nan"), ERROR["message"])
    ops = list(page.take().ops())
    document = apply_ops(Document(), ops)
    end = End("failed" if error else "succeeded", at(_ENDED)) if ended else None
    return Document(12, at(_ENDED if ended else 204.5), document.decks, end, Health(flushes=12, stored=212_480))


def large_document() -> Document:
    """A Deck with maths, right and wrong, and a table of which a sample is shown."""
    page = Page(max_bytes=1_000_000)
    deck = page.deck("data")
    deck.markdown(
        "### The loss $L(\\theta)$\n\nWith $x_i \\in \\mathbb{R}^n$, at a cost of $5 to $6 a run:\n\n"
        "$$\nL(\\theta) = -\\frac{1}{N} \\sum_{i=1}^{N} \\log \\frac{e^{z_{y_i}}}{\\sum_j e^{z_j}}"
        " + \\lambda \\sqrt{\\lVert \\theta \\rVert}\n$$\n\n"
        "$$\nA = \\begin{pmatrix} 1 & 0 \\\\ 0 & \\alpha^2 \\end{pmatrix}\n$$\n\nand $\\frac{$ is none."
    )
    count = 60_000
    rows = {
        "picture": range(count),
        "loss": [((n * 7919) % 1000) / 1000 * ((n * 104_729) % 997) / 997 for n in range(count)],
        "label": [("one", "two", "eight", None)[n % 4] for n in range(count)],
        "seen": [BEGAN + timedelta(seconds=n) for n in range(count)],
    }
    deck.table(rows, title="Pictures")
    return Document(3, at(_ENDED), apply_ops(Document(), page.take().ops()).decks, End("succeeded", at(_ENDED)))


def tiles_document() -> Document:
    """A Deck with tiles and bars in each of their states."""
    page = Page()
    deck = page.deck("tiles")
    for step in range(40):
        noise = ((step * 7919) % 13 - 6) / 130
        loss = round(2.3 * 0.93**step + noise * (2.3 * 0.93**step), 4)
        deck.value("loss", loss, up_is_good=False, target=0.1)
        deck.value("accuracy", round(100 - 20 * loss, 2), unit="%", up_is_good=True, target=97.5)
        deck.value("throughput", 187_000 + 31 * ((step * 7919) % 97), unit="tok/s", up_is_good=True)
        deck.value("learning rate", 1e-3 * 0.5 ** (step // 10))
        deck.value("GPU memory", 71.7, unit="GiB", target=80)
        deck.value("phase", "cooling down" if step > 30 else "warming up")
    bars = [
        Progress("a", "epochs", 3, 12, "epochs", 0.0833, bars=["b", "c"], note="the rate is halved after ten"),
        Progress("b", "batches", 620, 1000, "batches", 41.5),
        Progress("c", "validation", 7, None, "files", 2.1),
        Progress("d", "shard 0", 4000, 4000, "rows", seconds=184),
        Progress(
            "e", "shard 1", 1250, 4000, "rows", state="failed", seconds=31, note="OSError: no space left on device"
        ),
        Progress("f", "shard 2", 2900, 4000, "rows", 1840),
        Progress("g", "reading ahead"),
        Progress("h", "a shard whose name is much longer than there is room for it beside the rest", 0, 4000, "rows"),
    ]
    ops = [*page.take().ops(), *(Put("tiles", bar) for bar in bars)]
    return Document(3, at(204.5), apply_ops(Document(), ops).decks)


def log_document() -> Document:
    """A Deck with a log: levels, colours, a traceback, and what cannot be seen."""
    page = Page()
    handler = page.deck("log").log("training").handler()
    lines = [
        *((20, f"epoch {epoch}: loss={2.3 * 0.93**epoch:.4f} rate=0.001") for epoch in range(400)),
        (10, "cache: 12 files, 3.4 MiB"),
        (20, "\x1b[31mred\x1b[32m green\x1b[33m yellow\x1b[34m blue\x1b[35m magenta\x1b[36m cyan\x1b[0m"),
        (20, "\x1b[1mbold\x1b[0m \x1b[4munderlined\x1b[0m \x1b[41mon red\x1b[0m \x1b[7mreversed\x1b[0m"),
        (20, "\x1b[38;5;208morange\x1b[38;2;90;120;250m of 16 million\x1b[0m, NUL \x00, a turn \u202eback\u202c"),
        (30, f"slow disk: {'it took 1.2 s ' * 12}"),
        (40, 'Traceback (most recent call last):\n  File "train.py", line 7, in step\nValueError: the loss is nan'),
        (50, "giving up"),
        (25, "100%|##########| 60/60 [00:12<00:00, 4.9it/s]"),
    ]
    for number, (level, words) in enumerate(lines):
        record = logging.makeLogRecord({"msg": words, "levelno": level, "levelname": logging.getLevelName(level)})
        record.created = BEGAN.timestamp() + number * 0.217
        handler.handle(record)
    return Document(3, at(_ENDED), apply_ops(Document(), page.take().ops()).decks, End("failed", at(_ENDED)))


def _state(phase: DeckPhase, **more: Any) -> DeckState:
    return DeckState(phase, attempts=more.pop("attempts", 1), started_at=at(1), now=at(208), **more)


def _deck(
    state: DeckState, document: Document | None = None, etag: str | None = None, *, over: bool = False
) -> list[bytes]:
    events = [event("state", msgspec.json.encode(state))]
    if document is not None or etag is not None:
        events.append(event("snapshot", msgspec.json.encode(Snapshot(document, etag))))
    return [*events, event("end", msgspec.json.encode(state))] if over else events


def _with_unreadable(document: Document) -> Document:
    gone = [Unreadable(7, "it is cut off after 4,096 bytes")]
    return msgspec.structs.replace(document, unreadable=gone)


def _deck_streams() -> dict[str, list[bytes]]:
    live, done, wrong = deck_document(), deck_document(ended=True), deck_document(ended=True, error=True)
    published, ended, nothing = at(204.5), at(_ENDED), Document()
    over = {"published_at": ended, "ended_at": ended}
    streams = {
        DeckPhase.QUEUED: _deck(_state(DeckPhase.QUEUED, reason=WAITS, ahead=2)),
        DeckPhase.WAITING: _deck(_state(DeckPhase.WAITING)),
        DeckPhase.PLACEHOLDER: _deck(_state(DeckPhase.PLACEHOLDER), nothing),
        DeckPhase.LIVE: _deck(_state(DeckPhase.LIVE, published_at=published), live),
        DeckPhase.BEHIND: _deck(
            _state(
                DeckPhase.BEHIND,
                published_at=at(166),
                behind=42.0,
                reason="The task's updates do not reach the store; it keeps trying. The last try: 503 Slow Down",
            ),
            msgspec.structs.replace(live, health=Health(12, merged=31, retried=4, refused=1, stored=212_480)),
        ),
        DeckPhase.FINISHING: _deck(_state(DeckPhase.FINISHING, published_at=ended), live),
        DeckPhase.SUCCEEDED: _deck(_state(DeckPhase.SUCCEEDED, **over), done, over=True),
        DeckPhase.FAILED: _deck(_state(DeckPhase.FAILED, reason=ERROR["message"], **over), wrong, over=True),
        DeckPhase.ABORTED: _deck(_state(DeckPhase.ABORTED, reason="the rate was wrong", **over), live, over=True),
        DeckPhase.DIED: _deck(
            _state(
                DeckPhase.DIED,
                reason="OOMKilled: the kernel ended the process, which held 8.0 GiB",
                published_at=at(171.5),
                ended_at=ended,
            ),
            live,
            over=True,
        ),
        DeckPhase.UNKNOWN: _deck(_state(DeckPhase.UNKNOWN, published_at=published), live),
        DeckPhase.CACHED: _deck(
            _state(DeckPhase.CACHED, source=f"{PROJECT}/{DOMAIN}/{SUCCEEDED}/n1/1", **over), done, over=True
        ),
        DeckPhase.RECOVERED: _deck(
            _state(DeckPhase.RECOVERED, source=f"{PROJECT}/{DOMAIN}/{SUCCEEDED}/n1/1", **over), done, over=True
        ),
        DeckPhase.NONE: _deck(
            _state(DeckPhase.NONE, reason="The task has put nothing on its Deck, or has none (enable_deck=False)."),
            over=True,
        ),
    }
    return {phase.value: events for phase, events in streams.items()} | {
        "empty": _deck(_state(DeckPhase.SUCCEEDED, **over), nothing, over=True),
        "foreign": _deck(_state(DeckPhase.LIVE, published_at=published, foreign=True), etag="5f2b"),
        "unreadable": _deck(_state(DeckPhase.SUCCEEDED, **over), _with_unreadable(done), over=True),
        "earlier": _deck(_state(DeckPhase.FAILED, attempts=3, reason=ERROR["message"], **over), wrong, over=True),
    }


DECK_STREAMS: Final = _deck_streams()
"""The events of a Deck in each state, by the state's name."""
PUBLISHED: Final = [name for name in DECK_STREAMS if name not in {"queued", "waiting", "placeholder", "none", "empty"}]
"""Those of them that something was published to."""
NESTED_NODES: Final = ("n1-0-n0", "n1-0-n1", "n1-0-n2")
FOREIGN_PAGE: Final = """<!doctype html><html lang="en"><head><title>Deck</title></head>
<body style="font-family: sans-serif">
<h1>Written by another library</h1><p>It is overwritten whole each time, and shown as it is.</p></body></html>"""

_EVENTS: Final = {
    RUNNING: _running,
    SUCCEEDED: _succeeded,
    FAILED: _failed,
    ABORTED: _aborted,
    DECKS: _with_a_node_for_each_deck,
    NESTED: _nested,
}


def execution_stream(name: str) -> list[bytes] | None:
    """The events of an execution; None when there is none of that name."""
    if name not in _EVENTS:
        return None
    return [event("execution", message(Execution, BY_NAME[name])), *_EVENTS[name](), event("ready", b"{}")]


def headlines(*nodes: str) -> list[bytes]:
    """The headlines of nodes: those of their Decks, each as far as its number says."""
    decks = []
    for number, node in enumerate(nodes):
        if node == "foreign":
            decks.append(Headline(node, 0, published_at=at(190 + number), foreign=True))
            continue
        replay = HeadlineReplay()
        replay.load(deck_document(ended=number % 3 == 0))
        elements = [
            msgspec.structs.replace(element, value=7 + 5 * number, total=60)
            if isinstance(element, Progress)
            else element
            for element in replay.elements
        ]
        decks.append(
            Headline(
                node, 0, elements, at(190 + number), replay.end is not None, node == "died", 42.0 * (node == "behind")
            )
        )
    return [event("headlines", msgspec.json.encode(Headlines(decks))), event("ready", b"{}")]


def _literal(primitive: Fields) -> Fields:
    return {"scalar": {"primitive": primitive}}


def _list(values: Iterable[float]) -> Fields:
    return {"collection": {"literals": [_literal({"floatValue": value}) for value in values]}}


def data() -> bytes:
    """What went into an execution or a node, and what came out."""
    inputs = {
        "epochs": _literal({"integer": "60"}),
        "rate": _literal({"floatValue": 0.1}),
        "name": _literal(
            {"stringValue": "a smaller rate after ten epochs, and the batches as large as the memory takes"}
        ),
        "since": _literal({"datetime": at(-86_400)}),
        "verbose": _literal({"boolean": True}),
    }
    blob = {"type": {"format": "onnx", "dimensionality": "SINGLE"}}
    model = f"{STORE}/data/digits/development/{RUNNING}/n1-0/model.onnx"
    outputs = {
        "accuracy": _literal({"floatValue": 0.9713}),
        "losses": _list(round(2.3 * 0.93**epoch, 4) for epoch in range(70)),
        "model": {"scalar": {"blob": {"uri": model, "metadata": blob}}},
        "settings": {"scalar": {"generic": {"layers": [64, 32], "activation": "relu"}}},
    }
    return message(
        WorkflowExecutionGetDataResponse, {"fullInputs": {"literals": inputs}, "fullOutputs": {"literals": outputs}}
    )


def no_data() -> bytes:
    """The same, of what has neither."""
    return message(WorkflowExecutionGetDataResponse, {})


def log(name: str) -> list[bytes]:
    """The log of a node's attempt."""
    if name == "n2":
        return [event("end", b"{}")]
    lines = [
        f"epoch {epoch:2d}  loss {2.3 * 0.93**epoch:.4f}  validation {2.3 * 0.94**epoch + 0.1:.4f}"
        f"  rate {0.1 * 0.5 ** (epoch // 10):.5f}"
        for epoch in range(60)
    ]
    lines[3] += "  " + "a long line that goes on and on, " * 8
    return [event("chunk", msgspec.json.encode(LogChunk(1, "\n".join(lines) + "\n")))]
