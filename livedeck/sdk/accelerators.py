"""Kinds of GPU, under flytekit's names of them, and what else a task may take of a cluster's nodes."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livedeck.errors import UnsupportedOption, UserError


@dataclass(frozen=True)
class GPUAccelerator:
    """A kind of GPU: ``@task(accelerator=GPUAccelerator("nvidia-tesla-t4"))``.

    Args:
        device: Flyte's name of it.
    """

    device: str


K80 = GPUAccelerator("nvidia-tesla-k80")
M60 = GPUAccelerator("nvidia-tesla-m60")
P4 = GPUAccelerator("nvidia-tesla-p4")
P100 = GPUAccelerator("nvidia-tesla-p100")
V100 = GPUAccelerator("nvidia-tesla-v100")
T4 = GPUAccelerator("nvidia-tesla-t4")
A10 = GPUAccelerator("nvidia-a10")
A10G = GPUAccelerator("nvidia-a10g")
A100 = GPUAccelerator("nvidia-tesla-a100")
A100_80GB = GPUAccelerator("nvidia-a100-80gb")
L4 = GPUAccelerator("nvidia-l4")
L4_VWS = GPUAccelerator("nvidia-l4-vws")
L40 = GPUAccelerator("nvidia-l40")
H100 = GPUAccelerator("nvidia-h100")

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_OPTIONS = {"CPU": "cpu", "GPU": "gpu", "memory": "mem", "object_store_memory": "mem"}
"""What is no resource of an operator's, by what is asked for instead."""


def read_accelerator(value: Any) -> str:
    """Return Flyte's name of a kind of GPU, which may be one of flytekit's objects; empty: none is given.

    Raises:
        UserError: it is no kind of GPU.
        UnsupportedOption: a part of a GPU is asked for.
    """
    if value is None:
        return ""
    if hasattr(value, "to_flyte_idl"):  # flytekit's
        asked = value.to_flyte_idl()
        if asked.partition_size:
            raise UnsupportedOption(
                f"accelerator={value!r} cannot be honoured: there are no parts of GPUs: give the kind alone"
            )
        value = asked.device
    device = value.device if isinstance(value, GPUAccelerator) else value
    if not isinstance(device, str) or not _NAME.fullmatch(device):
        raise UserError(f"accelerator={value!r} is no kind of GPU: give its name, such as 'nvidia-tesla-t4'")
    return device


def read_custom_resources(value: Any) -> Mapping[str, float]:
    """Return amounts of resources by their names.

    Raises:
        UserError: they are none.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UserError(f'custom_resources={value!r}: give amounts by names, such as {{"license": 1}}')
    for name, amount in value.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise UserError(f"custom_resources={value!r}: {name!r} is no name of a resource")
        if name in _OPTIONS:
            raise UserError(f"custom_resources={value!r}: give {name} as requests=Resources({_OPTIONS[name]}=...)")
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 < amount < math.inf:
            raise UserError(f"custom_resources={value!r}: {amount!r} is no amount of {name!r}: give a number above 0")
    return {name: float(amount) for name, amount in value.items()}
