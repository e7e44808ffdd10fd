"""Fakes and fixtures for those who test against livedeck."""
