"""`python -m livedeck.cli` is the `livedeck` command."""

from livedeck.cli import main

main(prog_name="livedeck")
