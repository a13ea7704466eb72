"""A command with sub-commands that is a command itself: `replay ARCHIVE …` beside `replay SUBCOMMAND …`."""

from typing import Any

from typer.core import TyperGroup

#: The name of the command that runs when the first argument names no other.
DEFAULT = "play"


class DefaultCommandGroup(TyperGroup):
    """Hands everything to the command DEFAULT, under the group's own name, unless the first argument names another."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        others = self.commands.keys() - {DEFAULT}
        if args and args[0] in others:
            return super().make_context(info_name, args, parent, **extra)
        return self.commands[DEFAULT].make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)
