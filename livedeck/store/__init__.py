"""The object store: local disk, S3, GCS, Azure or memory, behind one small interface."""
