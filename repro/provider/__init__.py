"""What carries nodes.  One folder or file a provider, one SDK each; none imports another."""

#: What each backend can do beyond the ordinary, known without asking it.
POWERS: dict[str, frozenset[str]] = {"docker": frozenset({"console"})}
