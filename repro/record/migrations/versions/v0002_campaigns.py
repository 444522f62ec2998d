"""Which campaign a run belongs to, and with which workaround it was made."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add two columns to the runs; those from before belong to no campaign."""
    op.add_column("runs", sa.Column("workaround", sa.Text))
    op.add_column("runs", sa.Column("campaign", sa.Text, nullable=False, server_default=""))
    op.create_index("runs_by_campaign", "runs", ["campaign"])
