"""The calls of Flyte's services: thin servicers over modules that hold the rules."""
