"""What settings files say: the project's (gracetape.toml, or [tool.gracetape] of pyproject.toml) and the user's own.

A project's file may be a stranger's, in a folder that was only looked into: it can name no program, no place outside its folder, no
way round TLS, and no server that gets a login (docs/security.md). No file holds secrets.
"""

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from gracetape.errors import UsageError
from gracetape.settings import BY_NAME, Kind, Setting, Trust
from gracetape.shown import target

PROJECT_FILES = ("gracetape.toml", "pyproject.toml")
_LARGEST = 1 << 18  # bytes of a settings file
_ROOT = 0  # who may do anything anyway
_LONGEST_KEY = 100  # characters that are told of a key
#: A key of more parts than any has: tomllib takes the square of their number, which is hours for a file of this size.
_LONG_CHAIN = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){30}""")
#: A broker as a project's file may name it: neither options nor passwords, of which some turn TLS off or trust others.
_BROKER = re.compile(r"(kafka|xmpp)://[\w.~@:,/\[\]-]+", re.ASCII)
#: Whose servers logins of the field are made for: a project may name theirs.
FIELDS_OWN = (".ligo.org", ".igwn.org", ".scimma.org", ".gcn.nasa.gov")
_SECRET = re.compile(r"passw|token|secret|credential|login|api-?key", re.IGNORECASE)


class Found(NamedTuple):
    """A setting's value; `source` is environment, project or user; `where` the variable or the file that says so."""

    value: Any
    source: str
    where: str


def user_file() -> Path:
    """Where the user's own settings lie: $XDG_CONFIG_HOME/gracetape/config.toml, usually under ~/.config."""
    folder = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    return (folder if folder.is_absolute() else home() / ".config") / "gracetape" / "config.toml"


def home() -> Path:
    """The user's own folder; one that is not there where the system knows none."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/nonexistent")


def project_file(folder: Path | None = None) -> Path | None:
    """The project's settings: of the nearest folder, from `folder` (the working one) upwards, that has some."""
    try:
        start = (folder or Path.cwd()).absolute()
    except FileNotFoundError:  # the working folder was removed
        return None
    for above in (start, *start.parents):
        if is_file(path := above / PROJECT_FILES[0]) and not _is_planted(path):
            return path
        if is_file(path := above / PROJECT_FILES[1]) and not _is_planted(path) and _own_table(path) is not None:
            return path
    return None


def _is_planted(path: Path) -> bool:
    """Whether a file of another user lies where everybody may put one, as in /tmp: whoever works below it did not ask for it.

    It could send what is captured into a file of that user's.
    """
    try:
        owners, open_to_all = {path.lstat().st_uid, path.stat().st_uid}, path.parent.stat().st_mode & stat.S_IWOTH
    except OSError:
        return True
    return bool(open_to_all) and not owners <= {os.getuid(), _ROOT}


def is_file(path: Path) -> bool:
    """Whether a file is there; what cannot be looked at is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def settings_of(folder: Path | None = None) -> dict[str, Found]:
    """What both files say, by the settings' names; the project's before the user's. UsageError, with file and key, if one is wrong."""
    project, own = project_file(folder), user_file()
    found = dict[str, Found]()
    if is_file(own):
        found |= {name: Found(value, "user", str(own)) for name, value in _read(own, None)}
    if project is not None:
        found |= {name: Found(value, "project", str(project)) for name, value in _read(project, project.parent)}
    return found


def find(name: str, folder: Path | None = None) -> Found | None:
    """A setting: what the environment says of it, else the project's file, else the user's; None if nobody says anything."""
    setting = BY_NAME[name]
    if said := os.environ.get(setting.variable):
        return Found(said, "environment", setting.variable)
    return settings_of(folder).get(name)


def _own_table(path: Path) -> Any:
    """[tool.gracetape] of a pyproject.toml, None if there is none; who writes that file badly is told by others."""
    try:
        text = _text(path)
        tool = _parsed(text).get("tool", {}) if "gracetape" in text else {}
    except (UsageError, ValueError, RecursionError):
        return None
    return tool.get("gracetape") if isinstance(tool, Mapping) else None


def _read(path: Path, folder: Path | None) -> Iterator[tuple[str, Any]]:
    """The settings in a file, checked; `folder`: where they must stay, None for the user's own file."""
    table = _own_table(path) if path.name == PROJECT_FILES[1] and folder else _table(path)
    if not isinstance(table, Mapping):
        raise UsageError(f"{path}: tool.gracetape must be a table")
    for key, given in _flat(table):
        setting = BY_NAME.get(key.replace("_", "-"))
        if setting is None or setting.trust is Trust.environment:
            raise UsageError(f"{path}: {_unknown(key)}")
        try:
            value = setting.kind.read(given)
        except ValueError:
            raise UsageError(f"{path}: {key} must be {_wanted(setting.kind, given)}, not {_shown(given)}") from None
        try:
            yield setting.name, _allowed(setting, value, folder)
        except ValueError as why:
            raise UsageError(f"{path}: {key} = {_shown(given)}: {why}") from None


def _table(path: Path) -> dict[str, Any]:
    try:
        return _parsed(_text(path))
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, and what Python says of numbers with too many digits
        raise UsageError(f"{path}: {' '.join(str(error).split())}") from None


