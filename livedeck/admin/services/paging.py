"""What list requests have in common."""

from typing import Protocol

from flyteidl.admin.common_pb2 import Sort
from google.protobuf.message import Message

from livedeck.admin.db.list_queries import Page


class _Listed(Protocol):
    """A request for a list."""

    limit: int
    token: str

    @property
    def sort_by(self) -> Sort: ...


def page_of(request: _Listed) -> Page:
    """Return which page a list request asks for."""
    assert isinstance(request, Message)
    filters = getattr(request, "filters", "")  # lists of active launch plans have none
    return Page(request.limit, request.token, filters, request.sort_by)
