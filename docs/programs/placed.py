"""A task that runs on a Ray cluster, and one that does not."""

# --8<-- [start:placed]
from livedeck import Resources, task, workflow


@task(executor="ray", requests=Resources(cpu="8", mem="32Gi"))
def train(rows: int) -> float:
    return 1 / rows


@task
def report(loss: float) -> str:
    return f"the loss is {loss}"


# --8<-- [end:placed]


# --8<-- [start:chosen]
@task(
    executor="ray",
    requests=Resources(cpu="4", gpu=1, ephemeral_storage="50Gi"),
    accelerator="nvidia-tesla-t4",
    custom_resources={"license": 1},
)
def simulate(steps: int) -> float:
    return 1 / steps


# --8<-- [end:chosen]


@workflow
def placed(rows: int = 4) -> str:
    return report(loss=train(rows=rows))
