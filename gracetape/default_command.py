"""A command with sub-commands that is a command itself: `replay ARCHIVE …` beside `replay SUBCOMMAND …`."""

import re
from difflib import get_close_matches
from pathlib import Path
from textwrap import fill
from typing import Any

from gracetape.lazy_commands import LazyCommands

#: The name of the command that runs when the first argument names no other.
DEFAULT = "play"


class DefaultCommandGroup(LazyCommands):
    """Hands everything to the command DEFAULT, under the group's own name, unless the first argument names another."""

    @property
    def others(self) -> dict[str, Any]:
        """The sub-commands that have to be named."""
        return {name: command for name, command in self.commands.items() if name != DEFAULT}

    def _meant(self, word: str) -> list[str]:
        """The sub-commands that were perhaps meant by a word, if that names nothing else: no file, no id."""
        plain = re.fullmatch("[a-z]+", word) and not Path(word).exists()
        return get_close_matches(word, self.others) if plain else []

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        completing = extra.get("resilient_parsing", False)
        if (args and args[0] in self.others) or (completing and not args):
            return super().make_context(info_name, args, parent, **extra)
        default = self.commands[DEFAULT]
        if "Besides:" not in (default.epilog or ""):
            besides = (
                f"  {info_name} {name}\n{fill(command.get_short_help_str(200), 72, initial_indent=' ' * 6, subsequent_indent=' ' * 6)}"
                for name, command in self.others.items()
            )
            default.epilog = "\n".join((f"{default.epilog or ''}\n\n\b\nBesides:", *besides)).strip()
        if not completing and args and (close := self._meant(args[0])):
            said = f"No such command {args[0]!r}. Did you mean {close[0]!r}?"
            self.context_class(self, info_name=info_name, parent=parent).fail(said)
        return default.make_context(info_name, args, parent, **extra)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """What can come first: a sub-command, or whatever the default command takes."""
        default = self.commands[DEFAULT]
        own = default.make_context(ctx.info_name, [], ctx, resilient_parsing=True)
        found = super().shell_complete(ctx, incomplete) + default.shell_complete(own, incomplete)
        if not incomplete.startswith("-"):
            words = [parameter for parameter in default.params if parameter.param_type_name == "argument"]
            found += words[0].shell_complete(own, incomplete) if words else []
        return list({item.value: item for item in found}.values())

    def invoke(self, ctx: Any) -> Any:
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)
