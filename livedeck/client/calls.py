"""Calls to the control plane over gRPC: deadlines, trying again, and livedeck's own errors.

Loaded by ``client`` when a client is made, since importing grpc takes longer than all of the SDK.
"""

import time
from collections.abc import Callable
from typing import Any

import grpc
from flyteidl.service.admin_pb2_grpc import AdminServiceStub
from flyteidl.service.dataproxy_pb2_grpc import DataProxyServiceStub
from flyteidl.service.signal_pb2_grpc import SignalServiceStub

from livedeck.client.backoff import Backoff
from livedeck.client.endpoint import Endpoint
from livedeck.client.status_errors import refusal

_LARGEST = 64 * 1024 * 1024
"""Bytes of one message: a compiled workflow, or the outputs of an execution."""

_OPTIONS = [
    ("grpc.max_receive_message_length", _LARGEST),
    ("grpc.max_send_message_length", _LARGEST),
    # A server that was restarted is found again soon: gRPC's own first wait is a second, its longest two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
]


Settle = Callable[[str, int], Any]


class Calls:
    """One channel, and the rule for trying again on it.

    Only ``UNAVAILABLE`` is tried again, until the timeout has passed; before the first answer only for a moment,
    since then it means that nobody is there.

    Args:
        endpoint: where.
        timeout: seconds for one call, trying again included.
        connect_timeout: seconds of trying again before the first answer.
        backoff: waits between.
    """

    def __init__(self, endpoint: Endpoint, *, timeout: float, connect_timeout: float, backoff: Backoff) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._backoff = backoff
        self._answered = False
        options = [*_OPTIONS, *([("grpc.enable_http_proxy", 0)] if endpoint.local else [])]
        if endpoint.secure:
            self._channel = grpc.secure_channel(endpoint.address, grpc.ssl_channel_credentials(), options)
        else:
            self._channel = grpc.insecure_channel(endpoint.address, options)
        stubs: Any = (AdminServiceStub, DataProxyServiceStub, SignalServiceStub)  # generated without types
        self._stubs = [stub(self._channel) for stub in stubs]

    def close(self) -> None:
        """Close the channel; calls under way end with an error."""
        self._channel.close()

    def call(self, method: str, request: Any, *, settle: Settle | None = None) -> Any:
        """Call a method of AdminService, DataProxyService or SignalService and return its answer.

        Args:
            method: its name, such as ``CreateTask``.
            request: its request message.
            settle: asked about an error, by the name of its code and how many tries went before (whose answers may
                only have been lost); what it returns is the answer, unless that is None.

        Raises:
            RemoteError: the server refused, or could not be reached in time.
        """
        stub = next(getattr(stub, method) for stub in self._stubs if hasattr(stub, method))
        deadline = time.monotonic() + self._timeout
        for tries, wait in enumerate(self._backoff.waits()):
            left = deadline - time.monotonic()
            try:
                answer = stub(request, timeout=max(left, 0.001))
            except grpc.RpcError as error:
                self._answered = self._answered or not _unavailable(error)
                settled = settle(error.code().name, tries) if settle else None
                if settled is not None:
                    return settled
                limit = self._timeout if self._answered else min(self._connect_timeout, self._timeout)
                if not _unavailable(error) or time.monotonic() + wait > deadline - self._timeout + limit:
                    raise refusal(error, method, self._endpoint, self._timeout) from error
            else:
                self._answered = True
                return answer
            time.sleep(wait)
        raise AssertionError  # the waits never end


def _unavailable(error: grpc.RpcError) -> bool:
    return error.code() is grpc.StatusCode.UNAVAILABLE
