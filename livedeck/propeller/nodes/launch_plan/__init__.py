"""The kind of nodes that start a child execution of a launch plan.

``handler`` has the rules, ``shell`` creates the child and waits for it, ``messages`` are what they tell each other.
"""

from livedeck.propeller.nodes.launch_plan.handler import LaunchPlanHandler

__all__ = ["LaunchPlanHandler"]
