import json

from livedeck import RecoverableError, current_context, task


@task(retries=1)
def train(epochs: int = 10) -> str:
    checkpoint = current_context().checkpoint
    saved = checkpoint.read()
    start = json.loads(saved)["epoch"] if saved else 0
    for epoch in range(start + 1, epochs + 1):
        if epoch == 7 and not saved:
            raise RecoverableError("the machine coughed in epoch 7")
        checkpoint.write(json.dumps({"epoch": epoch}).encode())
    return f"went on after epoch {start}, and did {epochs - start} of {epochs} epochs"
