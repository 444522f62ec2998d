"""The runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table of runs."""
    op.create_table(
        "runs",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("os", sa.Text, nullable=False),
        sa.Column("version", sa.Text),
        sa.Column("topology", sa.Text, nullable=False),
        sa.Column("backend", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("started", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("version_seen", sa.Text),
        sa.Column("interrupted", sa.Boolean, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
    )
    op.create_index("runs_by_time", "runs", ["started"])
    op.create_index("runs_by_case", "runs", ["case_id", "started"])
