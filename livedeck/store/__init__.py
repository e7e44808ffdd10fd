"""The object store: local disk, S3, GCS, Azure or memory, behind one small interface."""

from livedeck.store.backend import Backend, Meta, SignedUrl
from livedeck.store.retry import Retry
from livedeck.store.store import Store, open_store
from livedeck.store.uris import join_uri, split_uri

__all__ = ["Backend", "Meta", "Retry", "SignedUrl", "Store", "join_uri", "open_store", "split_uri"]
