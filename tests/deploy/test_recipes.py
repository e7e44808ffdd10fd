"""The recipes under deploy/ against what those who read them publish: schemas, and systemd's own checker."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from livedeck.cli.serve import serve

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = DEPLOY / "compose" / "compose.yaml"
MANIFESTS = DEPLOY / "kubernetes" / "livedeck.yaml"
UNIT = DEPLOY / "systemd" / "livedeck.service"


def manifests() -> list[Any]:
    return list(yaml.safe_load_all(MANIFESTS.read_text()))


def settings_in(value: Any) -> Iterator[str]:
    """Yield the names of livedeck's variables, wherever in a file."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from settings_in(key)
            yield from settings_in(below)
    elif isinstance(value, list):
        for below in value:
            yield from settings_in(below)
    elif isinstance(value, str):
        yield from (word.partition("=")[0] for word in value.split() if word.startswith("LIVEDECK_"))


@pytest.mark.parametrize("manifest", manifests(), ids=lambda each: each["kind"])
def test_kubernetes_takes_each_manifest(manifest: Any) -> None:
    kubernetes_validate.validate(manifest, "1.33", strict=True)


def test_what_manifests_select_is_there() -> None:
    by_kind = {each["kind"]: each for each in manifests()}
    labels = by_kind["StatefulSet"]["spec"]["template"]["metadata"]["labels"]
    for selector in (
        by_kind["Service"]["spec"]["selector"],
        by_kind["StatefulSet"]["spec"]["selector"]["matchLabels"],
        by_kind["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    assert by_kind["StatefulSet"]["spec"]["serviceName"] == by_kind["Service"]["metadata"]["name"]


def test_compose_takes_the_file() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_compose_names_files_that_are_there() -> None:
    for server in ("one", "two"):
        build = yaml.safe_load(COMPOSE.read_text())["services"][server]["build"]
        assert (COMPOSE.parent / build["context"] / build["dockerfile"]).is_file()
    assert (COMPOSE.parent / "Caddyfile").is_file()


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    checker = shutil.which("systemd-analyze")
    if checker is None:
        pytest.skip("this system has no systemd, whose own checker it is")
    command = Path(sys.executable).with_name("livedeck")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/livedeck/bin/livedeck", str(command)))
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    checked = subprocess.run(
        [checker, "verify", "--man=no", unit], capture_output=True, text=True, check=False, env=environment
    )
    assert not [line for line in checked.stderr.splitlines() if UNIT.name in line], checked.stderr


@pytest.mark.parametrize(
    "path", [COMPOSE, MANIFESTS, UNIT, DEPLOY / "docker" / "Dockerfile"], ids=lambda path: path.name
)
def test_settings_are_those_that_the_server_has(path: Path) -> None:
    text = path.read_text()
    found = list(settings_in(list(yaml.safe_load_all(text)) if path.suffix == ".yaml" else text))
    known = {option.envvar for option in serve.params}
    assert found
    assert set(found) <= known
