"""Metaflow's `current.card.refresh()` of 20 scalars: argv is the folder, the number of updates, and the
seconds of work and of rest between two.

It leaves what `report_scalars.py` does. Run without a folder it is the flow.
"""

import os
import subprocess
import sys
from pathlib import Path

from metaflow import FlowSpec, card, current, step
from metaflow.cards import Markdown
from report_scalars import Measured, Scalars

MEASURED = "BENCH_MEASURED"


class Reported(FlowSpec):
    @card(type="blank", refresh_interval=1)
    @step
    def start(self) -> None:
        shown = Markdown("")
        current.card.append(shown)

        def report(_step: int, values: Scalars) -> None:
            shown.update("\n".join(f"- {name}: {value}" for name, value in values.items()))
            current.card.refresh()

        count, work, rest = os.environ[MEASURED].split()
        measured = Measured(int(count), float(work), float(rest))
        measured.updates(report)
        measured.save(None)
        self.next(self.end)

    @step
    def end(self) -> None:
        pass


def main(folder: str, *measured: str) -> None:
    environment = {
        **os.environ,
        "HOME": folder,
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": folder,
        "METAFLOW_USER": "bench",
        "METAFLOW_MONITOR": "nullSidecarMonitor",
        MEASURED: " ".join(measured),
    }
    command = [sys.executable, str(Path(__file__).resolve()), "--quiet", "run"]
    subprocess.run(command, cwd=folder, env=environment, check=True)


if __name__ == "__main__":
    if Path(sys.argv[1]).is_absolute():
        main(*sys.argv[1:])
    else:
        Reported()
