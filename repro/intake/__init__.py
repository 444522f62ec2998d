"""From what a customer sent to a draft case."""
