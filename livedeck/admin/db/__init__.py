"""The control plane's database; the only user of SQLAlchemy."""
