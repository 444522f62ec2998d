"""A run with all that running it elsewhere takes, in one file."""
