"""Tensors and modules of torch, as the files that ``torch.save`` writes; under flytekit's names of their formats."""

import dataclasses
import io
import sys
from typing import TYPE_CHECKING, Any

from livedeck.errors import UserError
from livedeck.sdk.types.blobs import SavedHandler
from livedeck.sdk.types.handler import Handler, Resolve

if TYPE_CHECKING:
    from livedeck.sdk.types.dataplane import DataPlane


@dataclasses.dataclass
class PyTorchCheckpoint:
    """What is needed to go on training; a task that is given one gets a dict of it.

    As with flytekit the dict has ``module_state_dict``, ``optimizer_state_dict``, and each hyperparameter by its name.

    Args:
        module: the module, of which the state is kept.
        hyperparameters: a dict, dataclass or NamedTuple.
        optimizer: the optimizer, of which the state is kept.

    Raises:
        UserError: there is nothing in it, or the hyperparameters are of another type.
    """

    module: Any = None
    hyperparameters: Any = None
    optimizer: Any = None

    def __post_init__(self) -> None:
        if self.module is None and self.hyperparameters is None and self.optimizer is None:
            raise UserError("PyTorchCheckpoint(): give a module, hyperparameters or an optimizer")
        self.named_hyperparameters()

    def named_hyperparameters(self) -> dict[str, Any]:
        """Return the hyperparameters by their names.

        Raises:
            UserError: they have none.
        """
        given = self.hyperparameters
        if given is None or isinstance(given, dict):
            return dict(given or {})
        if isinstance(given, tuple) and hasattr(given, "_asdict"):
            return dict(given._asdict())
        if dataclasses.is_dataclass(given) and not isinstance(given, type):
            return dataclasses.asdict(given)
        raise UserError(f"PyTorchCheckpoint(hyperparameters={given!r}): give a dict, a dataclass or a NamedTuple")

    def state(self) -> dict[str, Any]:
        """Return what is saved."""
        parts = {"module": self.module, "optimizer": self.optimizer}
        states = {f"{name}_state_dict": part.state_dict() for name, part in parts.items() if part is not None}
        return {**states, **self.named_hyperparameters()}


class TorchHandler(SavedHandler):
    """What ``torch.save`` writes into one file.

    Args:
        python_type: the type, as it was declared.
        base: what values have to be instances of.
        name: flytekit's name of its transformer.
    """

    tag = "PyTorch Tensor"

    def __init__(self, python_type: Any, base: type, name: str) -> None:
        super().__init__(python_type)
        self._base = base
        self._format = name.replace(" ", "")
        self.tag = name  # type: ignore[misc] # one class for three types

    def accept(self, value: Any) -> Any:
        if self._base is PyTorchCheckpoint and isinstance(value, dict):
            return value  # what a task is given
        if not isinstance(value, self._base):
            raise self.mismatch(value, "use torch.as_tensor(...)" if isinstance(value, list | float) else "")
        return value

    def _upload(self, value: Any, data: "DataPlane") -> str:
        import torch

        content = io.BytesIO()
        torch.save(value.state() if isinstance(value, PyTorchCheckpoint) else value, content)
        return data.put_bytes(content.getvalue(), "saved.pt")

    def _load(self, uri: str, data: "DataPlane") -> Any:
        import torch

        place = "cuda:0" if torch.cuda.is_available() else "cpu"
        path = data.fetch_file(uri)
        try:
            # A module is code that is unpickled, as any pickle that one task gives to another.
            loaded = torch.load(path, map_location=place, weights_only=self._format == "PyTorchTensor")
        except (RuntimeError, ValueError, EOFError) as error:
            raise self.mismatch(uri, f"it is no file of torch.save: {error}") from error
        finally:
            path.unlink(missing_ok=True)
        return self.accept(loaded)

    def from_json(self, obj: Any) -> Any:
        import torch

        if self._format != "PyTorchTensor" or not isinstance(obj, list | int | float):
            raise self.mismatch(obj, "write a list of numbers, or of lists" if self._format == "PyTorchTensor" else "")
        try:
            return torch.as_tensor(obj)
        except (ValueError, TypeError, RuntimeError) as error:
            raise self.mismatch(obj, str(error)) from None

    def to_json(self, value: Any) -> Any:
        return self.accept(value).tolist() if self._format == "PyTorchTensor" else repr(value)

    def schema(self) -> dict[str, Any]:
        path = {"type": "string"}
        return {"type": "object", "properties": {"path": path}, "additionalProperties": False}

    def describe(self) -> str:
        return "JSON list of numbers" if self._format == "PyTorchTensor" else super().describe()


def family(python_type: Any, resolve: Resolve) -> Handler | None:
    """Return the handler if ``python_type`` is one of torch's; torch is then loaded already."""
    if python_type is PyTorchCheckpoint:
        return TorchHandler(python_type, PyTorchCheckpoint, "PyTorch Checkpoint")
    torch: Any = sys.modules.get("torch")
    if torch is None or not isinstance(python_type, type) or not hasattr(torch, "nn"):
        return None
    if issubclass(python_type, torch.Tensor):
        return TorchHandler(python_type, python_type, "PyTorch Tensor")
    if issubclass(python_type, torch.nn.Module):
        return TorchHandler(python_type, python_type, "PyTorch Module")
    return None
