"""How typer's commands become ours: plain help with examples, values told in words, settings obeyed, an archive among the words."""

import functools
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from gracetape.default_command import DEFAULT
from gracetape.settings import of_command
from gracetape.shown import printable

#: What is raised for command lines that cannot be read. Typer has its own copy of click, or not, by version.
UNREADABLE: Any = typer.BadParameter.__mro__[2]


def commands(help: str, *, cls: type[typer.core.TyperGroup] | None = None, bare: bool = False) -> typer.Typer:
    """An application of typer that speaks as all commands here do: plain help that fits any terminal, one sentence for a failure.

    `bare`: it does something without any words, too; else it shows its help then.
    """
    return typer.Typer(
        help=help, cls=cls, no_args_is_help=not bare, rich_markup_mode=None, pretty_exceptions_enable=False,
        add_completion=False,
    )  # fmt: skip


def prepared(app: typer.Typer, name: str = "", *, completes: bool = False) -> Any:
    """An application as the command `name` that it is: it and its sub-commands, at any depth, know `-h` and `--version`.

    `completes`: it can install completion for a shell, too.
    """
    command: Any = typer.main.get_command(app)
    command.prepare = prepared  # for what it loads when that is meant
    _know_version_and_help(command)
    _speak_plainly(command)
    _show_examples(command, name)
    _obey_settings(command, name.removeprefix("gracetape").strip())
    if completes:
        arguments = typer.main.get_install_completion_arguments()
        for argument in arguments:
            _read_plainly(argument)
        for known in filter(None, (command, getattr(command, "commands", {}).get(DEFAULT))):
            known.params.extend(arguments)
    return command


def _know_version_and_help(command: Any) -> None:
    command.context_settings["help_option_names"] = ["--help", "-h"]
    command.params.append(_version_option())
    command.get_help_option = functools.partial(_plain_help, command.get_help_option)
    for known in getattr(command, "commands", {}).values():
        _know_version_and_help(known)


def _speak_plainly(command: Any) -> None:
    """Of a command and those under it: types have names that people know, and an archive may stand among the words or after `-a`."""
    if command.help and not command.short_help:  # the whole sentence in a list of commands, on two lines if need be
        command.short_help = _first_sentence(command.help)
    if getattr(command, "commands", None) == {}:  # it is a command itself, and has none under it
        command.collect_usage_pieces = functools.partial(_usage_alone, command.collect_usage_pieces, command)
    for parameter in command.params:
        _read_plainly(parameter)
        if Path in _types_of(parameter) or getattr(getattr(parameter, "type", None), "name", "") == "path":
            parameter.process_value = functools.partial(_no_empty_path, parameter, parameter.process_value)
        if type_in_words(parameter) in _NUMBERS:
            parameter.process_value = functools.partial(_number, parameter, parameter.process_value)
        argument = parameter.param_type_name == "argument"
        if not parameter.metavar and not getattr(parameter, "is_flag", False):
            parameter.metavar = parameter.name.upper() if argument else type_in_words(parameter)
        if argument:
            parameter.get_usage_pieces = functools.partial(_usage_of, parameter)
            parameter.display_type_rich = lambda ctx: None  # its name says what it takes
    if any("--archive" in parameter.opts for parameter in command.params):
        command.parse_args = functools.partial(_with_archive, command, command.parse_args)
    for known in getattr(command, "commands", {}).values():
        _speak_plainly(known)


def _first_sentence(text: str) -> str:
    """The first sentence of a help text, on one line."""
    return re.split(r"(?<=\w\.)\s", " ".join(text.partition("\n\n")[0].split()))[0]


def _usage_alone(pieces: Callable[[Any], list[str]], command: Any, context: Any) -> list[str]:
    """The line of usage without the commands that there are none of."""
    return [piece for piece in pieces(context) if piece != command.subcommand_metavar]


def _usage_of(parameter: Any, *context: Any) -> list[str]:
    """How an argument stands in the line of usage: its name, which may say already that it may be left out or come often."""
    name = parameter.metavar
    often = "..." if parameter.nargs == -1 and not name.endswith("...") else ""
    return [f"{name if parameter.required or name.startswith('[') else f'[{name}]'}{often}"]


