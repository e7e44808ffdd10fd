"""An attempt that has several processes: what each is told, what comes of their ends, and that nothing is left."""

import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest
from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError

from livedeck.deck.snapshot import parse
from livedeck.errors import UserError
from livedeck.executors.rendezvous import ReservedPort
from livedeck.runtime.ranks import Place
from tests.runtime.conftest import Bench

MODULE = "gangs"


def start(bench: Bench, task: str, processes: int) -> Popen[str]:
    return bench.start(task, module=MODULE, nproc_per_node=str(processes))


def finish(process: Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def pids(folder: Path, count: int) -> list[int]:
    files = [folder / f"pid-{rank}" for rank in range(count)]
    wait_for(lambda: all(file.exists() and file.read_text() for file in files))
    return [int(file.read_text()) for file in files]


def variables(folder: Path, rank: int) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (folder / f"variables-{rank}").read_text().splitlines())


def log_of(bench: Bench, rank: int) -> str:
    keys = [key for key in bench.store.list() if key.startswith(f"rank-{rank}/log/")]
    return "".join(bench.store.get(key).decode() for key in sorted(keys))


def test_every_rank_is_told_who_it_is_and_rank_0s_outputs_count(bench: Bench, tmp_path: Path) -> None:
    bench.give(folder=str(tmp_path))
    code, out, err = finish(start(bench, "meets", 3))
    assert code == 0, err
    assert bench.outputs(o0=list[int])["o0"] == [0, 1, 2]
    for rank in range(3):
        found = variables(tmp_path, rank)
        port = found.pop("MASTER_PORT")
        assert port.isdecimal()
        assert found == {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": "3",
            "LOCAL_WORLD_SIZE": "3",
            "GROUP_RANK": "0",
            "GROUP_WORLD_SIZE": "1",
            "ROLE_NAME": "default",
            "ROLE_RANK": str(rank),
            "ROLE_WORLD_SIZE": "3",
            "MASTER_ADDR": "127.0.0.1",
            "TORCHELASTIC_RUN_ID": "livedeck",
            "OMP_NUM_THREADS": "1",
        }
    assert out == "rank 0 prints\n"
    assert err == "rank 0 warns\n"
    assert [log_of(bench, rank) for rank in range(3)] == [
        "",
        "rank 1 prints\nrank 1 warns\n",
        "rank 2 prints\nrank 2 warns\n",
    ]


def test_only_rank_0_has_to_return_what_the_task_does(bench: Bench) -> None:
    code, _, err = finish(start(bench, "only_rank_0_returns", 2))
    assert code == 0, err
    assert bench.outputs(o0=int)["o0"] == 5


def test_a_gang_of_one_has_its_variables(bench: Bench) -> None:
    assert finish(start(bench, "alone", 1))[0] == 0
    assert bench.outputs(o0=str)["o0"] == "0 of 1"


def test_each_rank_has_a_deck_when_the_task_asks_for_them(bench: Bench, tmp_path: Path) -> None:
    bench.give(folder=str(tmp_path))
    process = start(bench, "publishes", 2)
    wait_for(lambda: all((tmp_path / f"published-{rank}").exists() for rank in range(2)))
    assert bench.store.head("deck/00000001.json"), "they are live"
    assert bench.store.head("rank-1/deck/00000001.json")
    (tmp_path / "go").touch()
    code, _, err = finish(process)
    assert code == 0, err
    decks = [parse(bench.store.get(key)) for key in ("deck.html", "rank-1/deck.html")]
    assert [deck.end.outcome for deck in decks] == ["succeeded", "succeeded"]
    charts = [next(each for each in deck.decks[0].elements if each.id == "loss") for deck in decks]
    assert [list(chart.series[0].y) for chart in charts] == [[0.0, 1.0, 2.0], [10.0, 11.0, 12.0]]


