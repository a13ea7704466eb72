"""How a command line obeys settings: option before environment, project's file, user's file, default."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gracetape.errors import UsageError
from gracetape.settings import Setting
from gracetape.settings_files import Found, settings_of

#: The parameters of a command, by their Python names, and the settings that they obey.
Bound = dict[str, Setting]


class Defaults(dict[str, Any]):
    """What click asks for the values of options that no command line named: looked up when the first is asked for.

    What is wrong with the files is kept in `wrong`, so that `--help` works all the same.
    """

    def __init__(self, context: Any, known: Bound) -> None:
        super().__init__()
        self.context, self.known = context, known
        self.wrong: UsageError | None = None
        self._found: Mapping[str, Found] | None = None

    @property
    def found(self) -> Mapping[str, Found]:
        if self._found is None:
            try:
                self._found = settings_of()
            except UsageError as error:
                self.wrong, self._found = error, {}
        return self._found

    def __contains__(self, name: object) -> bool:
        if name not in self.known or self.context.resilient_parsing:  # completion, and help about defaults
            return False
        return self.known[str(name)].name in self.found

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return self.found[self.known[name].name].value

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default


def obeying(
    command: Any, known: Bound, parse: Callable[[Any, list[str]], list[str]], context: Any, words: list[str]
) -> list[str]:
    """Read a command's words with what is set; UsageError, with the file or the variable, if something that is set is wrong."""
    defaults = context.default_map = Defaults(context, known)
    try:
        rest = parse(context, words)
    except Exception as error:
        if defaults.wrong is not None and type(error).__name__ != "Exit":
            raise defaults.wrong from None
        if said := _blamed(error, defaults):
            raise UsageError(said) from None
        raise
    if context.resilient_parsing:
        return rest
    if defaults.wrong is not None:
        raise defaults.wrong
    for parameter in _out_of_place(command, context, known):
        context.params[parameter.name] = parameter.process_value(context, parameter.default)
    return rest


def _source(context: Any, name: str) -> str:
    source = context.get_parameter_source(name)
    return "" if source is None else str(source.name)


def _blamed(error: Exception, defaults: Defaults) -> str:
    """What is wrong with a value that was no word of the command line, and who said so; '' if it was one."""
    name = getattr(getattr(error, "param", None), "name", None)
    if name not in defaults.known:
        return ""
    setting, message = defaults.known[name], str(getattr(error, "message", error)).replace("Value error, ", "")
    source = _source(defaults.context, name)
    if source == "ENVIRONMENT":
        return f"{setting.variable}: {message}"
    if source == "DEFAULT_MAP" and (found := defaults.found.get(setting.name)):
        return f"{found.where}: {setting.name} = {found.value!r}: {message}"
    return ""


def _out_of_place(command: Any, context: Any, known: Bound) -> Iterator[Any]:
    """Parameters whose settings are not meant beside what else was asked."""
    for parameter in command.params:
        setting = known.get(parameter.name)
        if (
            setting
            and _source(context, parameter.name) in ("ENVIRONMENT", "DEFAULT_MAP")
            and setting.leaves(context.params)
        ):
            yield parameter
