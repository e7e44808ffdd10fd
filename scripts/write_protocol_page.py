"""Writes docs/protocol.md: what comes of each field of the protocol's specs."""

from pathlib import Path

from livedeck.admin.fields import page

if __name__ == "__main__":
    (Path(__file__).resolve().parent.parent / "docs" / "protocol.md").write_text(page())
