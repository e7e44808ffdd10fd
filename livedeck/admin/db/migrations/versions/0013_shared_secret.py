"""A secret of the database's own: servers that share it take each other's links for valid."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("identity", sa.Column("secret", sa.LargeBinary, nullable=False, server_default=""))
    table = sa.table("identity", sa.column("secret", sa.LargeBinary))
    op.execute(sa.update(table).values(secret=secrets.token_bytes(32)))