def test_the_error_of_a_rank_is_the_attempts_and_the_others_are_ended(bench: Bench, tmp_path: Path) -> None:
    bench.give(folder=str(tmp_path))
    code, _, err = finish(start(bench, "one_raises", 3))
    assert code == 0
    error = bench.error
    assert error.message.startswith("Rank 1 of 3 failed.\nTraceback (most recent call last):\n")
    assert error.message.rstrip().endswith("ValueError: no good")
    assert (error.code, error.kind, error.worker) == ("USER:ValueError", ContainerError.NON_RECOVERABLE, "rank 1")
    assert "Rank 1 of 3 failed.\n" in err
    assert "ValueError: no good" in log_of(bench, 1)
    assert "outputs.pb" not in bench.files
    assert not any(is_there(pid) for pid in pids(tmp_path, 3))


def test_an_error_of_a_rank_that_may_be_tried_again_is_one_of_the_attempt(bench: Bench) -> None:
    assert finish(start(bench, "one_asks_for_another_attempt", 2))[0] == 0
    assert (bench.error.code, bench.error.kind) == ("USER:Recoverable", ContainerError.RECOVERABLE)


@pytest.mark.parametrize("task", ["one_is_killed", "others_hear_of_it_first"])
def test_a_rank_that_is_killed_is_the_reason_whoever_is_heard_of_first(bench: Bench, tmp_path: Path, task: str) -> None:
    bench.give(folder=str(tmp_path))
    assert finish(start(bench, task, 2))[0] == 0
    error = bench.error
    assert error.code == "Interrupted"
    assert (error.kind, error.origin) == (ContainerError.RECOVERABLE, ExecutionError.USER)
    assert error.message.startswith("Rank 1 of 2 failed")
    assert "Rank 1's process was killed (SIGKILL)" in error.message
    if task == "one_is_killed":
        assert error.message.endswith("The end of its output:\nmy last words")
    else:
        assert "and then rank 0 (ConnectionResetError: rank 1 does not answer)" in error.message
    assert not any(is_there(pid) for pid in pids(tmp_path, 2))


def test_a_rank_that_leaves_without_a_word_is_a_failure(bench: Bench) -> None:
    assert finish(start(bench, "leaves_early", 2))[0] == 0
    assert bench.error.code == "NonZeroExit"
    assert "Rank 1 exited with code 3" in bench.error.message


@pytest.mark.slow
def test_a_rank_that_does_not_end_when_it_is_asked_to_is_killed(bench: Bench, tmp_path: Path) -> None:
    bench.give(folder=str(tmp_path))
    assert finish(start(bench, "ignores_sigterm", 2))[0] == 0
    assert bench.error.message.rstrip().endswith("ValueError: no good")
    assert not is_there(int((tmp_path / "pid-0").read_text()))


def test_sigterm_ends_all_ranks_and_their_decks_as_aborted(bench: Bench, tmp_path: Path) -> None:
    bench.give(folder=str(tmp_path))
    process = start(bench, "waits", 2)
    there = pids(tmp_path, 2)
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 143
    assert not any(is_there(pid) for pid in there)
    assert bench.document.end.outcome == "aborted"
    assert not {"outputs.pb", "error.pb"} & set(bench.files)
    assert log_of(bench, 1) == "rank 1 waits\n"


def test_ranks_end_with_their_leader_however_that_ends(bench: Bench, tmp_path: Path) -> None:
    bench.give(folder=str(tmp_path))
    process = start(bench, "waits", 2)
    there = pids(tmp_path, 2)
    process.kill()
    finish(process)
    wait_for(lambda: not any(is_there(pid) for pid in there))


def test_a_module_that_cannot_be_imported_fails_the_gang_by_name(bench: Bench) -> None:
    code, _, _ = finish(bench.start("x", module="no_such_module_of_ours", nproc_per_node="2"))
    assert code == 0
    assert bench.error.message.startswith("Rank ")
    assert "no_such_module_of_ours" in bench.error.message


@pytest.mark.parametrize("given", ["0", "two", "-1", "5000"])
def test_a_number_of_processes_that_is_none_is_refused(bench: Bench, given: str) -> None:
    code, _, err = finish(bench.start("meets", module=MODULE, nproc_per_node=given))
    assert code == 2
    assert f"--nproc-per-node {given!r}" in err


