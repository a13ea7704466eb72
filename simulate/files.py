"""Files that are made when they are uploaded: a recipe by name, the event it tells of, and a seed."""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from gracetape.errors import SimulateError
from gracetape.installing import hint
from gracetape.pipelines import pipelines
from gracetape.pipelines.trigger import Trigger

#: Recipe -> the module (loaded when first needed: astropy and matplotlib are slow) and the function that makes the bytes.
#: The pipelines have recipes of their own, for their uploads.
RECIPES: dict[str, tuple[str, str]] = {
    "coinc": (
        "gracetape.pipelines.formats.coinc_writing",
        "coinc",
    ),  # of schedules that were saved when it had no series
    "psd": ("gracetape.simulate.ligolw", "psd"),
    "ranking": ("gracetape.simulate.ligolw", "ranking"),
    "segments": ("gracetape.simulate.ligolw", "segments"),
    "glitches": ("gracetape.simulate.ligolw", "glitches"),
    "skymap": ("gracetape.simulate.skymaps", "flat"),
    "multiorder": ("gracetape.simulate.skymaps", "multiorder"),
    "skymap png": ("gracetape.simulate.pictures", "skymap"),
    "curve png": ("gracetape.simulate.pictures", "curve"),
    "event log": ("gracetape.simulate.documents", "event_log"),
    "p_astro": ("gracetape.simulate.documents", "p_astro"),
    "em_bright": ("gracetape.simulate.documents", "em_bright"),
    "posterior": ("gracetape.simulate.documents", "posterior"),
    "skyviewer": ("gracetape.simulate.documents", "skyviewer"),
    "idq json": ("gracetape.simulate.documents", "idq"),
    "dqr": ("gracetape.simulate.documents", "dqr"),
    "frame": ("gracetape.simulate.frames", "frame"),
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
    make = _maker(recipe, trigger)
    import numpy

    return make(trigger, numpy.random.default_rng(seed), *args)


def check_installed(files: Iterable[File]) -> None:
    """SimulateError if what some files are made with is not installed; so it is told before anything is done."""
    for recipe, trigger in dict.fromkeys((file.recipe, file.trigger) for file in files if file.recipe != "bytes"):
        try:
            _maker(recipe, trigger)
            import numpy  # noqa: F401
        except ModuleNotFoundError as error:
            if str(error.name).startswith("gracetape"):
                raise
            raise SimulateError(
                f"files of the kind {recipe!r} need the package {error.name}: {hint('simulate')}"
            ) from None


def _maker(recipe: str, trigger: Trigger | None) -> Callable[..., bytes]:
    """What makes the bytes: a recipe of the table, or the upload of a pipeline, the trigger's own before others of that name."""
    if recipe in RECIPES:
        module, function = RECIPES[recipe]
        make: Callable[..., bytes] = getattr(import_module(module), function)
        return make
    own = pipelines().get(trigger.pipeline) if trigger is not None else None
    for row in (*([own] if own is not None else []), *pipelines().values()):
        if row.make is not None and row.upload == recipe:
            return row.make
    uploads = dict.fromkeys(row.upload for row in pipelines().values() if row.make is not None)
    raise SimulateError(f"there is no recipe {recipe!r} for files: use {', '.join((*RECIPES, *uploads))}")
