"""Decks: documents, ops, segments, snapshots, the publisher and the reader."""
