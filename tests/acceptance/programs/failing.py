"""A workflow that fails, and a failure node that gives back what was taken."""

from livedeck import Deck, FlyteError, task, workflow


@task
def fit(cluster: str) -> float:
    raise ValueError(f"{cluster} has too little memory")


@task(enable_deck=True)
def release(cluster: str, err: FlyteError | None = None) -> None:
    Deck("released").append(f"<p>{cluster} is free again</p>")
    print(cluster, "is given back:", err.message.splitlines()[-1] if err else "nothing is wrong")


@workflow(on_failure=release)
def train(cluster: str) -> float:
    return fit(cluster=cluster)