def _show_examples(command: Any, name: str) -> None:
    """Let the help of a command, and of those under it, end with examples."""
    from gracetape.examples import examples_of

    command.epilog = examples_of(name)
    for word, known in getattr(command, "commands", {}).items():
        _show_examples(known, name if word == DEFAULT else f"{name} {word}")


def _obey_settings(command: Any, name: str) -> None:
    """Let a command, and those under it, take what was set once for what no command line says; its help names the variables."""
    own = of_command(name)
    known = {one.name: own[opt] for one in command.params for opt in one.opts if opt in own}
    for parameter in command.params:
        if parameter.name in known:
            parameter.envvar, parameter.show_envvar = known[parameter.name].variable, True
            parameter.get_error_hint = functools.partial(_hint, parameter)
    if known:
        command.parse_args = functools.partial(_with_settings, command, known, command.parse_args)
    for word, under in getattr(command, "commands", {}).items():
        _obey_settings(under, name if word == DEFAULT else f"{name} {word}".strip())


def _with_settings(
    command: Any, known: Any, parse: Callable[[Any, list[str]], list[str]], context: Any, words: list[str]
) -> list[str]:
    if context.resilient_parsing:
        return parse(context, words)
    if {"--help", "-h", "--version"} & set(words):
        try:
            parse(context, list(words))  # ends here, unless they are words of a program that is to be run
        except UNREADABLE:  # something that was perhaps set
            pass
    from gracetape.settings_obeyed import obeying

    return obeying(command, known, parse, context, words)


def _hint(parameter: Any, *context: Any) -> str:
    """How a mistake names an option: a word of the command line has nothing to do with its variable."""
    parameter.show_envvar = False
    try:
        return str(type(parameter).get_error_hint(parameter, *context))
    finally:
        parameter.show_envvar = True


#: What a value is called in help texts, by its type, or by the name that click has for that.
_NAMES: dict[object, str] = {int: "INT", float: "NUMBER", str: "TEXT", Path: "PATH"}
#: How a mistake calls what an option or argument takes.
_NUMBERS = {"INT": "a whole number", "NUMBER": "a number"}
_CLICK_NAMES = {
    "integer": "INT",
    "integer range": "INT",
    "float": "NUMBER",
    "float range": "NUMBER",
    "text": "TEXT",
    "path": "PATH",
}


def type_in_words(parameter: Any) -> str | None:
    """What a parameter takes, as help texts say it; None for choices, which are shown themselves."""
    if hasattr(parameter, "type"):  # older versions of typer have click's own types
        return _CLICK_NAMES.get(parameter.type.name)
    return next((_NAMES[one] for one in _types_of(parameter) if one in _NAMES), None)


def _types_of(parameter: Any) -> list[Any]:
    """The type that a parameter was declared with, and those within it; none where typer has click's types."""
    kind = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    return [kind, *get_args(kind), *(inner for outer in get_args(kind) for inner in get_args(outer))]


def _read_plainly(parameter: Any) -> None:
    """Let typer read only what needs reading: with its newer versions that loads pydantic, which takes as long as all else."""
    if hasattr(parameter, "type_descriptor") and "process_value" not in vars(parameter):
        parameter.process_value = functools.partial(_as_it_is, parameter, parameter.process_value)


