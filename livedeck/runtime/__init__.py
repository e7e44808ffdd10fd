"""What runs inside one attempt of one task."""
