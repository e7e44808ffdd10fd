"""Fail half-way on purpose, to show what a Deck says then: all that was published, and the error in a tab.

livedeck run --remote examples/fail_halfway.py fail_halfway
"""

from livedeck import Deck, current_context, task, workflow


@task(enable_deck=True)
def descend(steps: int, rate: float) -> float:
    """Minimise (x - 3)^2 with a step that is too large: it diverges, and the check says so."""
    ctx = current_context()
    deck = Deck("descent")
    progress = deck.progress("steps", total=steps)
    curve = deck.chart("f(x) = (x - 3)^2", x_label="step", y_label="f(x)", log_y=True)
    x = 0.0
    for step in range(1, steps + 1):
        value = (x - 3) ** 2
        if value > 1e6:
            raise ArithmeticError(f"f(x) grew to {value:.3g} in step {step} of {steps}: lower the rate, now {rate}")
        curve.append(step, {"f(x)": value})
        progress.update(step)
        ctx.publish_decks(wait=True, timeout=5)
        x -= rate * 2 * (x - 3)
    return x


@workflow
def fail_halfway(steps: int = 30, rate: float = 1.25) -> float:
    """Run a descent that does not converge.

    Args:
        steps: how many steps to plan
        rate: step size; below 1 it converges
    """
    return descend(steps=steps, rate=rate)
