"""What the attempts of these tests do: ``main([name, *arguments])``. Preloaded by their zygotes."""

import atexit
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from array import array
from pathlib import Path
from typing import Any

from msgspec import msgpack

from livedeck.executors import notices
from livedeck.executors.process import child


def main(argv: Any) -> Any:
    own = argv[: argv.index("--code")] if "--code" in argv else argv  # what follows says which code it is
    return globals()[own[0]](*own[1:])


def shows_library(name: Any) -> None:
    """Whether it was there before, who the parent is, and what it left in the environment."""
    there = name in sys.modules
    library = __import__(name)
    print(there, os.getppid(), os.environ.get("LIBRARY"), library.imported_by == os.getpid())


def nothing() -> None:
    pass


def returns(code: Any) -> Any:
    return int(code)


def exits(code: Any) -> None:
    sys.exit(int(code))


def exits_saying(words: Any) -> None:
    sys.exit(words)


def raises(words: Any) -> None:
    raise ValueError(words)


def ends_without_streams(how: Any) -> None:
    if how == "closed":
        sys.stdout.close()
        sys.stderr.close()
    else:
        sys.stdout = sys.stderr = None


def exits_at_once(code: Any) -> None:
    print("this is lost, as it would be anywhere")
    os._exit(int(code))


def kills_itself(number: Any) -> None:
    sys.stdout.write("last words")
    sys.stdout.flush()
    os.kill(os.getpid(), int(number))


def grows(size: Any) -> None:
    """Use so many bytes of memory."""
    held = bytearray(int(size))
    for page in range(0, len(held), 4096):
        held[page] = 1


def says(*words: Any) -> None:
    print(*words)
    print("and on stderr", file=sys.stderr)


def shows_environment(*names: Any) -> None:
    print([os.environ.get(name) for name in names])


def shows_place() -> None:
    Path("left behind").write_text("here")
    Path(tempfile.mkdtemp(), "deep").write_text("here")
    print(Path.cwd(), tempfile.gettempdir(), Path.cwd().is_dir(), sep="\n")


def shows_variable(name: Any) -> None:
    print(os.environb[name.encode()])


def shows_itself() -> None:
    main_module = sys.modules["__main__"]
    print(sys.argv, hasattr(main_module, "__file__"), os.getsid(0) == os.getpid(), repr(sys.stdin.read()))
    print(sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:-1])  # noqa: PTH208 - the last one reads it
    print([(stream.line_buffering, stream.seekable(), stream.isatty()) for stream in (sys.stdout, sys.stderr)])
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
    expected = [signal.default_int_handler, signal.SIG_DFL, signal.SIG_DFL, signal.SIG_DFL]
    print([signal.getsignal(number) for number in numbers] == expected, signal.pthread_sigmask(signal.SIG_BLOCK, []))


def ends_late() -> None:
    atexit.register(print, "at exit")
    threading.Thread(target=_prints_late).start()


def _prints_late() -> None:
    time.sleep(0.05)
    print("in a thread")


def _child_of_spawn() -> None:
    print("spawned", flush=True)


def spawns() -> Any:
    process = multiprocessing.get_context("spawn").Process(target=_child_of_spawn)
    process.start()
    process.join()
    return process.exitcode


def floods(megabytes: Any, gate: Any) -> None:
    """Print so many megabytes, and more until the file ``gate`` is there."""
    block = (b"x" * 1023 + b"\n") * 1024
    print("first line", flush=True)
    written = 0
    while written < int(megabytes) or not Path(gate).exists():
        written += os.write(1, block) >> 20
    print("last line")


def leaves_children(pids: Any) -> None:
    """Leave three processes that hold the output: in the group, in a group of its own, in a session of its own."""
    for number, leave in enumerate((lambda: None, lambda: os.setpgid(0, 0), os.setsid)):
        if os.fork() == 0:
            leave()
            Path(f"{pids}.{number}.part").write_text(str(os.getpid()))
            Path(f"{pids}.{number}.part").rename(f"{pids}.{number}")
            time.sleep(60)
            os._exit(0)
    for number in range(3):
        _wait_for(f"{pids}.{number}")
    print("gone")


def _setup() -> Any:
    frame: Any = sys._getframe()
    while "setup" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["setup"]


def sends_an_exit_notice_and_stays(pid: Any) -> None:
    Path(pid).write_text(str(os.getpid()))
    child._send_exit_notice(_setup().notices, os.getpid(), 7)
    time.sleep(60)


def sends_nonsense_for_an_exit_notice() -> Any:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
        for words in (b"", b"x" * 1000, msgpack.encode([-9, 0]), msgpack.encode([300, 1]), msgpack.encode([1, -1])):
            way.sendto(words, _setup().notices)
        way.connect(_setup().notices)
        way.sendmsg([b"take this"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [0, 1]))])
        if os.fork() == 0:  # whose notice is not this attempt's
            way.sendto(msgpack.encode([9, 1]), _setup().notices)
            os._exit(0)
    os.wait()
    return 5


def lets_a_child_run_to_the_end() -> Any:
    if os.fork() == 0:
        return 9
    os.wait()
    return 4


def waits(started: Any, gate: Any) -> None:
    """Note that it started (a line with its pid), and end when the file ``gate`` is there."""
    print("waiting")
    with Path(started).open("a") as file:
        file.write(f"{os.getpid()}\n")
    _wait_for(gate)
    print("done é")


def waits_with_child(started: Any, gate: Any) -> None:
    if os.fork() == 0:
        os.setpgid(0, 0)
    waits(started, gate)


def flushes(started: Any) -> None:
    """End in good order on SIGTERM."""
    # Not by print, which it may interrupt.
    signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b"flushed\n"), sys.exit(143)))
    waits(started, "/nowhere")


def ignores(started: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    waits(started, "/nowhere")


def _wait_for(path: Any) -> None:
    while not Path(path).exists():
        time.sleep(0.005)


def says_stored_and_goes_on(started: Any, gate: Any) -> None:
    """Say that its result is stored, as an attempt does that still has its Deck to end, and then wait."""
    print("computed")
    notices.tell_result_stored(os.environ[notices.RESULT_NOTICE])
    waits(started, gate)


def says_stored_and_never_ends(pids: Any) -> None:
    """Say that its result is stored, and have a process run on beside an exit handler that never returns."""
    helper = os.fork()
    if helper == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    atexit.register(time.sleep, 600)
    print("computed")
    Path(f"{pids}.part").write_text(f"{os.getpid()} {helper}")
    Path(f"{pids}.part").rename(pids)
    notices.tell_result_stored(os.environ[notices.RESULT_NOTICE])


def lets_others_say_stored(started: Any, gate: Any) -> None:
    """Have a child, and a process that says something else, say what only the attempt itself can."""
    if os.fork() == 0:
        notices.tell_result_stored(os.environ[notices.RESULT_NOTICE])
        os._exit(0)
    os.wait()
    notices.tell_result_stored("nowhere")
    notices.tell_result_stored("@nobody")
    waits(started, gate)
