"""Tracebacks that show the frames and paths of a task's author only, and are never too long."""

import copy
import linecache
import traceback
import warnings
from collections.abc import Iterable
from pathlib import Path

_OURS = str(Path(__file__).resolve().parent.parent) + "/"
_LIBRARY = str(Path(traceback.__file__).resolve().parent)
_ON_THE_WAY_IN = (f"{_LIBRARY}/asyncio/", f"{_LIBRARY}/importlib/", f"{_LIBRARY}/contextlib.py")
"""What runs a task, imports its module or is around both. Further in it is called by the user's own code."""

MAX_CHARACTERS = 64 * 1024
"""A message longer than this loses its middle: it goes into ``error.pb``, the database and a page."""


_code_folders: list[str] = []
"""Where code bundles were unpacked that this process imports from, each with a slash at its end."""


def name_files_as_in(folder: str) -> None:
    """Have files under the folder of an unpacked code bundle named as in the project that was bundled.

    Only where tracebacks and warnings are made into text, which the standard library lets a program do in its own way,
    so also in what the task prints and logs of its errors itself. To libraries (numba's cache, ``inspect``) a
    function's file must be one that is there.
    """
    _code_folders.append(folder.rstrip("/") + "/")
    traceback.StackSummary.format_frame_summary = _format_frame  # type: ignore[method-assign,assignment]
    warnings.formatwarning = _format_warning


_usual_frame = traceback.StackSummary.format_frame_summary


def _format_frame(frames: traceback.StackSummary, frame: traceback.FrameSummary) -> str:
    """Do what ``StackSummary.format_frame_summary`` does, with the path in the project."""
    return _usual_frame(frames, _as_in_project(copy.copy(frame)))


def _format_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """Do what ``warnings.formatwarning`` does, with the path in the project."""
    text = linecache.getline(filename, lineno) if line is None else line
    source = f"  {text.strip()}\n" if text.strip() else ""
    return f"{project_path(filename)}:{lineno}: {category.__name__}: {message}\n{source}"


def user_frames(frames: Iterable[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    """Return the frames that are not livedeck's, and not those of `_ON_THE_WAY_IN` at the start or after livedeck's."""
    theirs: list[traceback.FrameSummary] = []
    inside = False
    """The frame before was one of the user's own."""
    for frame in frames:
        if frame.filename.startswith((_OURS, "<frozen importlib")):
            inside = False
        elif inside or not frame.filename.startswith(_ON_THE_WAY_IN):
            inside = True
            theirs.append(_as_in_project(frame))
    return theirs


def _as_in_project(frame: traceback.FrameSummary) -> traceback.FrameSummary:
    shown = project_path(frame.filename)
    if shown != frame.filename:
        _ = frame.line  # read now, while the file can be found
        frame.filename = shown
    return frame


def project_path(file: str) -> str:
    """Return the path of a file of an unpacked code bundle in its project; any other as it is."""
    for folder in _code_folders:
        if file.startswith(folder):
            return file[len(folder) :]
    return file


def format_error(error: BaseException) -> str:
    """Return an error's traceback, its causes included.

    If every frame is ours (the error is about what the task returned, say), no frame is shown. Of an error that the
    standard library cannot write out (a SyntaxError without words, a module whose loader fails) the places are.
    """
    try:
        rendered = traceback.TracebackException.from_exception(error, compact=True)
        _strip(rendered)
        text = "".join(rendered.format())
    except Exception as problem:  # noqa: BLE001 - whatever else it is, the error that ended a task is told
        text = _format_places(error, problem)
    return shortened(text.rstrip())


def _format_places(error: BaseException, problem: Exception) -> str:
    """Return where an error was raised and what it says, with nothing that is looked up."""
    walked = ((frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__))
    frames = user_frames(traceback.FrameSummary(at.co_filename, line, at.co_name, line="") for at, line in walked)
    places = [f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}' for frame in frames]
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - it is the user's
        said = ""
    words = f"{type(error).__qualname__}: {said} (which cannot be shown in full: {type(problem).__name__})"
    return "\n".join([*(["Traceback (most recent call last):"] if places else []), *places, words])


def _strip(rendered: traceback.TracebackException) -> None:
    waiting: list[traceback.TracebackException | None] = [rendered]
    while waiting:
        each = waiting.pop()
        if each is not None and getattr(each, "filename", None):  # a SyntaxError has the path of the file it is about
            each.filename = project_path(each.filename)
        if each is not None and each.stack is not None:
            frames = user_frames(each.stack)
            # A stack of None leaves the heading out, too; typeshed does not know that it may be None.
            each.stack = traceback.StackSummary.from_list(frames) if frames else None  # type: ignore[assignment]
            waiting += [each.__cause__, each.__context__, *(each.exceptions or ())]


def shortened(text: str, limit: int = MAX_CHARACTERS) -> str:
    """Return a text without its middle if it has more than ``limit`` characters."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")  # half a surrogate pair cannot be stored
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"
