"""Encoders and decoders of frames of one's own types, under flytekit's names."""

import abc
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from livedeck.errors import UnknownEntity, UserError
from livedeck.sdk.types.datasets import StructuredDataset
from livedeck.sdk.types.registry import forget_handlers

if TYPE_CHECKING:
    from livedeck.sdk.types import wire
    from livedeck.sdk.types.file_access import FlyteContext

T = TypeVar("T")


class _Codec:
    """Writes or reads frames of one type, in one format.

    Args:
        python_type: the frames' type.
        protocol: the scheme of the URIs that it is for (``"s3"``); None: any.
        supported_format: the format; empty: any.
        additional_protocols: more schemes, beside ``protocol``; without an effect if that is None.
    """

    def __init__(
        self,
        python_type: Any,
        protocol: str | None = None,
        supported_format: str | None = None,
        additional_protocols: list[str] | None = None,
    ) -> None:
        protocols = [protocol, *(additional_protocols or ())] if protocol else []
        self.python_type = python_type
        self.protocol = protocol.replace("://", "") if protocol else None
        self.protocols = frozenset(each.replace("://", "") for each in protocols if each)
        self.supported_format = supported_format or ""


class StructuredDatasetEncoder(_Codec, abc.ABC, Generic[T]):
    """Writes frames of one type. Derive from it, and register an object of the class."""

    @abc.abstractmethod
    def encode(
        self,
        ctx: "FlyteContext",
        structured_dataset: StructuredDataset,
        structured_dataset_type: "wire.types.StructuredDatasetType",
    ) -> "wire.literals.StructuredDataset":
        """Write ``structured_dataset.dataframe`` and return where it is.

        Args:
            ctx: ``ctx.file_access`` is the store.
            structured_dataset: the frame, and the URI to write it to if there is one.
            structured_dataset_type: what the task declares.
        """


class StructuredDatasetDecoder(_Codec, abc.ABC, Generic[T]):
    """Reads frames of one type. Derive from it, and register an object of the class."""

    @abc.abstractmethod
    def decode(
        self,
        ctx: "FlyteContext",
        flyte_value: "wire.literals.StructuredDataset",
        current_task_metadata: "wire.literals.StructuredDatasetMetadata",
    ) -> Any:
        """Return the frame, or a generator of pieces of it.

        Args:
            ctx: ``ctx.file_access`` is the store.
            flyte_value: where it is.
            current_task_metadata: what the task that reads it declares.
        """


class StructuredDatasetTransformerEngine:
    """The encoders and decoders that are registered."""

    DEFAULT_FORMATS: ClassVar[dict[Any, str]] = {}
    """The format in which frames of a type are written where none is declared."""
    _encoders: ClassVar[list[StructuredDatasetEncoder[Any]]] = []
    _decoders: ClassVar[list[StructuredDatasetDecoder[Any]]] = []

    @classmethod
    def register(
        cls,
        h: "StructuredDatasetEncoder[Any] | StructuredDatasetDecoder[Any]",
        default_for_type: bool = False,
        override: bool = False,
        default_format_for_type: bool = False,
        default_storage_for_type: bool = False,
    ) -> None:
        """Register an encoder or decoder; from now on its type can be declared by tasks.

        Args:
            h: it.
            default_for_type: whether its format is the type's where none is declared.
            override: whether it may replace one that was registered before.
            default_format_for_type: the same as ``default_for_type``.
            default_storage_for_type: flytekit's choice of where frames go; here that is where all outputs go.

        Raises:
            UserError: it is no such thing, or there is one already.
        """
        if isinstance(h, StructuredDatasetEncoder):
            cls._encoders[:] = _with(cls._encoders, h, override=override)
        elif isinstance(h, StructuredDatasetDecoder):
            cls._decoders[:] = _with(cls._decoders, h, override=override)
        else:
            raise UserError(f"{h!r} is neither a StructuredDatasetEncoder nor a StructuredDatasetDecoder")
        if h.supported_format and (default_for_type or default_format_for_type):
            cls.DEFAULT_FORMATS[h.python_type] = h.supported_format
        forget_handlers()

    @classmethod
    def knows(cls, python_type: Any) -> bool:
        """Return whether an encoder or decoder of a type is registered.

        Args:
            python_type: the frames' type.
        """
        return any(each.python_type is python_type for each in (*cls._encoders, *cls._decoders))

    @classmethod
    def get_encoder(cls, df_type: Any, protocol: str, format: str) -> "StructuredDatasetEncoder[Any]":
        """Return the encoder for a type, a scheme and a format.

        Args:
            df_type: the frames' type.
            protocol: the scheme of the URI to write to, without ``://``.
            format: the format; empty: the type's own if one was registered, else any.

        Raises:
            UnknownEntity: there is none.
        """
        return _found(cls._encoders, df_type, protocol, format or cls.DEFAULT_FORMATS.get(df_type, ""), "encoder")

    @classmethod
    def get_decoder(cls, df_type: Any, protocol: str, format: str) -> "StructuredDatasetDecoder[Any]":
        """Return the decoder for a type, a scheme and a format.

        Args:
            df_type: the frames' type.
            protocol: the scheme of the URI to read from, without ``://``.
            format: the format; empty: any.

        Raises:
            UnknownEntity: there is none.
        """
        return _found(cls._decoders, df_type, protocol, format, "decoder")

    @classmethod
    def encodes(cls, df_type: Any, format: str) -> bool:
        """Return whether an encoder of a type and just this format is registered.

        Args:
            df_type: the frames' type.
            format: the format; one that is registered for any is not meant.
        """
        return any(each.python_type is df_type and each.supported_format == format for each in cls._encoders)

    @classmethod
    def decodes(cls, df_type: Any, format: str) -> bool:
        """Return whether a decoder of a type and just this format is registered.

        Args:
            df_type: the frames' type.
            format: the format; one that is registered for any is not meant.
        """
        return any(each.python_type is df_type and each.supported_format == format for each in cls._decoders)


C = TypeVar("C", bound=_Codec)


def _with(codecs: list[C], new: C, *, override: bool) -> list[C]:
    key = (new.python_type, new.protocol, new.supported_format)
    others = [each for each in codecs if (each.python_type, each.protocol, each.supported_format) != key]
    if len(others) < len(codecs) and not override:
        if new.protocol is None:  # as in flytekit, where the first of all protocols stays
            return codecs
        raise UserError(f"there is a codec for {key} already: give override=True to replace it")
    return [*others, new]


def _found(codecs: list[C], python_type: Any, protocol: str, format: str, what: str) -> C:
    """Return the codec that fits best: one of this very scheme and format first, then one for any."""
    fitting = [
        each
        for each in codecs
        if each.python_type is python_type
        and (not each.protocols or protocol in each.protocols)
        and (not format or each.supported_format in ("", format))
    ]
    fitting.sort(key=lambda each: (each.supported_format != format, not each.protocols))
    if not fitting:
        raise UnknownEntity(
            f"there is no {what} of {python_type!r} for {protocol}:// and the format {format!r}: register one with "
            "StructuredDatasetTransformerEngine.register"
        )
    return fitting[0]
