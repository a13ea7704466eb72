"""What may be shown and stored: strangers' texts without orders to a terminal, and URLs and commands without their secrets.

Knows nothing of any room. Every command's output passes through `guard`, so that nobody can forget.
"""

import hashlib
import json
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, TextIO

#: How the variables of the environment begin that may hold a URL, as all settings do (gracetape/settings.py).
VARIABLES = "GRACETAPE_"
#: What stands in the place of a secret.
MASK = "***"

#: Schemes after which no user and password come, or of which they are known to come at once (`xmpp:me:word@host`).
_LOCAL = r"(?:file|unix|dummy|replay):"
_NETWORK = r"(?:xmpp|kafka|tcp|(?:gracedb\+)?https?):/*"
#: How the part before user and password looks, mistyped or not.
_BEGIN = re.compile(rf"(?:{_NETWORK}|[A-Za-z][\w+.-]*:?/+|/+)?", re.IGNORECASE)
_WEB = re.compile(r"(?:gracedb\+)?https?:?/", re.IGNORECASE)
#: What stands after `HOST:` where it is no secret: a port, and in a list of hosts the others.
_PORTS = re.compile(r"(?:\d{1,5}|PORT)(?:,[^:,@\s]+:\d{1,5})*")
#: Options of our own URLs, whose values are shown; those of any other may be a secret.
_OPEN = frozenset("tls ca prefix create patience consumer start speed id format retime".split())
_OPTION = re.compile(r"([?&;#])([^=&;#?\s]+)=([^&;#\s]*)")
#: In a sentence: a word, in which a URL or a command's option may stand; what ends it and is not part of it; options that hold secrets.
_WORD = re.compile(r"[^\s'\"`<>()]+")
_ENDS = ":;,.!?…"
_SECRET = ("token", "passw", "secret", "key", "auth", "credential")
_IDENTITY = re.compile(re.escape(MASK) + r".* #[0-9a-f]{16}\Z")
_BEARER = re.compile(r"\b(bearer) \S+", re.IGNORECASE)

#: What was given to this process's command and holds a secret, and what it may be shown as.
_given: dict[str, str] = {}

#: Whether people are told how far things are (`gracetape/progress.py`, which helps do not load): in commands, unless they are to be quiet.
telling = {"progress": False}

#: The orders to a terminal that we give ourselves, through rich: colours, and those of its progress and status lines.
_OURS = re.compile(r"\x1b\[[0-9;]*m|\r?\x1b\[\d*[AK]|\r(?=\x1b\[\d*[AK])|\x1b\[\?25[hl]|\x1b\[\?1049[hl]|\x1b\[H")


