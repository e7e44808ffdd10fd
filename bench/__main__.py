"""`python -m bench [names ...] [--short]`: measure, print a table, write the results; status 1 if a bound is missed."""

import argparse
import importlib
import sys

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
    figures = measure(given.names or NAMES, Options(short=given.short))
    show(figures)
    if not given.short and not given.names:
        save(figures)
    return 0 if all(figure.ok for figure in figures) else 1


def measure(names: list[str] | tuple[str, ...], options: Options) -> list[Figure]:
    measured = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        measured += importlib.import_module(f"bench.{name}").figures(options)
    return measured


if __name__ == "__main__":
    sys.exit(main())
