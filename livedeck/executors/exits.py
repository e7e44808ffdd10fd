"""What the end of a process means, in words and as a code: of an attempt's, and of each of a gang's."""

import signal

from livedeck.deck.numerals import format_size
from livedeck.executors.api import Exit, ExitKind

KILLED = frozenset({"Interrupted", "OOMKilled", "Signalled"})
"""Codes of failures that others follow from: a process that was ended by a signal. See ``cause``."""


def cause(ended: Exit, what: str = "The attempt") -> tuple[str, str]:
    """Return the code of the failure of what left no result (Flyte's code where it has one), and what happened.

    Args:
        ended: how it ended.
        what: who ended, as a sentence begins, unless the end names a part of an attempt.
    """
    what = ended.part or what
    if ended.kind is ExitKind.LOST:
        return "Lost", f"{what} was lost: {ended.reason or 'what it ran on went away'}."
    number = _signal(ended)
    if number == signal.SIGKILL:
        return _killed(ended, what)
    if number == signal.SIGTERM:
        return "Interrupted", f"{what}'s process was asked to end (SIGTERM), and not by livedeck."
    if ended.kind is ExitKind.SIGNALLED:
        return "Signalled", f"{what} was ended by {_signal_name(ended.code)}."
    if ended.code:
        return "NonZeroExit", f"{what} exited with code {ended.code}, without outputs and without an error."
    return "OutputsNotFound", f"{what} exited with code 0, but without outputs and without an error."


def _killed(ended: Exit, what: str) -> tuple[str, str]:
    size = f" (its largest size was {format_size(ended.peak_memory)})" if ended.peak_memory else ""
    if ended.out_of_memory:
        return "OOMKilled", f"{what}'s process was killed by the kernel because memory ran out{size}."
    return "Interrupted", f"{what}'s process was killed (SIGKILL){size}: {_BY_WHOM[ended.out_of_memory]}."


_BY_WHOM = {
    False: "not by the kernel for want of memory, so somebody sent the signal",
    None: "the kernel does not tell here whether memory ran out, which is the most frequent reason",
}
"""Words for who sent a SIGKILL, by ``Exit.out_of_memory``."""


def _signal(ended: Exit) -> int:
    """Return the signal that ended a process, also if a shell around it tells of that by its exit code; 0: none."""
    return ended.code if ended.kind is ExitKind.SIGNALLED else max(0, ended.code - 128)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
