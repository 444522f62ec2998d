"""The frozen values that everything else passes around.  Imports nothing of ours but itself."""
