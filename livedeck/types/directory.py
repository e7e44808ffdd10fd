"""``FlyteDirectory``, and one with a format for each kind of folder that flytekit names."""

from livedeck.sdk.types.files import Directory, with_format

__path__: list[str] = []
"""flytekit has modules below this one; `livedeck.sdk.flytekit_modules` finds them."""

FlyteDirectory = Directory

TensorboardLogs = with_format(Directory, "tensorboard")
TFRecordsDirectory = with_format(Directory, "tfrecords_dir")

__all__ = ["FlyteDirectory", "TFRecordsDirectory", "TensorboardLogs"]
