"""What a process tells of itself: counts and times (`metrics`), and the fields of its log lines (`log_fields`).

Every part may report here; what is made of it (a page for Prometheus, lines of JSON) is the business of others.
"""
