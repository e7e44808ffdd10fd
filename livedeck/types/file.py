"""``FlyteFile``, and one with a format for each kind of file that flytekit names."""

from livedeck.sdk.types.files import File, FileExt, with_format

__path__: list[str] = []
"""flytekit has modules below this one; `livedeck.sdk.flytekit_modules` finds them."""

FlyteFile = File

HDF5EncodedFile = with_format(File, "hdf5")
HTMLPage = with_format(File, "html")
JoblibSerializedFile = with_format(File, "joblib")
JPEGImageFile = with_format(File, "jpeg")
PDFFile = with_format(File, "pdf")
PNGImageFile = with_format(File, "png")
PythonPickledFile = with_format(File, "python_pickle")
PythonNotebook = with_format(File, "ipynb")
SVGImageFile = with_format(File, "svg")
CSVFile = with_format(File, "csv")
ONNXFile = with_format(File, "onnx")
TFRecordFile = with_format(File, "tfrecord")
JSONLFile = with_format(File, "jsonl")

__all__ = [
    "CSVFile",
    "FileExt",
    "FlyteFile",
    "HDF5EncodedFile",
    "HTMLPage",
    "JPEGImageFile",
    "JSONLFile",
    "JoblibSerializedFile",
    "ONNXFile",
    "PDFFile",
    "PNGImageFile",
    "PythonNotebook",
    "PythonPickledFile",
    "SVGImageFile",
    "TFRecordFile",
]
