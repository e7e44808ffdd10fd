"""Build hook: a wheel always holds the built console, so that installing it needs no Node.js."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = ("livedeck/admin/static/index.html", "livedeck/deck/static/runtime.js")


class ConsoleHook(BuildHookInterface[Any]):
    """Runs `npm ci` and `npm run build` when the console is not built yet."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Called by hatchling before the wheel is put together; ``version`` is "standard" or "editable"."""
        root = Path(self.root)
        if version == "editable" or all((root / path).exists() for path in BUILT):
            return
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("livedeck's wheel holds its built console: install Node.js 20.19 or newer, or run `make console`.")
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *command], cwd=root / "console", check=True)
