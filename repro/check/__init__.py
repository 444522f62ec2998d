"""Conditions → true or false, and why; and what must be asked of the nodes to tell."""