def test_several_nodes_are_told_where_the_first_is() -> None:
    given = {"PET_NNODES": "2", "PET_NODE_RANK": "1", "PET_MASTER_ADDR": "10.0.0.1", "PET_MASTER_PORT": "29500"}
    place = Place.of(given, 2)
    found = place.variables(1, place.port)
    assert found["RANK"] == "3"
    assert found["LOCAL_RANK"] == "1"
    assert found["WORLD_SIZE"] == "4"
    assert found["GROUP_RANK"] == "1"
    assert (found["MASTER_ADDR"], found["MASTER_PORT"]) == ("10.0.0.1", "29500")


def start_node(bench: Bench, task: str, node: int, port: int) -> Popen[str]:
    bench.environment.update(
        PET_NNODES="2", PET_NODE_RANK=str(node), PET_MASTER_ADDR="127.0.0.1", PET_MASTER_PORT=str(port)
    )
    return start(bench, task, 2)


def test_several_nodes_are_one_gang_with_one_result(bench: Bench, tmp_path: Path) -> None:
    bench.give(folder=str(tmp_path))
    reserved = ReservedPort()
    nodes = [start_node(bench, "meets", node, reserved.number) for node in (1, 0)]
    for node in nodes:
        code, _, err = finish(node)
        assert code == 0, err
    reserved.close()
    assert bench.outputs(o0=list[int])["o0"] == [0, 1, 2, 3]
    assert variables(tmp_path, 3)["LOCAL_RANK"] == "1"
    assert variables(tmp_path, 3)["GROUP_RANK"] == "1"
    assert log_of(bench, 2) == "rank 2 prints\nrank 2 warns\n"


def test_the_first_node_stores_nothing_before_the_others_have_ended_well(bench: Bench, tmp_path: Path) -> None:
    bench.give(folder=str(tmp_path))
    reserved = ReservedPort()
    first = start_node(bench, "notes_who_it_is", 0, reserved.number)
    wait_for(lambda: not any(is_there(pid) for pid in pids(tmp_path, 2)))
    assert first.poll() is None
    assert "outputs.pb" not in bench.files
    second = start_node(bench, "notes_who_it_is", 1, reserved.number)
    assert [finish(each)[0] for each in (second, first)] == [0, 0]
    reserved.close()
    assert bench.outputs(o0=int)["o0"] == 0


def test_a_node_whose_rank_fails_stores_an_error_of_its_own_and_exits_as_failed(bench: Bench, tmp_path: Path) -> None:
    bench.give(folder=str(tmp_path))
    reserved = ReservedPort()
    second = start_node(bench, "one_raises", 1, reserved.number)
    first = start_node(bench, "one_raises", 0, reserved.number)
    assert finish(first)[0] == 1, "who has placed the nodes ends the others"
    there = pids(tmp_path, 4)
    second.send_signal(signal.SIGTERM)
    assert finish(second)[0] == 143
    reserved.close()
    error = ErrorDocument.FromString(bench.store.get("error-0.pb")).error
    assert error.message.startswith("Rank 1 of 4 failed.\n")
    assert (error.code, error.worker) == ("USER:ValueError", "rank 1")
    assert not {"outputs.pb", "error.pb", "error-1.pb"} & set(bench.files)
    assert not any(is_there(pid) for pid in there)


def test_several_nodes_without_a_place_to_meet_are_refused() -> None:
    with pytest.raises(UserError, match="PET_NODE_RANK, PET_MASTER_ADDR, PET_MASTER_PORT"):
        Place.of({"PET_NNODES": "2"}, 1)


def test_a_reserved_port_can_be_listened_on_and_is_given_to_nobody_else() -> None:
    reserved = ReservedPort()
    try:
        with socket.create_server(("127.0.0.1", reserved.number)):
            pass
    finally:
        reserved.close()
