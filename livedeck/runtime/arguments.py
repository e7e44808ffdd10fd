"""The command line of one attempt, as ``livedeck.sdk.specs.tasks`` writes it into the task's container."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from livedeck.errors import UserError

USAGE = (
    "livedeck-execute --inputs URI --output-prefix URI [--raw-output-data-prefix URI] [--checkpoint-path URI] "
    "[--prev-checkpoint URI] [--code URI] [--map NAMES] [--nproc-per-node N] -- task-module MODULE task-name NAME"
)

_OPTIONS = {
    "--inputs": "inputs",
    "--output-prefix": "output_prefix",
    "--raw-output-data-prefix": "raw_output_prefix",
    "--checkpoint-path": "checkpoint",
    "--prev-checkpoint": "previous_checkpoint",
    "--code": "code",
    "--map": "map",
    "--nproc-per-node": "processes",
}


@dataclass(frozen=True)
class Arguments:
    """Which task to run on which inputs, and where everything goes, as URIs; empty: none."""

    inputs: str
    output_prefix: str
    task_module: str
    task_name: str
    raw_output_prefix: str = ""
    checkpoint: str = ""
    previous_checkpoint: str = ""
    code: str = ""
    map: str | None = None
    """Set if the attempt is one of an item: the inputs that every item is given whole, with commas between."""
    processes: int | None = None
    """Set if the attempt is a gang's: how many processes it has on this node."""


def read(argv: Sequence[str]) -> Arguments:
    """Read the arguments after the program's name. By hand: argparse would take longer than all else.

    Raises:
        UserError: the command line is not of that form.
    """
    options, separator, loader = _split(argv)
    if not separator or len(loader) != 4 or loader[0::2] != ["task-module", "task-name"]:
        raise UserError(f"the command line must end in: -- task-module MODULE task-name NAME\nusage: {USAGE}")
    values: dict[str, Any] = {}
    for name, value in zip(options[0::2], options[1::2], strict=False):
        if name not in _OPTIONS:
            raise UserError(f"there is no option {name!r}\nusage: {USAGE}")
        # Flyte's engine renders an empty value as two quotes.
        values[_OPTIONS[name]] = "" if value == '""' else value
    if len(options) % 2 or not values.get("inputs") or not values.get("output_prefix"):
        raise UserError(f"--inputs and --output-prefix need a URI each\nusage: {USAGE}")
    if "processes" in values:
        values["processes"] = _count(values["processes"])
    return Arguments(task_module=loader[1], task_name=loader[3], **values)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= 1024):
        raise UserError(f"--nproc-per-node {text!r}: give a number of processes from 1 to 1024\nusage: {USAGE}")
    return int(text)


def _split(argv: Sequence[str]) -> tuple[list[str], bool, list[str]]:
    arguments = list(argv)
    if "--" not in arguments:
        return arguments, False, []
    middle = arguments.index("--")
    return arguments[:middle], True, arguments[middle + 1 :]
