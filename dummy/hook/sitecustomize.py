"""Loaded when a Python process starts that has this folder on PYTHONPATH: leads its GraceDB clients where GRACETAPE_DUMMY says,
and listeners to public alerts where GRACETAPE_PUBLIC does.

The Python that runs this may have no gracetape: a served dummy's URL needs only `ligo-gracedb` there.
"""

import functools
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent


def _load(name: str, spec: Any) -> Any:
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _beside(name: str) -> Any:
    """A module of the folder above, by itself: the rest of gracetape may not be there."""
    return _load(
        f"gracetape_{name}", importlib.util.spec_from_file_location(f"gracetape_{name}", _HERE.parent / f"{name}.py")
    )


class _Watch:
    """Catches the classes of a module as soon as it is loaded."""

    def __init__(self, name: str, catch: Callable[[Any], None]) -> None:
        self._name, self._catch = name, catch

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        spec: Any = importlib.util.find_spec(name)
        if spec is None:
            return None
        load = spec.loader.exec_module

        def load_and_catch(module: Any) -> None:
            load(module)
            self._catch(module)

        spec.loader.exec_module = load_and_catch
        return spec


def _catch_clients(module: Any) -> None:
    client_class, where, catching = module.GraceDBClient, os.environ["GRACETAPE_DUMMY"], _beside("client_patch")
    if where.startswith(("http://", "https://")):
        catching.catch(client_class, lambda asked, retries: catching.ToServer(where, asked, retries))
    else:
        catching.catch(client_class, lambda asked, retries: _dummy_over(where).adapter(asked, retries))


def _lead(class_name: str) -> Callable[[Any], None]:
    return lambda module: _beside("listener_patch").lead(module, class_name, os.environ["GRACETAPE_PUBLIC"])


#: Variable -> the modules whose classes obey it, as soon as they are loaded.
_OBEYED: dict[str, dict[str, Callable[[Any], None]]] = {
    "GRACETAPE_DUMMY": {"ligo.gracedb.client": _catch_clients},
    "GRACETAPE_PUBLIC": {"confluent_kafka": _lead("Consumer"), "confluent_kafka.admin": _lead("AdminClient")},
}


@functools.cache
def _dummy_over(where: str) -> Any:
    try:
        from gracetape.dummy.patched_clients import Use
    except ImportError as error:
        said = "GRACETAPE_DUMMY names an archive, but this Python has no gracetape"
        raise RuntimeError(f"{said} ({error}): use `gracetape dummy run` instead") from None
    return Use(where)


def _load_the_next_one() -> None:
    """The sitecustomize that this one stands before, if there is one."""
    others = [folder for folder in sys.path if Path(folder or ".").resolve() != _HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        _load("sitecustomize", spec)


for _variable, _modules in _OBEYED.items():
    if os.environ.get(_variable):
        sys.meta_path[:0] = [_Watch(name, catch) for name, catch in _modules.items()]
_load_the_next_one()
