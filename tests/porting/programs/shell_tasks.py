"""Scripts of the shell as tasks."""

import os

import flytekit
from flytekit import FlyteDirectory, FlyteFile, kwtypes, task, workflow
from flytekit.extras.tasks.shell import OutputLocation, ShellTask

count_words = ShellTask(
    name="shell.count_words",
    script="""
    set -e
    wc -w < {inputs.source} | tr -d ' ' > {outputs.counted}
    """,
    inputs=kwtypes(source=FlyteFile),
    output_locs=[OutputLocation(var="counted", var_type=FlyteFile, location="counted.txt")],
)

repeat = ShellTask(
    name="shell.repeat",
    script="""
    for number in 1 2 3; do echo "{inputs.word} $number {inputs.times}" >> {outputs.lines}; done
    mkdir -p {outputs.folder}
    echo "${{SHELLVAR:-unset}}" > {outputs.folder}/variable
    """,
    inputs=kwtypes(word=str, times=int),
    output_locs=[
        OutputLocation(var="lines", var_type=FlyteFile, location="{inputs.word}.txt"),
        OutputLocation(var="folder", var_type=FlyteDirectory, location="{inputs.word}-folder"),
    ],
)

nothing = ShellTask(name="shell.nothing", script="true")
broken = ShellTask(name="shell.broken", script="echo before; exit 3")


@task
def sentence() -> FlyteFile:
    path = os.path.join(flytekit.current_context().working_directory, "sentence.txt")
    with open(path, "w") as out:
        out.write("four words of text")
    return FlyteFile(path)


@task
def read(source: FlyteFile) -> str:
    with open(source) as opened:
        return opened.read()


@workflow
def scripts(word: str = "hey") -> tuple[str, FlyteFile, FlyteDirectory]:
    counted = read(source=count_words(source=sentence()))
    lines, folder = repeat(word=word, times=7)
    nothing()
    return counted, lines, folder


@workflow
def fails() -> None:
    broken()


RUNS = [(scripts, {}), (scripts, {"word": "ho"})]
FAILURES = [(fails, {})]
