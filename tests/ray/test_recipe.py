"""The recipe with KubeRay against Ray itself."""

from pathlib import Path
from typing import Any

import yaml

RECIPE = Path(__file__).parents[2] / "deploy" / "kubernetes" / "kuberay.yaml"


def test_ray_start_knows_the_options_of_the_recipe() -> None:
    from ray.scripts.scripts import start

    by_kind: dict[str, Any] = {each["kind"]: each for each in yaml.safe_load_all(RECIPE.read_text())}
    cluster = by_kind["RayCluster"]["spec"]
    given = [
        key for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]) for key in group["rayStartParams"]
    ]
    _, node = by_kind["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert node["command"] == ["ray", "start"]
    given += [option.removeprefix("--").partition("=")[0] for option in node["args"]]
    known = {name.removeprefix("--") for option in start.params for name in option.opts}
    assert given
    assert set(given) <= known
