"""The command `gracetape config`: every setting, what it is here, and who says so."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from textwrap import fill
from typing import Any, NoReturn

from gracetape.options import JsonOption
from gracetape.settings import SETTINGS, Setting, Trust
from gracetape.settings_files import find, home, is_file, project_file, user_file
from gracetape.shown import columns_of, target
from gracetape.tables import show_table
from gracetape.terminal import commands, prepared, run, sentences, show_json

app = commands("Show the settings, what each is here, and who says so.", bare=True)

#: Columns of a terminal from which on there is room for what each is.
_WIDE = 120
#: What there is without anybody's word, where no option says it.
_DEFAULTS = {
    "archive": "the only *.tape here",
    "service": "ligo.gracedb's own",
    "replay.format": "modern",
    "tape-record": "once (none where CI is set)",
    "tape-service": "as service",
}


@dataclass(frozen=True)
class Row:
    """A setting as it is here: `source` is environment, project, user or default; `where` the variable or file."""

    setting: Setting
    value: Any
    source: str
    where: str


@app.callback(invoke_without_command=True)
@sentences
def config(as_json: JsonOption = False) -> None:
    """Show the settings, what each is here, and who says so: the environment, the project's file, your own, or nobody.

    An option on the command line comes before all of them.
    """
    rows = list(_rows())
    project, own = project_file(), user_file()
    if as_json:
        show_json(
            {
                "files": {"project": str(project) if project else None, "user": str(own) if is_file(own) else None},
                "settings": [
                    {
                        "name": row.setting.name, "value": _open(row.value), "from": row.source, "where": row.where,
                        "variable": row.setting.variable, "what": row.setting.what,
                    }
                    for row in rows
                ],
            }
        )  # fmt: skip
        return
    columns = columns_of(sys.stdout)
    wide = not sys.stdout.isatty() or columns >= _WIDE
    names = ("setting", "~value", "~from", "~what it is")[: 4 if wide else 3]
    show_table(
        names, [(row.setting.name, _told(row.value), _short(row), row.setting.what)[: len(names)] for row in rows]
    )
    for about in _of_the_environment(wide, columns):
        print(about, file=sys.stderr)
    print(f"project: {project or 'no gracetape.toml, and no [tool.gracetape], here or above'}", file=sys.stderr)
    print(f"yours:   {own}{'' if is_file(own) else ' (not there)'}", file=sys.stderr)


def _of_the_environment(wide: bool, columns: int) -> Iterator[str]:
    """Which settings stand in no file; and what they are, where the table has no room for it, nor for what the others are."""
    alone = [setting for setting in SETTINGS if setting.trust is Trust.environment]
    yield f"in no file, but in the environment alone ({alone[0].variable}, …):" + (
        f" {', '.join(setting.name for setting in alone)}" if wide else ""
    )
    if wide:
        return
    for setting in alone:
        yield fill(f"{setting.name}: {setting.what}", max(columns, 40), initial_indent="  ", subsequent_indent="    ")
    yield f"(a terminal of {_WIDE} columns shows what the others are, too; so does --json)"


def _rows() -> Iterator[Row]:
    defaults = _defaults()
    for setting in SETTINGS:
        found = find(setting.name)
        if found is None:
            yield Row(setting, _DEFAULTS.get(setting.name, defaults.get(setting.name)), "default", "")
        else:
            yield Row(setting, found.value, found.source, found.where)


def _defaults() -> dict[str, Any]:
    """What options are when nobody says anything, by the settings that they obey."""
    from gracetape.__main__ import ROOMS

    found = dict[str, Any]()
    for name, (module, _what) in [*ROOMS.items(), ("capture listen", ("gracetape.capture.listen_cli", ""))]:
        if module != __name__:
            _collect(prepared(import_module(module).app, f"gracetape {name}"), found)
    return found


def _collect(command: Any, found: dict[str, Any]) -> None:
    names = {setting.variable: setting.name for setting in SETTINGS}
    for parameter in command.params:
        if (name := names.get(parameter.envvar)) is not None:
            default = getattr(parameter.default, "value", parameter.default)
            found.setdefault(name, None if default == "" else default)
    for under in getattr(command, "commands", {}).values():
        _collect(under, found)


def _open(value: Any) -> Any:
    """Without passwords: a variable may hold some."""
    return (
        [target(one) for one in value]
        if isinstance(value, list)
        else target(value)
        if isinstance(value, str)
        else value
    )


def _told(value: Any) -> str:
    if value is None or value == []:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, _open(value))) if isinstance(value, list) else str(_open(value))


def _short(row: Row) -> str:
    if row.source not in ("project", "user"):
        return row.where or row.source
    own, path = str(home()), row.where
    near = os.path.relpath(path) if row.source == "project" else path
    return near if len(near) < len(path) else path.replace(own, "~", 1) if path.startswith(own + os.sep) else path


def main(words: Sequence[str] | None = None, name: str = "gracetape config") -> NoReturn:
    """Run the command."""
    run(app, name, words)
