# --8<-- [start:script]
from livedeck import File, OutputLocation, ShellTask, kwtypes, task, workflow

sort = ShellTask(
    name="commands.sort",
    script="sort -n {inputs.numbers} > {outputs.ordered}",
    inputs=kwtypes(numbers=File),
    output_locs=[OutputLocation(var="ordered", var_type=File, location="ordered.txt")],
)
# --8<-- [end:script]

# --8<-- [start:command]
from livedeck import ContainerTask

count = ContainerTask(
    name="commands.count",
    image="alpine:3",
    command=["sh", "-c", "wc -l < /var/inputs/numbers > /var/outputs/lines"],
    inputs=kwtypes(numbers=File),
    outputs=kwtypes(lines=int),
    input_data_dir="/var/inputs",
    output_data_dir="/var/outputs",
)
# --8<-- [end:command]


@task
def write(numbers: list[int]) -> File:
    file = File.new("numbers.txt")
    with file.open("w") as lines:
        lines.writelines(f"{number}\n" for number in numbers)
    return file


@task
def smallest(ordered: File) -> int:
    with ordered.open() as lines:
        return int(next(lines))


@workflow
def look(numbers: list[int]) -> tuple[int, int]:
    written = write(numbers=numbers)
    return smallest(ordered=sort(numbers=written)), count(numbers=written)
