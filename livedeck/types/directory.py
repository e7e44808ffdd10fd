"""``FlyteDirectory``, and one with a format for each kind of folder that flytekit names."""

from livedeck.sdk.types.files import Directory, with_format

FlyteDirectory = Directory

TensorboardLogs = with_format(Directory, "tensorboard")
TFRecordsDirectory = with_format(Directory, "tfrecords_dir")

__all__ = ["FlyteDirectory", "TFRecordsDirectory", "TensorboardLogs"]
