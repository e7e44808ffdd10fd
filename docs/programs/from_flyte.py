# --8<-- [start:all]
import livedeck as flytekit
from livedeck import FlyteFile, ImageSpec, Resources, Secret, kwtypes, task, workflow
from livedeck.extras.tasks.shell import OutputLocation, ShellTask

image = ImageSpec(packages=["pandas"])


@task(container_image=image, requests=Resources(mem="100Mi"), secret_requests=[Secret(group="mail", key="token")])
def letter(name: str) -> FlyteFile:
    written = FlyteFile.new_remote_file("letter.txt")
    with written.open("w") as out:
        out.write(f"Dear {name},\n")
    flytekit.current_context().logging.info("written")
    return written


count = ShellTask(
    name="count",
    script="wc -c < {inputs.text} > {outputs.size}",
    inputs=kwtypes(text=FlyteFile),
    output_locs=[OutputLocation(var="size", var_type=FlyteFile, location="size.txt")],
)


@task
def read(size: FlyteFile) -> int:
    with size.open() as text:
        return int(text.read())


@workflow
def post(name: str = "Ada") -> int:
    return read(size=count(text=letter(name=name)))


# --8<-- [end:all]
