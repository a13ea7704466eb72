"""How tapes are found and recorded in one run of tests: from pytest's options and ini file, or from the environment."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gracetape.errors import UsageError
from gracetape.settings_files import find

MODES = ("none", "once", "rewrite", "new")


@dataclass
class Settings:
    """`mode` is one of MODES; `service` the GraceDB that is recorded from; `tape_dir` where tapes lie, if not beside the tests;
    `root` the folder whose settings file may say more (docs/settings.md).

    `update`: what changed upstream is to be shown. `said` is told at the end of the run. `began`: when that started.
    """

    mode: str = "none"
    service: str | None = None
    tape_dir: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    update: bool = False
    root: Path | None = None
    began: float = field(default_factory=time.time)
    said: list[str] = field(default_factory=list)
    rewritten: set[Path] = field(default_factory=set)
    compared: set[Path] = field(default_factory=set)

    @classmethod
    def of(cls, config: Any) -> "Settings":
        """Those of a pytest session, made once."""
        known: Settings | None = getattr(config, "_gracetape_settings", None)
        if known is None:
            folder = config.getini("tape_dir")
            known = config._gracetape_settings = cls(
                mode=config.getoption("tape_record") or _set_mode(config.rootpath),
                service=config.getoption("tape_service") or config.getini("tape_service") or None,
                tape_dir=config.rootpath / folder if folder else None,
                allowed_hosts=tuple(name.lower() for name in config.getini("tape_allowed_hosts")),
                update=config.getoption("tape_update"),
                root=config.rootpath,
                began=getattr(config, "workerinput", {}).get("gracetape_began", config._gracetape_began),
                said=config.__dict__.setdefault("_gracetape_said", []),
            )
        return known

    @classmethod
    def from_environment(cls) -> "Settings":
        """Those of a run without pytest: GRACETAPE_TAPE_RECORD and GRACETAPE_SERVICE, or a settings file, say what the options would."""
        return cls(mode=_set_mode(None))


def _set_mode(folder: Path | None) -> str:
    """What the environment or a settings file says; else none on a server of CI, and once elsewhere."""
    if (found := find("tape-record", folder)) is None:
        return "none" if os.environ.get("CI") else "once"
    if found.value not in MODES:
        raise UsageError(f"{found.where}={found.value} makes no sense: write one of {', '.join(MODES)}")
    return str(found.value)
