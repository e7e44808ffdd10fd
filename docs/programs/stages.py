from livedeck import Labels, LaunchPlan, Workflow, map_task, task, workflow


# --8<-- [start:stages]
@task
def fit(rows: int, rate: float) -> float:
    return rows * rate


@workflow
def train(rows: int, rate: float = 0.5) -> float:
    return fit(rows=rows, rate=rate)


quick = LaunchPlan.get_or_create(train, name="quick", fixed_inputs={"rate": 0.25}, labels=Labels({"team": "blue"}))


@workflow
def release(rows: int) -> float:
    return quick(rows=rows)


# --8<-- [end:stages]


# --8<-- [start:several]
@workflow
def several(rows: list[int]) -> list[float]:
    trained: list[float] = map_task(quick, concurrency=2)(rows=rows)
    return trained


# --8<-- [end:several]


# --8<-- [start:imperative]
twice = Workflow(name="stages.twice")
twice.add_workflow_input("rows", int)
first = twice.add_launch_plan(quick, rows=twice.inputs["rows"])
second = twice.add_entity(fit, rows=10, rate=first.outputs["o0"])
twice.add_workflow_output("quality", second.outputs["o0"])
# --8<-- [end:imperative]
