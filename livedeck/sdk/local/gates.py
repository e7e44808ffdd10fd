"""Gates of local runs: the terminal asks."""

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from livedeck.errors import ApprovalRefused, MissingInput, TypeMismatch
from livedeck.sdk.gates import NO, YES, Gate, Input, Sleep
from livedeck.sdk.local.values import LocalValue
from livedeck.sdk.types import DataPlane, Location, from_json, type_name


def pass_gate(gate: Gate, inputs: Mapping[str, LocalValue], data: DataPlane) -> Mapping[str, LocalValue]:
    """Return what comes out of a gate, once the user has let it.

    Raises:
        ApprovalRefused: the user said no.
        MissingInput: there is nobody to ask: no terminal, and nothing more on the standard input.
    """
    if isinstance(gate, Sleep):
        _tell(f"{gate.name}: {gate.duration} would pass here on a server\n")
        return {}
    if isinstance(gate, Input):
        [(variable, python_type)] = gate.interface.outputs.items()
        location = Location(gate.name, variable, "output")
        return {variable: LocalValue.of(_asked_for(gate, python_type, location), python_type, data, location)}
    [(variable, value)] = inputs.items()
    shown = value.given(gate.interface.inputs[variable].type, Location(gate.name, variable))
    if not _approved(gate, shown):
        raise ApprovalRefused(f"{gate.name!r} was not approved")
    return {variable: value}


def _approved(gate: Gate, shown: Any) -> bool:
    while True:
        answer = _answer(gate, f"{gate.name}: approve {shown!r}? [Y/n] ").strip().lower()
        if answer in ("", *YES, *NO):
            return answer not in NO
        _tell("Answer y or n.\n")


def _asked_for(gate: Gate, python_type: Any, location: Location) -> Any:
    while True:
        answer = _answer(gate, f"{gate.name} ({type_name(python_type)}): ")
        try:
            return _value_of(answer, python_type, location)
        except TypeMismatch as error:
            _tell(f"{error}\n")


def _value_of(answer: str, python_type: Any, location: Location) -> Any:
    """Return what was typed: JSON where that is of the type, or yes and no, else the text itself."""
    if python_type is bool and answer.strip().lower() in (*YES, *NO):
        return answer.strip().lower() in YES
    if python_type is not str:
        with suppress(ValueError, RecursionError, TypeMismatch):
            return from_json(json.loads(answer), python_type, location)
    return from_json(answer, python_type, location)


def _tell(words: str) -> None:
    """Write to the terminal, past what is piped to other programs."""
    sys.stderr.write(words)
    sys.stderr.flush()


def _answer(gate: Gate, question: str) -> str:
    _tell(question)
    try:
        return input()
    except (EOFError, OSError) as error:  # the latter where a test runner has taken the standard input away
        _tell("\n")  # the question's line is over
        raise MissingInput(
            f"{gate.name!r} waits for somebody to answer, and there is no terminal to ask: run it in one, or on a "
            "server (livedeck run --remote) and answer in the console, or with livedeck approve or livedeck signal"
        ) from error
