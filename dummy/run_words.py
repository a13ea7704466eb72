"""The words of `gracetape dummy run`: options and an archive up to `--` or the program, whose words are its own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from gracetape.errors import UsageError
from gracetape.options import one_archive


class RunCommand(typer.core.TyperCommand):
    """Reads options before and after the archive; nothing from the program on."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with_value = {opt for p in self.params if not getattr(p, "is_flag", False) for opt in p.opts if opt[0] == "-"}
        options, archive, program = split(args, with_value)
        asks = {"--help", "-h", "--version"} & set(options)
        if archive is not None and not (program or asks or ctx.resilient_parsing):
            raise UsageError("say what to run, as in: gracetape dummy run run.tape -- python listener.py")
        rest: list[str] = super().parse_args(ctx, [*options, "--", *program])
        if archive is not None:
            ctx.params["archive"] = one_archive(Path(archive), ctx.params.get("archive"))
        return rest


def split(words: Sequence[str], with_value: set[str]) -> tuple[list[str], str | None, list[str]]:
    """(options with their values, the archive if a word names one, the program and its arguments).

    A word is an archive if it is named NAME.tape, or if no option names one and only options stand between it and `--`.
    """
    before, first, rest = _options(words, with_value)
    if first is None or first == "--":
        return before, None, rest
    after, second, program = _options(rest, with_value)
    named = any(word.partition("=")[0] in ("-a", "--archive") for word in before)
    if first.endswith(".tape") or (second == "--" and not named and (not after or Path(first).exists())):
        return [*before, *after], first, program if second in (None, "--") else [second, *program]
    return before, None, [first, *rest]


def _options(words: Sequence[str], with_value: set[str]) -> tuple[list[str], str | None, list[str]]:
    """The options that words begin with, the first word that is none, and what follows it."""
    place = 0
    while place < len(words) and words[place].startswith("-") and words[place] not in ("-", "--"):
        place += 2 if words[place] in with_value else 1
    return list(words[:place]), words[place] if place < len(words) else None, list(words[place + 1 :])
