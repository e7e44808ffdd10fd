from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import pytest

from livedeck.errors import MissingInput, TypeMismatch, UnknownEntity, UnsupportedType, UserError
from livedeck.sdk.interface import REQUIRED, read_interface


class Split(NamedTuple):
    train: list[int]
    test: list[int]


class One(NamedTuple):
    only: int


def test_annotations_are_read_even_as_text() -> None:
    def function(x: int, y: str | None = None, z: float = 1) -> Split:  # type: ignore[empty-body]
        """Do it.

        Args:
            x: the first
        """

    interface = read_interface(function, "m.f")
    assert list(interface.inputs) == ["x", "y", "z"]
    assert interface.inputs["x"].default is REQUIRED
    assert interface.inputs["x"].description == "the first"
    assert interface.inputs["y"].default is None
    assert not interface.inputs["y"].required
    assert interface.inputs["z"].default == 1.0
    assert isinstance(interface.inputs["z"].default, float)
    assert interface.outputs == {"train": list[int], "test": list[int]}


@pytest.mark.parametrize(
    ("annotation", "names"),
    [(None, []), (int, ["o0"]), (tuple[int, str], ["o0", "o1"]), (tuple[int], ["o0"]), (One, ["only"])],
)
def test_output_names(annotation: Any, names: list[str]) -> None:
    def function() -> None: ...

    function.__annotations__ = {"return": annotation}
    assert list(read_interface(function, "m.f").outputs) == names


@pytest.mark.parametrize(
    ("returned", "annotation"),
    [(3, int), ((1, "a"), tuple[int, str]), ((1,), tuple[int]), (One(1), One), (None, None)],
)
def test_splitting_and_joining_are_inverse(returned: int | tuple[int | str, ...] | One | None, annotation: Any) -> None:
    def function() -> None: ...

    function.__annotations__ = {"return": annotation}
    interface = read_interface(function, "m.f")
    joined = interface.join(interface.accept_outputs(returned))
    assert joined == returned
    assert type(joined) is type(returned)


def test_a_missing_annotation_is_refused() -> None:
    def function(x): ...  # type: ignore[no-untyped-def]

    with pytest.raises(UnsupportedType, match=r"m\.f: input 'x' has no type"):
        read_interface(function, "m.f")


def test_what_cannot_be_an_input_is_refused() -> None:
    def args(*values: int) -> None: ...

    def kwargs(**values: int) -> None: ...

    def positional(x: int, /) -> None: ...

    for function, words in ((args, "a list or a dict"), (kwargs, "a list or a dict"), (positional, "positional-only")):
        with pytest.raises(UnsupportedType, match=words):
            read_interface(function, "m.f")


def test_an_annotation_that_means_nothing_is_refused() -> None:
    def function(x: Nowhere) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(UnsupportedType, match="name 'Nowhere' is not defined"):
        read_interface(function, "m.f")


@pytest.mark.parametrize("annotation", [tuple, tuple[int, ...], tuple[()]])
def test_a_tuple_without_a_length_is_refused(annotation: Any) -> None:
    def function() -> None: ...

    function.__annotations__ = {"return": annotation}
    with pytest.raises(UnsupportedType, match="how many outputs"):
        read_interface(function, "m.f")


def test_a_default_of_the_wrong_type_is_refused() -> None:
    def function(x: int = "a") -> None: ...  # type: ignore[assignment]

    with pytest.raises(TypeMismatch, match=r"m\.f: default 'x' must be int, not 'a'"):
        read_interface(function, "m.f")


def test_annotated_types_are_kept() -> None:
    def function(x: Annotated[int, "meaning"]) -> None: ...

    assert read_interface(function, "m.f").inputs["x"].type == Annotated[int, "meaning"]


def two(x: int, y: str = "a") -> tuple[int, str]: ...  # type: ignore[empty-body]


def test_binding_arguments() -> None:
    interface = read_interface(two, "m.two")
    assert interface.bind((1,), {"y": "b"}) == {"x": 1, "y": "b"}
    assert interface.bind((), {"x": 1}) == {"x": 1}
    assert interface.accept_inputs({"x": 1}) == {"x": 1, "y": "a"}
    with pytest.raises(MissingInput, match=r"m\.two: input 'x' \(int\) was not given"):
        interface.bind((), {})
    with pytest.raises(UnknownEntity, match="no input 'z'; its inputs are: x, y"):
        interface.bind((1,), {"z": 1})
    with pytest.raises(UserError, match="given twice"):
        interface.bind((1,), {"x": 1})
    with pytest.raises(UserError, match="2 inputs, but 3"):
        interface.bind((1, "a", 2), {})


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (3, "a tuple of 2 values, not a int"),
        ((1, "a", 2), "not 3 values"),
        ((1, 2), r"m\.two: output 'o1' must be str, not 2"),
        (None, "not a None"),
    ],
)
def test_outputs_that_do_not_fit(returned: int | tuple[int | str, ...] | None, words: str) -> None:
    with pytest.raises(TypeMismatch, match=words):
        read_interface(two, "m.two").accept_outputs(returned)


def test_an_undeclared_output_is_refused() -> None:
    def function() -> None: ...

    with pytest.raises(TypeMismatch, match="declares no output: annotate it, -> int"):
        read_interface(function, "m.f").accept_outputs(5)
