"""Run a peer's script with an interpreter that has the peer: flytekit's own, or the other engines'."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.figures import ROOT

PYTHON = ROOT / ".venv-flytekit" / "bin" / "python"
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
BYTE_CODE = {"PYTHONDONTWRITEBYTECODE": ""}
"""Whatever this process was told: programs that are started often have their byte code on disk."""


def call(script: str, *arguments: object, python: Path = PYTHON, environment: Mapping[str, str] | None = None) -> Any:
    """The last line that the script prints, read as JSON."""
    done = subprocess.run(
        [python, ROOT / "bench" / "peers" / script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode:
        raise SystemExit(f"{script} failed with the peer's interpreter ({python}):\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def import_seconds(python: str, package: str) -> float:
    """How long `import package` takes in a new interpreter."""
    code = f"import time; start = time.perf_counter(); import {package}; print(time.perf_counter() - start)"
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **BYTE_CODE}
    )
    return float(done.stdout.splitlines()[-1])
