"""Many cells: which ones, in what order, when it is enough.  Knows cells, not containers."""
