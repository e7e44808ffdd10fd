"""What who operates a server looks at: whether it is ready, and its numbers for Prometheus."""
