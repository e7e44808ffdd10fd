"""The control plane: gRPC, REST, live streams, database, signed links."""
