"""The options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer


def archives_here(incomplete: str) -> list[str]:
    """The archives in this folder whose names begin like this, for completion."""
    return sorted(path.name for path in Path().glob("*.tape") if path.name.startswith(incomplete))


ArchiveOption = Annotated[
    Path | None, typer.Option("--archive", "-a", help="The archive (default: the only *.tape in this folder).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Reference = Annotated[str, typer.Argument(metavar="ID", help="An object: G1234, or G1234@2 for its second capture.")]
Really = Annotated[
    list[str] | None,
    typer.Option("--yes-really-send-to", metavar="HOST", help="Let alerts leave this machine for HOST."),
]
