"""What must not leave: known secrets while a record is written, all others before it goes out."""

from repro.redact.outgoing import Outgoing

__all__ = ["Outgoing"]
