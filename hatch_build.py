"""Build hooks: the wheel holds the built console, and the README's links work where it is shown alone."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

BUILT = ("livedeck/admin/static/index.html", "livedeck/deck/static/runtime.js", "livedeck/deck/static/maths.js")
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^]]*)\]\((?!https?:|#|mailto:)(?P<path>[^)#]+)(?P<anchor>#[^)]*)?\)")
"""A Markdown link or image whose target is a path of the repository."""


class ConsoleHook(BuildHookInterface[Any]):
    """Runs `npm ci` and `npm run build` when the console is not built yet, so that installing needs no Node.js."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before the wheel is put together; ``version`` is "standard" or "editable"."""
        root = Path(self.root)
        if version == "editable" or all((root / path).exists() for path in BUILT):
            return
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("livedeck's wheel holds its built console: install Node.js 20.19 or newer, or run `make console`.")
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *command], cwd=root / "console", check=True)


class ReadmeHook(MetadataHookInterface):
    """Gives the package README.md with links into the repository, at the tag of its version."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Called by hatchling when it reads the metadata of ``pyproject.toml``."""
        root = Path(self.root)
        text = (root / "README.md").read_text(encoding="utf-8")
        text = absolute_links(text, root, metadata["urls"]["Source"], f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def absolute_links(text: str, root: Path, source: str, revision: str) -> str:
    """The Markdown with every link to a path of the repository replaced by that path's address.

    Args:
        text: The Markdown.
        root: Folder of the repository, where the paths are looked up.
        source: Address of the repository.
        revision: Tag, branch or commit that the addresses name.

    Raises:
        ValueError: A link names a path that does not exist.
    """

    def address(link: re.Match[str]) -> str:
        path = root / link["path"]
        if not path.exists():
            raise ValueError(f"README.md links to {link['path']!r}, which does not exist: mend the link")
        view = "raw" if link["image"] else "tree" if path.is_dir() else "blob"
        target = f"{source}/{view}/{revision}/{link['path']}{link['anchor'] or ''}"
        return f"{link['image']}[{link['text']}]({target})"

    return LINK.sub(address, text)
