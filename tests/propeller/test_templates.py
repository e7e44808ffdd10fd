import pytest
from flyteidl.core.literals_pb2 import Binary, Blob, Literal, LiteralCollection, LiteralMap, Scalar, Union, Void

from livedeck.errors import InvalidWorkflow
from livedeck.propeller.templates import contained, mentioned, render
from livedeck.testing.executors import literal

VARIABLES = {"input": "s3://b/inputs.pb", "outputprefix": "s3://b/0", "prevcheckpointprefix": '""'}
INPUTS = {
    "x": literal(3),
    "f": literal(0.5),
    "yes": literal(value=True),
    "name": literal("me"),
    "items": Literal(collection=LiteralCollection(literals=[literal(1), literal(2)])),
    "table": Literal(map=LiteralMap(literals={"b": literal(2), "a": literal(1)})),
    "file": Literal(scalar=Scalar(blob=Blob(uri="s3://b/f"))),
    "bytes": Literal(scalar=Scalar(binary=Binary(value=b"hi"))),
    "none": Literal(scalar=Scalar(none_type=Void())),
    "maybe": Literal(scalar=Scalar(union=Union(value=literal(9)))),
}


@pytest.mark.parametrize(
    ("arg", "expected"),
    [
        ("{{.input}}", "s3://b/inputs.pb"),
        ("{{ .Input }}", "s3://b/inputs.pb"),
        ("{{$outputPrefix}}/x", "s3://b/0/x"),
        ("{{.OUTPUTPREFIX}} {{.input}}", "s3://b/0 s3://b/inputs.pb"),
        ("{{.prevCheckpointPrefix}}", '""'),
        ("{{.inputs.x}}", "3"),
        ("{{ $inputs.f }}", "0.5"),
        ("{{.Inputs.yes}}", "true"),
        ("a-{{.inputs.name}}-b", "a-me-b"),
        ("{{.inputs.items}}", "[1,2]"),
        ("{{.inputs.table}}", "{a:1,b:2}"),
        ("{{.inputs.file}}", "s3://b/f"),
        ("{{.inputs.bytes}}", "aGk="),
        ("{{.inputs.none}}", ""),
        ("{{.inputs.maybe}}", "9"),
        ("{ {.input} }", "{ {.input} }"),
    ],
)
def test_variables_are_filled_in(arg: str, expected: str) -> None:
    assert render([arg], VARIABLES, INPUTS) == (expected,)


@pytest.mark.parametrize("arg", ["{{.nonsense}}", "{{.inputs.gone}}", "{{.input.x}}"])
def test_a_variable_without_a_value_is_told_in_words(arg: str) -> None:
    with pytest.raises(InvalidWorkflow, match="the command of the task has"):
        render([arg], VARIABLES, INPUTS)


def test_a_value_is_not_rendered_again() -> None:
    assert render(["{{.inputs.x}}"], {}, {"x": literal("{{.input}}")}) == ("{{.input}}",)


def test_the_variables_of_a_command() -> None:
    assert mentioned(("a", "{{.TaskTemplatePath}} {{ .inputs.x }}")) == {"tasktemplatepath", "inputs"}
    assert mentioned(("tasktemplatepath",)) == frozenset()


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (
            "pyflyte-fast-execute --additional-distribution s3://b/c.tar.gz --dest-dir /root -- pyflyte-execute --x y",
            "pyflyte-fast-execute --additional-distribution s3://b/c.tar.gz --dest-dir . -- pyflyte-execute --x y",
        ),
        ("pyflyte-fast-execute --dest-dir=../.. --", "pyflyte-fast-execute --dest-dir=. --"),
        ("pyflyte-map-execute --dynamic-dest-dir /root --resolver r", None),
        ("pyflyte-execute --dynamic-dest-dir=~/code --resolver r", "pyflyte-execute --dynamic-dest-dir=. --resolver r"),
        ("--dest-dir", "--dest-dir"),
        ("echo --dest-directory /root", "echo --dest-directory /root"),
    ],
)
def test_code_is_unpacked_into_the_attempts_own_folder_whatever_the_command_says(
    args: str, expected: str | None
) -> None:
    expected = expected or args.replace("/root", ".")
    assert contained(tuple(args.split())) == tuple(expected.split())


def test_a_shells_line_unpacks_there_too() -> None:
    line = 'exec pyflyte-fast-execute --additional-distribution x --dest-dir "/my code" -- pyflyte-execute'
    assert contained(("sh", "-c", line)) == ("sh", "-c", line.replace('"/my code"', "."))
