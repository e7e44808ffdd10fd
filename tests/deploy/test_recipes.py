"""The recipes under deploy/ against what those who read them publish: schemas, and systemd's own checker."""

import json
import os
import re
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
from livedeck.runtime.code import CODE_CACHE
from tests.deploy import raycluster

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = DEPLOY / "compose" / "compose.yaml"
MANIFESTS = DEPLOY / "kubernetes" / "livedeck.yaml"
KUBERAY = DEPLOY / "kubernetes" / "kuberay.yaml"
RAY_IMAGE = DEPLOY / "docker" / "ray.Dockerfile"
IMAGE = DEPLOY / "docker" / "Dockerfile"
LOCKED = DEPLOY.parent / "requirements" / "ray.txt"
UNIT = DEPLOY / "systemd" / "livedeck.service"


def manifests(path: Path = MANIFESTS) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text()))


def kuberay() -> dict[str, Any]:
    """Return the manifests of the recipe with KubeRay, by their kinds."""
    return {each["kind"]: each for each in manifests(KUBERAY)}


def check_schema(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *arguments], capture_output=True, text=True, check=False
    )


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


@pytest.mark.parametrize(
    "manifest",
    [each for path in (MANIFESTS, KUBERAY) for each in manifests(path) if each["kind"] != "RayCluster"],
    ids=lambda each: each["kind"],
)
def test_kubernetes_takes_each_manifest(manifest: Any) -> None:
    kubernetes_validate.validate(manifest, "1.33", strict=True)


def test_kuberay_takes_the_cluster_and_kubernetes_its_pods(tmp_path: Path) -> None:
    cluster = kuberay()["RayCluster"]
    schema, manifest = tmp_path / "schema.json", tmp_path / "cluster.json"
    schema.write_text(json.dumps(raycluster.SCHEMA))
    manifest.write_text(json.dumps(cluster))
    checked = check_schema("--schemafile", schema, manifest)
    assert checked.returncode == 0, checked.stdout
    for pod in raycluster.pods(cluster):
        kubernetes_validate.validate(pod, "1.33", strict=True)


@pytest.mark.parametrize(("path", "kind"), [(MANIFESTS, "StatefulSet"), (KUBERAY, "Deployment")])
def test_what_manifests_select_is_there(path: Path, kind: str) -> None:
    by_kind = {each["kind"]: each for each in manifests(path)}
    labels = by_kind[kind]["spec"]["template"]["metadata"]["labels"]
    for selector in (
        by_kind["Service"]["spec"]["selector"],
        by_kind[kind]["spec"]["selector"]["matchLabels"],
        by_kind["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    if kind == "StatefulSet":
        assert by_kind[kind]["spec"]["serviceName"] == by_kind["Service"]["metadata"]["name"]


def test_servers_find_the_cluster_that_kuberay_runs_and_attempts_find_the_servers() -> None:
    by_kind = kuberay()
    settings = by_kind["ConfigMap"]["data"]
    assert settings["LIVEDECK_RAY_ADDRESS"] == f"{by_kind['RayCluster']['metadata']['name']}-head-svc:6379"
    service = by_kind["Service"]
    (port,) = service["spec"]["ports"]
    assert settings["LIVEDECK_ATTEMPT_URL"] == f"http://{service['metadata']['name']}:{port['port']}"
    server, node = by_kind["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert {"name": "ray", "mountPath": "/tmp/ray"} in server["volumeMounts"]
    assert {"name": "ray", "mountPath": "/tmp/ray"} in node["volumeMounts"], "its sockets are there"
    (hosts,) = [each["value"] for each in server["env"] if each["name"] == "LIVEDECK_ALLOWED_HOSTS"]
    assert service["metadata"]["name"] in hosts.split()


def test_all_pods_of_a_ray_cluster_have_one_image_with_the_ray_that_is_tested() -> None:
    by_kind = kuberay()
    pods = [*raycluster.pods(by_kind["RayCluster"]), by_kind["Deployment"]["spec"]["template"]]
    images = {container["image"] for pod in pods for container in pod["spec"]["containers"]}
    assert len(images) == 1
    locked = re.search(r"^ray==(\S+)", LOCKED.read_text(), re.MULTILINE)
    assert locked is not None
    assert by_kind["RayCluster"]["spec"]["rayVersion"] == locked[1]
    assert f"ray[default]=={locked[1]}" in RAY_IMAGE.read_text()


def test_compose_takes_the_file() -> None:
    checked = check_schema("--builtin-schema", "vendor.compose-spec", COMPOSE)
    assert checked.returncode == 0, checked.stdout


def test_compose_names_files_that_are_there() -> None:
    for server in ("one", "two"):
        build = yaml.safe_load(COMPOSE.read_text())["services"][server]["build"]
        assert (COMPOSE.parent / build["context"] / build["dockerfile"]).is_file()
    assert (COMPOSE.parent / "Caddyfile").is_file()


def test_volumes_of_compose_are_folders_that_the_image_gives_its_user() -> None:
    made = re.search(r"mkdir -m 700 (.+) && chown livedeck:livedeck \1$", IMAGE.read_text(), re.MULTILINE)
    assert made is not None
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    mounted = {volume.partition(":")[2] for server in ("one", "two") for volume in services[server]["volumes"]}
    assert mounted <= set(made[1].split())


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


@pytest.mark.parametrize("path", [COMPOSE, MANIFESTS, KUBERAY, UNIT, IMAGE], ids=lambda path: path.name)
def test_settings_are_those_that_the_server_has(path: Path) -> None:
    text = path.read_text()
    found = list(settings_in(list(yaml.safe_load_all(text)) if path.suffix == ".yaml" else text))
    known = {option.envvar for option in serve.params} | {CODE_CACHE}
    assert found
    assert set(found) <= known


def test_the_unit_gives_tasks_a_folder_for_their_code_though_its_user_has_no_home() -> None:
    unit = UNIT.read_text()
    (folder,) = re.findall(r"^CacheDirectory=(\S+)$", unit, re.MULTILINE)
    assert f"{CODE_CACHE}=/var/cache/{folder}/" in unit
