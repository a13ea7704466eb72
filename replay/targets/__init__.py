"""Where messages go: standard output, files, programs, and whatever else is registered by the scheme of its URL."""

from gracetape.replay.targets.program import ProgramTarget
from gracetape.replay.targets.registry import Counted, Target, open_target, register
from gracetape.replay.targets.stream import FileTarget, StdoutTarget


def _vtp(rest: str) -> Target:
    from gracetape.replay.targets.vtp import VtpTarget  # who sends nothing there needs nothing of it

    return VtpTarget(rest)


register("-", StdoutTarget)
register("file", FileTarget)
register("exec", ProgramTarget)
register("vtp", _vtp)

__all__ = ["Counted", "FileTarget", "ProgramTarget", "StdoutTarget", "Target", "open_target", "register"]
