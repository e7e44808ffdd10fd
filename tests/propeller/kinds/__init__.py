"""Kinds of nodes that only tests have, a file each: they show that the interface is enough for what is to come."""
