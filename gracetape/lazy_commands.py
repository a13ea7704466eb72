"""A command whose sub-commands live in modules that are loaded when one of them is meant."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, ClassVar

from typer.core import TyperCommand, TyperGroup


class LazyCommands(TyperGroup):
    """Knows the names of its sub-commands and what they do, for its help, for suggestions and for completion."""

    #: Sub-command: the module whose `app` it is, and what it does.
    rooms: ClassVar[dict[str, tuple[str, str]]] = {}
    #: Makes a command, of a name, of such an `app`; set by whoever made this one.
    prepare: Callable[[Any, str], Any]

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (_module, what) in self.rooms.items():
            self.commands[name] = TyperCommand(name, help=what)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if name in self.rooms:
            command = self.prepare(import_module(self.rooms[name][0]).app, f"{ctx.command_path} {name}")
        return name, command, rest
