"""`python -m bench [names ...] [--short]`: measure, print a table, write the results; status 1 if a bound is missed.

A benchmark that fails does not undo what the others have measured.
"""

import argparse
import importlib
import sys
import traceback
from collections.abc import Iterable

from bench.figures import Figure, save, show
from bench.options import Options

NAMES = (
    "nodes",
    "ray",
    "many",
    "values",
    "imports",
    "ablations",
    "publish",
    "reporters",
    "overhead",
    "appending",
    "long",
    "latency",
    "console",
    "rollup",
    "viewers",
    "start",
    "calls",
    "neighbours",
)
"""In this order: ext4 makes new files slowly for minutes after many were removed, as the others do when they end."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(NAMES)} (all)")
    parser.add_argument("--short", action="store_true", help="fewer repetitions; nothing is written")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    measured, failed = measure(given.names or NAMES, Options(short=given.short))
    show(measured)
    for name in failed:
        print(f"failed: {name}; see above", file=sys.stderr)
    return 1 if failed or not all(figure.ok for figure in measured) else 0


def measure(names: Iterable[str], options: Options) -> tuple[list[Figure], list[str]]:
    """Return what was measured, and the benchmarks that failed; what is not short is saved at once."""
    measured, failed = [], []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        try:
            figures = list(importlib.import_module(f"bench.{name}").figures(options))
        except (Exception, SystemExit):  # noqa: BLE001 - told at once, and by the exit status
            traceback.print_exc()
            failed.append(name)
            continue
        measured += figures
        if not options.short:
            save(name, figures)
    return measured, failed


if __name__ == "__main__":
    sys.exit(main())
