"""A prepared image on its way from one container engine to another."""

import hashlib

from repro.model.base import Frozen
from repro.model.record import NodeLock


class SavedImage(Frozen):
    """What an image is, beside its layers, which are files of their own.

    ``layers`` are the SHA-256 sums (hexadecimal) of the layers' tars, the lowest first: what the
    OCI image specification calls ``rootfs.diff_ids``.  Nothing else of an image is taken along,
    so that none can bring names, labels or commands that nobody looked at.
    """

    title: str
    architecture: str
    layers: tuple[str, ...]
    env: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    folder: str = "/"
    user: str = ""
    lock: NodeLock | None = None

    @property
    def key(self) -> str:
        """What it is kept under elsewhere: the SHA-256 of itself.

        Never the key of a preparation: an image that somebody sent is not found in place of one
        that was made here.
        """
        return hashlib.sha256(f"saved image\n{self.model_dump_json()}".encode()).hexdigest()
