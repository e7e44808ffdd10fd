"""ARCHITECTURE.md is kept true: what it names exists. What has to be listed by hand lists all."""

import re
import tomllib
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


def test_contracts_between_imports_name_every_executor() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    entries = project["project"]["entry-points"]["livedeck.executors"].values()
    executors = sorted(entry.partition(":")[0] for entry in entries)
    contracts = project["tool"]["importlinter"]["contracts"]
    (apart,) = [each["modules"] for each in contracts if each["name"].startswith("Executors know nothing")]
    (unknown,) = [
        each["forbidden_modules"] for each in contracts if each["name"].startswith("Nobody knows an executor")
    ]
    assert sorted(apart) == sorted(unknown) == executors
