"""Where cells run: this machine, or a Dask cluster."""
