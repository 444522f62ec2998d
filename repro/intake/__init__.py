"""What comes from outside, made a draft case: tickets."""

from repro.intake.draft import Draft, Shelf, draft

__all__ = ["Draft", "Shelf", "draft"]
