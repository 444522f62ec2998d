from __future__ import annotations

from repro.errors import ImageGoneError
from repro.model.plan import Preparation
from repro.ports import Image
from repro.prepare.preparer import Preparer, _Maker
from repro.prepare.recipe import FindPlaybook, Layer
from repro.provider.memory import MemoryProvider
from repro.settings import Settings
from tests.engines import quiet


class Maker(_Maker):
    """Makes layers by name; the one that the product stands on is removed by somebody once."""

    def __init__(self, base: Image) -> None:
        self.base, self.say, self.made = base, quiet, list[str]()

    def make(self, layer: Layer, start: Image) -> Image:
        self.made.append(layer.key)
        if self.made == ["python", "product"]:
            raise ImageGoneError("the image was removed")
        return Image(layer.key, "sha256:1", start.architecture, "prepared")


def test_an_image_that_was_removed_while_it_was_built_upon_is_made_again(
    settings: Settings, find: FindPlaybook, redis: Preparation, base: Image
) -> None:
    maker = Maker(base)
    layers = tuple(Layer(redis, key, ()) for key in ("python", "product"))
    image, hit = Preparer(MemoryProvider(), settings, find)._make(layers, maker)
    assert (image.reference, hit) == ("product", False)
    assert maker.made == ["python", "product", "python", "product"]
