"""`livedeck doctor`: looks at a deployment from where it is run, and says what is wrong and what to do.

A module for each part that is looked at: `machine`, `store`, `database`, `server`. Each yields findings, and leaves
nothing behind.
"""