_BLANK = frozenset("\t\n\r\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))


def _escaped(character: str) -> str:
    """As JSON spells it."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def printable(text: object) -> str:
    """A text on one line, in which no character is an order to a terminal or turns the others round: such become blanks."""
    whole = str(text)
    return whole if whole.isprintable() else "".join(c if c.isprintable() else " " for c in whole)


def visible(text: object, keep: str = "") -> str:
    """Like `printable`, but what is no blank is written as JSON spells it (`\\u001b`). What is in `keep` stays."""
    whole = str(text)
    if whole.isprintable():
        return whole
    return "".join(c if c.isprintable() or c in keep else " " if c in _BLANK else _escaped(c) for c in whole)


def printable_json(value: Any, **options: Any) -> str:
    """A value as JSON that may stand on a terminal: letters as they are, everything else that JSON leaves as it is escaped."""
    text = json.dumps(value, ensure_ascii=False, **options)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else _escaped(c) for c in text)


def target(url: str) -> str:
    """A source's or target's URL, path or command as it may be shown and stored: without passwords, however it is mistyped,
    without the values of options that are not our own, and of a command only its name.

        xmpp://me:word@host/?tls=off  →  xmpp://me:***@host/?tls=off
        exec:listener --token=abc     →  exec:listener ***
    """
    scheme, colon, command = url.partition(":")
    if colon and scheme.lower() == "exec":
        return f"{scheme}:{_without_arguments(command)}"
    return _OPTION.sub(_hide_option, _without_password(url))


def _without_arguments(command: str) -> str:
    try:
        program, *rest = shlex.split(command) or [""]
    except ValueError:  # a quotation mark is missing
        return MASK
    name, equals, _ = program.partition("=")
    return name + (f"={MASK}" if equals else "") + (f" {MASK}" if rest else "")


def _hide_option(found: re.Match[str]) -> str:
    begin, name, value = found.groups()
    return f"{begin}{name}={value if name.lower() in _OPEN or not value else MASK}"


def _without_password(url: str) -> str:
    if local := re.match(_LOCAL, url, re.IGNORECASE):
        path, question, options = url[local.end() :].partition("?")
        return f"{local[0]}{_without_password(path)}{question}{options}"
    begin = _BEGIN.match(url)
    assert begin is not None
    before, at, host = url.rpartition("@")
    far = ":" in begin[0] or "//" in begin[0]  # `folder/name` begins like a URL too
    if at and begin.end() <= len(before):
        user, colon, word = before[begin.end() :].partition(":")
        if colon and not re.match(r"\d{1,5}/", word):
            return f"{begin[0]}{user}:{MASK}@{_without_port_that_is_none(host)}"
        if not colon and "/" not in user and _WEB.match(url):  # there the name alone may be a token
            return f"{begin[0]}{MASK}@{_without_port_that_is_none(host)}"
        return f"{before}@{_without_port_that_is_none(host)}" if far and not colon else url
    return begin[0] + _without_port_that_is_none(url[begin.end() :]) if far else url


def _without_port_that_is_none(rest: str) -> str:
    """`HOST:secret` is what a URL becomes whose `@` is missing or spelt otherwise."""
    found = re.match(r"(\[[^\]]*\]|[^/?#:\[\]]*):([^/?#]*)", rest)
    if found is None or not found[2] or _PORTS.fullmatch(found[2]):
        return rest
    return f"{found[1]}:{MASK}{rest[found.end() :]}"


def identity(url: str) -> str:
    """What a source is known by in a store: as `target`, and, where that hides something, a digest of the whole, which is slow
    to compute so that nobody tries words until one fits. Of what is one already, itself."""
    seen = target(url)
    if seen == url or _IDENTITY.search(url):
        return url
    digest = hashlib.scrypt(
        url.encode("utf-8", "surrogateescape"), salt=b"gracetape source", n=2**14, r=8, p=1, dklen=8
    )
    return f"{seen} #{digest.hex()}"


def sentence(text: object) -> str:
    """A sentence about URLs as it may be shown: passwords and tokens that stand in it are hidden, and so is what `guard` was
    told of."""
    whole = str(text)
    for word, seen in _given.items():
        whole = whole.replace(word, seen)
    return _WORD.sub(_hide_in_word, _BEARER.sub(rf"\1 {MASK}", whole))


def _hide_in_word(found: re.Match[str]) -> str:
    word = found[0]
    if ":" not in word and "@" not in word and "=" not in word:
        return word
    inner = word.rstrip(_ENDS)
    if inner.startswith("-"):
        name, equals, _ = inner.partition("=")
        return (
            f"{name}={MASK}{word[len(inner) :]}" if equals and any(what in name.lower() for what in _SECRET) else word
        )
    if "/" in inner or "@" in inner:
        return _OPTION.sub(_hide_option, _without_password(inner)) + word[len(inner) :]
    return word


def human_bytes(size: int | None) -> str:
    """`1.2 MB` for a number of bytes."""
    if size is None:
        return "absent"
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def human_time(seconds: float) -> str:
    """`3 h 20 min` for a number of seconds."""
    if seconds < 100:
        return f"{seconds:.0f} s" if seconds >= 9.5 else f"{max(seconds, 0.1):.1f} s"
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    if hours < 1:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if hours < 100 else f"{hours / 24:,.0f} days"


def say(*lines: object, error: bool = False) -> None:
    """Print lines for people, each on one line of its own whatever stands in it; on a terminal sentences on `error` end lines at words."""
    stream = sys.stderr if error else sys.stdout
    shown = [visible(sentence(line)) for line in lines]
    columns = columns_of(stream) if error else 0
    print(*([_by_words(line, columns) for line in shown] if columns else shown), sep="\n", file=stream, flush=True)


def columns_of(stream: TextIO) -> int:
    """Those of the terminal that a stream is; 0 if it is none."""
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0
    except (OSError, ValueError, AttributeError):
        return 0


def _by_words(line: str, columns: int) -> str:
    """A line that ends at words where the terminal would end it anywhere; a word that is longer than that stays whole, to be copied."""
    if len(line) <= columns:
        return line
    return "\n".join(textwrap.wrap(line, columns, break_long_words=False, break_on_hyphens=False))


class Guarded:
    """A stream for people on which only the orders of `_OURS` stay orders, and (`secrets`) no secret is shown."""

    #: Told of each text that is about to be written: what shows a line that is to go before others (`gracetape/progress.py`).
    about_to_write: ClassVar[Callable[[str], AbstractContextManager[object]] | None] = None

    def __init__(self, stream: TextIO, *, secrets: bool) -> None:
        self.inner, self._secrets = stream, secrets

    def write(self, text: str) -> int:
        with nullcontext() if Guarded.about_to_write is None else Guarded.about_to_write(text):
            return self._write(text)

    def _write(self, text: str) -> int:
        whole = sentence(text) if self._secrets else text
        if not whole.isprintable():
            parts, start = list[str](), 0
            for ours in _OURS.finditer(whole) if self.inner.isatty() else ():
                parts += [visible(whole[start : ours.start()], keep="\n\t"), ours[0]]
                start = ours.end()
            whole = "".join([*parts, visible(whole[start:], keep="\n\t")])
        self.inner.write(whole)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def guard(words: Iterable[str] = ()) -> None:
    """Guard standard error, which is for people wherever it goes, and standard output where that is a terminal. `words`: the
    command's."""
    _given.clear()
    _given.update(_secrets_of([*words, *(value for name, value in os.environ.items() if name.startswith(VARIABLES))]))
    error, out = (one.inner if isinstance(one, Guarded) else one for one in (sys.stderr, sys.stdout))
    if error is not None:
        sys.stderr = Guarded(error, secrets=True)
    if out is not None and out.isatty():
        sys.stdout = Guarded(out, secrets=False)


def _secrets_of(words: Iterable[str | None]) -> dict[str, str]:
    """Words that hold a secret, as given and as a path writes them, and what they may be shown as."""
    found = dict[str, str]()
    for word in filter(None, words):
        value = word.partition("=")[2] if word.startswith("-") else word
        seen = target(value)
        if seen != value:
            found |= {value: seen, os.path.normpath(value): seen}
            if rest := value.partition(":")[2]:  # a command without `exec:`
                found[rest] = seen.partition(":")[2]
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))
