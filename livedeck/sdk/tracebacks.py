"""Tracebacks as the author of a task wants them: without our own frames, and never too long."""

import traceback
from collections.abc import Iterable
from pathlib import Path

_OURS = str(Path(__file__).resolve().parent.parent) + "/"
_ASYNCIO = str(Path(traceback.__file__).resolve().parent / "asyncio") + "/"

MAX_CHARACTERS = 64 * 1024
"""A message longer than this loses its middle: it goes into ``error.pb``, the database and a page."""


def user_frames(frames: Iterable[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    """Return the frames that are not livedeck's, and not the import system's or asyncio's on the way to the user's."""
    theirs: list[traceback.FrameSummary] = []
    for frame in frames:
        leads_in = not theirs and frame.filename.startswith(_ASYNCIO)
        if not (leads_in or frame.filename.startswith((_OURS, "<frozen importlib"))):
            theirs.append(frame)
    return theirs


def format_error(error: BaseException) -> str:
    """Return an error's traceback, its causes included.

    If every frame is ours (the error is about what the task returned, say), no frame is shown.
    """
    rendered = traceback.TracebackException.from_exception(error, compact=True)
    _strip(rendered)
    return shortened("".join(rendered.format()).rstrip())


def trimmed(error: BaseException) -> BaseException:
    """Return the error itself, its traceback beginning at the user's first frame."""
    traceback_ = error.__traceback__
    while traceback_ is not None and traceback_.tb_frame.f_code.co_filename.startswith((_OURS, _ASYNCIO)):
        traceback_ = traceback_.tb_next
    return error.with_traceback(traceback_)


def _strip(rendered: traceback.TracebackException) -> None:
    waiting: list[traceback.TracebackException | None] = [rendered]
    while waiting:
        each = waiting.pop()
        if each is not None and each.stack is not None:
            frames = user_frames(each.stack)
            # None leaves the heading out, too; typeshed does not know that it may be.
            each.stack = traceback.StackSummary.from_list(frames) if frames else None  # type: ignore[assignment]
            waiting += [each.__cause__, each.__context__, *(each.exceptions or ())]


def shortened(text: str, limit: int = MAX_CHARACTERS) -> str:
    """Return a text without its middle if it has more than ``limit`` characters."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")  # half a surrogate pair cannot be stored
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def innermost_line(error: BaseException) -> str:
    """Return ``file:line`` of the user's frame that raised, empty if there is none."""
    frames = user_frames(traceback.extract_tb(error.__traceback__))
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
