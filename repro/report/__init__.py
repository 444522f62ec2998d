"""A record, a plan or the history as text for people and for programs."""
