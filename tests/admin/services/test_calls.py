"""Every call over gRPC."""

import grpc
import grpc.aio
import pytest

from livedeck.admin.services.calls import Service


async def test_bytes_that_are_no_message_are_an_invalid_argument(
    services: list[Service], channel: grpc.aio.Channel, caplog: pytest.LogCaptureFixture
) -> None:
    for service in services:
        for method in service.descriptor.methods:
            call = channel.unary_unary(f"/{service.descriptor.full_name}/{method.name}")  # type: ignore[call-arg]
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await call(b"\xff\xff\xff")
            assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT, method.name
            assert f"these 3 bytes are not a {method.input_type.full_name}" in raised.value.details()  # type: ignore[operator]
    assert [record for record in caplog.records if record.name.startswith("livedeck")] == []
