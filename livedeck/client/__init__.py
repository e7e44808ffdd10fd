"""The control plane as a client sees it. Importing this loads neither grpc nor protobuf; making a ``Client`` does."""

from livedeck.client.client import Client
from livedeck.client.endpoint import Endpoint
from livedeck.client.executions import Data
from livedeck.client.follow import (
    CaughtUp,
    Change,
    ExecutionChanged,
    NodeChanged,
    QueueChanged,
    Queued,
    TaskChanged,
    has_ended,
)
from livedeck.client.sse import ServerEvent, SseParser

__all__ = [
    "CaughtUp",
    "Change",
    "Client",
    "Data",
    "Endpoint",
    "ExecutionChanged",
    "NodeChanged",
    "QueueChanged",
    "Queued",
    "ServerEvent",
    "SseParser",
    "TaskChanged",
    "has_ended",
]