@lru_cache(maxsize=4)
def _parsed(text: str) -> dict[str, Any]:
    """A file's tables, which nobody changes: commands look at the same file again and again."""
    if _LONG_CHAIN.search(text):
        raise ValueError("a key has more than 30 parts, which no setting has")
    return tomllib.loads(text)


def _text(path: Path) -> str:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError(f"{path} is no file")
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise UsageError(f"{path} has more than {_LARGEST} bytes, which no settings have")
        return data.decode()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text in UTF-8") from None


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", one) for inner, one in value.items())
        else:
            yield key, value


def _unknown(key: str) -> str:
    key = key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}…"
    if _SECRET.search(key):
        return f"{key!r} is no setting: passwords and tokens stand in no settings file, but in ~/.netrc or where the field's own tools keep them"
    plain = key.replace("_", "-")
    if plain.startswith("tool."):
        return f"{key!r} is how pyproject.toml has it: here, its keys stand without [tool.gracetape]"
    if any(name.startswith(f"{plain}.") for name in BY_NAME):
        return f"{key!r} is a table: write [{plain}], and its keys below"
    last = plain.rpartition(".")[2]
    known = [name for name, one in BY_NAME.items() if one.trust is not Trust.environment]
    near = get_close_matches(plain, known, 1) or [name for name in known if name.rpartition(".")[2] == last]
    near = near or get_close_matches(last, [name.rpartition(".")[2] for name in known], 1)
    near = near or [name for name in known if set(re.split("[.-]", name)) & set(re.split("[.-]", plain))]
    if (one := BY_NAME.get(plain)) is not None:
        return f"{key!r} is set by the environment alone: {one.variable}"
    meant = f": did you mean {', '.join(map(repr, near[:3]))}?" if near else ""
    return f"there is no setting {key!r}{meant} (`gracetape config` lists them)"


def _wanted(kind: Kind, given: Any) -> str:
    close = (
        get_close_matches(given, kind.wants.split(": ")[-1].replace(",", " ").split(), 1)
        if isinstance(given, str)
        else []
    )
    return f"{kind.wants} (did you mean {close[0]!r}?)" if close else kind.wants


def _shown(given: Any) -> str:
    text = target(given) if isinstance(given, str) else str(given)
    return repr(text[:100]) if isinstance(given, str) else text[:100]


def _allowed(setting: Setting, value: Any, folder: Path | None) -> Any:
    """The value as commands take it; ValueError with the reason if its file may not set it to that."""
    texts = value if isinstance(value, list) else [value]
    if any(isinstance(one, str) and target(one) != one and not one.startswith("exec:") for one in texts):
        raise ValueError(
            "no secrets in a settings file: passwords stand in ~/.netrc, or where the field's own tools keep them"
        )
    if folder is None:
        return _of_user(setting, value)
    if setting.trust is Trust.user:
        raise ValueError(f"only your own {user_file()} (or {setting.variable}) may say so, no file of a project")
    if setting.trust is Trust.service and urlsplit(value).scheme not in ("http", "https"):
        raise ValueError("write https://HOST/api/")
    if setting.trust in (Trust.inside, Trust.target):
        placed = [_placed(setting, one, folder) for one in texts]
        return placed if isinstance(value, list) else placed[0]
    return value


def _of_user(setting: Setting, value: Any) -> Any:
    if setting.trust is not Trust.inside or "://" in value:
        return value
    path = home() / value[2:] if value.startswith("~/") else Path(value)
    if not path.is_absolute():
        raise ValueError("in your own file, a path begins with / or ~/")
    return str(path)


def _placed(setting: Setting, value: str, folder: Path) -> str:
    """A broker's URL, or a path in the project's folder, as a path that holds wherever one stands in the project."""
    if setting.trust is Trust.target and (value == "-" or _is_harmless_broker(value)):
        return value
    elsewhere = f"your own {user_file()}, {setting.variable} and the command line may name others"
    may = "a file of its folder" + (
        ", or a broker of this machine or of the field, without options" if setting.trust is Trust.target else ""
    )
    path = folder / value
    if ":" in value or not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"a project's file may name {may}: {elsewhere}")
    return os.path.relpath(path) if _here() else str(path)


def is_fields_own(host: str | None) -> bool:
    """Whether a host is of those who run GraceDB, igwn-alert, SCiMMA's Kafka or GCN, by its name alone."""
    return f".{(host or '').lower()}".endswith(FIELDS_OWN)


def _is_harmless_broker(url: str) -> bool:
    """Whether a URL names brokers of the field, or of this machine, alone: no other is to get a login because a project says so."""
    from gracetape.destinations import is_loopback  # loaded when a broker is named

    if not _BROKER.fullmatch(url):
        return False
    places = url.partition("://")[2].partition("/")[0].rpartition("@")[2].split(",")
    hosts = [re.sub(r":\d+$", "", place).strip("[]") for place in places]
    return all(is_loopback(host) or is_fields_own(host) for host in hosts)


def _here() -> bool:
    try:
        return bool(Path.cwd())
    except FileNotFoundError:
        return False
