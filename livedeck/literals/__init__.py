"""What the engine and the SDK do alike with literals, whatever Python types they are of.

Nothing is imported here: each module loads protobuf.
"""