def _as_it_is(parameter: Any, process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """What was not given, a text, texts or a path, as they are; everything else as `process` reads it."""
    kind, about = parameter.type_descriptor.annotation, parameter.type_descriptor.parameter_info
    if value is None and not parameter.required:
        found: Any = () if parameter.multiple or parameter.nargs == -1 else None
    elif (kind is str and isinstance(value, str)) or (
        isinstance(kind, type) and isinstance(value, kind) and value is parameter.default
    ):
        found = value
    elif kind == list[str] and value and isinstance(value, tuple | list) and all(isinstance(one, str) for one in value):
        found = list(value)
    elif kind is Path and isinstance(value, str) and not (about.exists or about.resolve_path):
        found = Path(value)
    else:
        return process(context, value)
    return found if parameter.callback is None else parameter.callback(context, parameter, found)


def _plain_help(own: Callable[[Any], Any], context: Any) -> Any:
    """The option `--help`, which is asked for with every command line."""
    if (option := own(context)) is not None:
        _read_plainly(option)
    return option


def _number(parameter: Any, process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """Numbers are counts, seconds, rates and shares: none of them is endless, or no number. What is none of them is told in our words."""
    try:
        number = process(context, value)
    except typer.BadParameter:
        from gracetape.plain_text import cut

        given = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        said = (
            f"it takes {_NUMBERS[str(type_in_words(parameter))]}{_range(parameter)}, not {cut(printable(given), 40)!r}"
        )
        raise typer.BadParameter(said, ctx=context, param=parameter) from None
    if isinstance(number, float) and not math.isfinite(number):
        raise typer.BadParameter(f"it must be a finite number, not {number:g}", ctx=context, param=parameter)
    return number


def _range(parameter: Any) -> str:
    """Within which bounds a number is, as words after it."""
    about = getattr(getattr(parameter, "type_descriptor", None), "parameter_info", None) or parameter.type
    least, most = getattr(about, "min", None), getattr(about, "max", None)
    if least is not None and most is not None:
        return f" from {least:g} to {most:g}"
    return f" of at least {least:g}" if least is not None else f" of at most {most:g}" if most is not None else ""


def _no_empty_path(parameter: Any, process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """A path is never empty: what a shell makes of a variable that is not set is no folder that is meant."""
    if value == "" or (isinstance(value, tuple | list) and "" in value):
        raise typer.BadParameter("it is empty", ctx=context, param=parameter)
    return process(context, value)


def _with_archive(
    command: Any, parse: Callable[[Any, list[str]], list[str]], context: Any, words: list[str]
) -> list[str]:
    """Read a command's words, of which one may name an archive (NAME.tape), where the command has no word for one."""
    tapes = [word for word in words if word.endswith(".tape") and not _is_value(words, word, command)]
    taken = [p for p in command.params if p.param_type_name == "argument"]
    mixed = command.context_settings.get("allow_interspersed_args", command.allow_interspersed_args)
    if {"-a", "--archive"} & set(words) or not mixed or any("ARCHIVE" in (p.metavar or "") for p in taken):
        return parse(context, words)
    last = words[-1] if words and not _is_value(words, words[-1], command) else ""
    if not tapes and last and not any(p.nargs == -1 for p in taken) and Path(last).exists():
        tapes = [last]  # an archive of another name, if it is a word too many
    if not tapes and last and not last.startswith("-") and (os.sep in last or not taken):
        tapes = [last]  # an archive that is not there
    if len(tapes) != 1:
        return parse(context, words)
    place = words.index(tapes[0])
    named = [*words[:place], *words[place + 1 :], "--archive", tapes[0]]
    if any(p.nargs == -1 for p in taken):
        return parse(context, named)
    if taken and (taken[0].metavar or "").startswith("ID") and tapes[0].endswith(".tape"):
        try:
            return parse(context, named)
        except UNREADABLE as error:  # it is the archive, whatever else is missing
            if getattr(error, "param", None) is taken[0]:
                from gracetape.ids import category_of

                category_of(tapes[0])  # says so
            if Path(tapes[0]).exists():
                raise
    try:
        return parse(context, list(words))
    except UNREADABLE as error:
        if "unexpected extra argument" not in error.format_message():
            raise
        return parse(context, named)  # a word too many: that is the archive


def _is_value(words: list[str], word: str, command: Any) -> bool:
    """Whether a word belongs to the option before it."""
    before = words[words.index(word) - 1] if words.index(word) else ""
    return any(before in p.opts and not getattr(p, "is_flag", False) for p in command.params if before.startswith("-"))


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"gracetape {version('gracetape')}")
        raise typer.Exit(0)


@functools.cache
def _version_option() -> Any:
    """`--version`, as typer makes options."""
    asking = typer.Typer(add_completion=False)

    @asking.command()
    def ask(
        version: Annotated[
            bool,
            typer.Option(
                "--version",
                callback=_tell_version,
                is_eager=True,
                expose_value=False,
                help="Show the version and exit.",
            ),
        ] = False,
    ) -> None: ...

    return typer.main.get_command(asking).params[0]
