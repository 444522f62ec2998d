"""The steps, carried out.  One file a kind of step; ``steps.py`` holds their order."""
