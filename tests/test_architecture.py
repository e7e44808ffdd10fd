"""ARCHITECTURE.md is kept true: what it names exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATHS = re.compile(r"`((?:livedeck|console|scripts|bench|tests|docs|examples)/[\w./-]+)`")


def test_every_path_that_it_names_exists() -> None:
    for page in ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"):
        named = set(PATHS.findall((ROOT / page).read_text()))
        missing = {path for path in named if not (ROOT / path).exists()} - {"docs/benchmarks.md", "bench/results.json"}
        assert not missing, f"{page} names what does not exist: {sorted(missing)}"


def test_it_names_something() -> None:
    assert len(PATHS.findall((ROOT / "ARCHITECTURE.md").read_text())) > 50
