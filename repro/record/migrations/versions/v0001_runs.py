"""The runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table of runs."""
    op.create_table(
        "runs",
        sa.Column("run", sa.String(200), primary_key=True),
        sa.Column("case_id", sa.String(100), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("os", sa.String(100), nullable=False),
        sa.Column("version", sa.String(200)),
        sa.Column("topology", sa.String(100), nullable=False),
        sa.Column("backend", sa.String(20), nullable=False),
        sa.Column("verdict", sa.String(30), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("started", sa.String(40), nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("version_seen", sa.Text),
        sa.Column("interrupted", sa.Boolean, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
    )
    op.create_index("runs_by_time", "runs", ["started"])
    op.create_index("runs_by_case", "runs", ["case_id", "started"])
