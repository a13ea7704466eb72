"""Files that are made when they are uploaded: a recipe by name, the event it tells of, and a seed."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from simulate.errors import SimulateError
from simulate.trigger import Trigger

#: Recipe -> the module (loaded when first needed: astropy and matplotlib are slow) and the function that makes the bytes.
RECIPES: dict[str, tuple[str, str]] = {
    "coinc": ("simulate.ligolw", "coinc"),
    "psd": ("simulate.ligolw", "psd"),
    "ranking": ("simulate.ligolw", "ranking"),
    "segments": ("simulate.ligolw", "segments"),
    "glitches": ("simulate.ligolw", "glitches"),
    "skymap": ("simulate.skymaps", "flat"),
    "multiorder": ("simulate.skymaps", "multiorder"),
    "skymap png": ("simulate.pictures", "skymap"),
    "curve png": ("simulate.pictures", "curve"),
    "cwb": ("simulate.triggers", "cwb"),
    "olib": ("simulate.triggers", "olib"),
    "mly": ("simulate.triggers", "mly"),
    "aframe": ("simulate.triggers", "aframe"),
    "voevent": ("simulate.triggers", "voevent"),
    "event log": ("simulate.documents", "event_log"),
    "p_astro": ("simulate.documents", "p_astro"),
    "em_bright": ("simulate.documents", "em_bright"),
    "posterior": ("simulate.documents", "posterior"),
    "skyviewer": ("simulate.documents", "skyviewer"),
    "idq json": ("simulate.documents", "idq"),
    "dqr": ("simulate.documents", "dqr"),
    "frame": ("simulate.frames", "frame"),
}


@dataclass(frozen=True)
class File:
    """A file named `name`, made by `recipe` of `trigger` (which is its first argument) with `args` and `seed`.

    Equal files have equal bytes. The recipe `bytes` takes its contents from `args`, in base64.
    """

    name: str
    recipe: str
    trigger: Trigger | None = None
    args: tuple[Any, ...] = ()
    seed: int = 0

    def content(self) -> bytes:
        """The bytes of the file. SimulateError if there is no such recipe."""
        return _content(self.recipe, self.trigger, self.args, self.seed)


def given(name: str, content: bytes) -> File:
    """A file whose contents are known already."""
    return File(name, "bytes", args=(base64.b64encode(content).decode(),))


@lru_cache(maxsize=128)
def _content(recipe: str, trigger: Trigger | None, args: tuple[Any, ...], seed: int) -> bytes:
    if recipe == "bytes":
        return base64.b64decode(args[0])
    if recipe not in RECIPES:
        raise SimulateError(f"there is no recipe {recipe!r} for files: use {', '.join(RECIPES)}")
    import numpy

    module, function = RECIPES[recipe]
    make: Callable[..., bytes] = getattr(import_module(module), function)
    return make(trigger, numpy.random.default_rng(seed), *args)
