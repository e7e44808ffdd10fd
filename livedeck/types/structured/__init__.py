"""``StructuredDataset``, and what encoders and decoders of one's own derive from."""

from livedeck.sdk.types.codecs import (
    StructuredDatasetDecoder,
    StructuredDatasetEncoder,
    StructuredDatasetTransformerEngine,
)
from livedeck.sdk.types.datasets import StructuredDataset

__all__ = [
    "StructuredDataset",
    "StructuredDatasetDecoder",
    "StructuredDatasetEncoder",
    "StructuredDatasetTransformerEngine",
]
