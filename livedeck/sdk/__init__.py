"""What a workflow's author writes with: tasks, workflows, types, context."""
