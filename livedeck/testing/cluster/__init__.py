"""A whole deployment on one machine: PostgreSQL, an S3 server, a Ray cluster, several servers, a proxy.

Each part is a process that can be killed, suspended and started again, and none outlives the ``supervisor``.
"""
