"""repro: turns a customer case into an environment, a replay and a verdict with evidence."""

__version__ = "0.1.0"
