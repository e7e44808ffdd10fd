"""Types: how Python values are checked, and carried between tasks in Flyte's form.

One handler per type family, each in a module of its own; ``registry`` finds them, ``convert`` calls them.
Importing this package loads neither protobuf nor any library whose types it knows.
"""

from livedeck.sdk.types.convert import (
    accept,
    describe,
    from_json,
    from_literal,
    literal_type,
    require,
    to_json,
    to_literal,
)
from livedeck.sdk.types.dataplane import DataPlane
from livedeck.sdk.types.files import Directory, File
from livedeck.sdk.types.handler import Handler, PickleWarning
from livedeck.sdk.types.mismatches import Location, type_name
from livedeck.sdk.types.registry import register

__all__ = [
    "DataPlane",
    "Directory",
    "File",
    "Handler",
    "Location",
    "PickleWarning",
    "accept",
    "describe",
    "from_json",
    "from_literal",
    "literal_type",
    "register",
    "require",
    "to_json",
    "to_literal",
    "type_name",
]
