"""Tasks and workflows called as plain functions: how they run in this process, and what is kept of that."""
