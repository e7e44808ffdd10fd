"""The schema of KubeRay's RayCluster, as far as recipes use it: no package registry has the published one.

Its fields and their types are those of KubeRay's API `ray.io/v1`. What is not named here is refused. The templates of
pods in it are Kubernetes's own, and checked as such.
"""

from collections.abc import Iterator
from typing import Any, Final

_NUMBER: Final = {"type": "integer", "minimum": 0}
_PARAMETERS: Final = {"type": "object", "additionalProperties": {"type": "string"}}
_TEMPLATE: Final = {
    "type": "object",
    "properties": {"metadata": {"type": "object"}, "spec": {"type": "object"}},
    "required": ["spec"],
    "additionalProperties": False,
}


def _record(required: dict[str, Any], optional: dict[str, Any]) -> dict[str, Any]:
    properties = {**required, **optional}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


SCHEMA: Final = _record(
    {
        "apiVersion": {"const": "ray.io/v1"},
        "kind": {"const": "RayCluster"},
        "metadata": _record({"name": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,49}$"}}, {}),
        "spec": _record(
            {"headGroupSpec": _record({"rayStartParams": _PARAMETERS, "template": _TEMPLATE}, {})},
            {
                "rayVersion": {"type": "string"},
                "workerGroupSpecs": {
                    "type": "array",
                    "items": _record(
                        {
                            "groupName": {"type": "string"},
                            "minReplicas": _NUMBER,
                            "maxReplicas": _NUMBER,
                            "rayStartParams": _PARAMETERS,
                            "template": _TEMPLATE,
                        },
                        {"replicas": _NUMBER},
                    ),
                },
            },
        ),
    },
    {},
)


def pods(cluster: Any) -> Iterator[dict[str, Any]]:
    """Yield a pod for each template in a RayCluster."""
    spec = cluster["spec"]
    for number, group in enumerate((spec["headGroupSpec"], *spec["workerGroupSpecs"])):
        template = group["template"]
        metadata = {"name": f"pod-{number}", **template.get("metadata", {})}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
