"""Loaded when a Python process starts that has this folder on PYTHONPATH: leads its GraceDB clients where GRACETAPE_DUMMY says.

The Python that runs this may have no gracetape: a served dummy's URL needs only `ligo-gracedb` there.
"""

import functools
import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
_WATCHED = "ligo.gracedb.client"


def _load(name: str, spec: Any) -> Any:
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Watch:
    """Catches the clients as soon as the module that defines them is loaded."""

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG003
        if name != _WATCHED:
            return None
        sys.meta_path.remove(cls)
        spec: Any = importlib.util.find_spec(name)
        if spec is None:
            return None
        load = spec.loader.exec_module

        def load_and_catch(module: Any) -> None:
            load(module)
            _catch(module.GraceDBClient, os.environ["GRACETAPE_DUMMY"])

        spec.loader.exec_module = load_and_catch
        return spec


def _catch(client_class: Any, where: str) -> None:
    spec = importlib.util.spec_from_file_location("gracetape_client_patch", _HERE.parent / "client_patch.py")
    catching = _load("gracetape_client_patch", spec)
    if where.startswith(("http://", "https://")):
        catching.catch(client_class, lambda asked, retries: catching.ToServer(where, asked, retries))
    else:
        catching.catch(client_class, lambda asked, retries: _dummy_over(where).adapter(asked, retries))


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


if os.environ.get("GRACETAPE_DUMMY"):
    sys.meta_path.insert(0, _Watch)
_load_the_next_one()
