"""Options that say something about machines, images and consoles, and change no result."""

import os

import flytekit
from flytekit import Description, Documentation, ImageSpec, Resources, Secret, SourceCode, task, workflow

os.environ["_FSEC_USER-INFO_API_KEY"] = " the key "
image = ImageSpec(name="science", packages=["pandas"], registry="localhost:30000", python_version="3.11")


@task(container_image=image, requests=Resources(cpu="100m", mem="50Mi"), limits=Resources(cpu="1", mem="200Mi"))
def in_an_image(value: int) -> int:
    return value + 1 if image.is_container() else value


@task(container_image="ghcr.io/flyteorg/flytekit:py3.11", resources=Resources(cpu=("100m", "1"), mem="50Mi"))
def with_resources(value: int) -> int:
    return value * 2


@task(secret_requests=[Secret(group="user-info", key="api_key")], labels={"team": "a"}, annotations={"note": "b"})
def with_secret() -> str:
    secrets = flytekit.current_context().secrets
    return secrets.get("user-info", "api_key") + secrets.get(group="user-info", key="API_KEY")


@task(secret_requests=[], docs=None, task_config=None, environment={"LEVEL": "high"}, pod_template_name="small")
def with_nothing(value: int) -> int:
    return value - 1


@task(
    docs=Documentation(
        short_description="says hello",
        long_description=Description("At some *length*."),
        source_code=SourceCode(link="https://example.com/hello.py"),
    ),
    interruptible=False,
)
def documented(name: str) -> str:
    """Is not what consoles show."""
    return f"hello {name}"


@workflow(docs=Documentation(short_description="everything"))
def everything(value: int = 3) -> tuple[int, str, str]:
    first = in_an_image(value=value)
    second = with_resources(value=first).with_overrides(
        requests=Resources(cpu="200m", mem="60Mi"), container_image="other:1"
    )
    return with_nothing(value=second), with_secret(), documented(name="you")


RUNS = [(everything, {}), (everything, {"value": 10})]
