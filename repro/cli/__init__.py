"""The command line: parses, prints, maps an error to its exit status, nothing else.

Nothing heavy is imported at the top of these files, so that ``repro --help`` is quick.
"""
