"""Where messages go: standard output, files, programs, and whatever else is registered by the scheme of its URL."""

from gracetape.replay.targets.program import ProgramTarget
from gracetape.replay.targets.registry import Counted, Target, open_target, register
from gracetape.replay.targets.stream import FileTarget, StdoutTarget

register("-", StdoutTarget)
register("file", FileTarget)
register("exec", ProgramTarget)

__all__ = ["Counted", "FileTarget", "ProgramTarget", "StdoutTarget", "Target", "open_target", "register"]
