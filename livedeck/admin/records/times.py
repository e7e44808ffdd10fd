"""Times between protobuf and the database: microseconds since the epoch, UTC."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


def microseconds(timestamp: Timestamp) -> int:
    """Return a timestamp as microseconds since the epoch."""
    return timestamp.seconds * 1_000_000 + timestamp.nanos // 1000


def timestamp(at: int) -> Timestamp:
    """Return microseconds since the epoch as a timestamp."""
    seconds, rest = divmod(at, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def duration(length: int) -> Duration:
    """Return microseconds as a duration."""
    seconds, rest = divmod(length, 1_000_000)
    return Duration(seconds=seconds, nanos=rest * 1000)


def occurred(given: Timestamp, now: int) -> int:
    """Return when an event happened: what it says, or ``now`` when it says nothing."""
    return microseconds(given) or now


def span(closure_started: Timestamp, ended: int) -> int:
    """Return the microseconds from a start to an end; 0 for what never started or for clocks that disagree."""
    started = microseconds(closure_started)
    return max(0, ended - started) if started else 0
