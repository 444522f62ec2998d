"""What carries nodes.  One folder or file a provider, one SDK each; none imports another."""
