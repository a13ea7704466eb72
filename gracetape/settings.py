"""What can be set once, for all commands: the one table of settings, their variables of the environment, and who may set them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any, NamedTuple

Given = Mapping[str, Any]


class Trust(StrEnum):
    """Who may set it beside the environment: a project's file may be a stranger's, the user's file is the user's own."""

    anyone = "harmless: any value may come with a project"
    inside = "a project may name a path in its own folder"
    target = "a project may name a file in its own folder, or a broker without options"
    service = "a project may name it; it is asked without a login unless it is one of the field's own"
    user = "the user's own file alone"
    environment = "the environment alone"


class Kind(NamedTuple):
    """How a value is read (ValueError if it is none), and what completes the sentence `it must be …`."""

    read: Callable[[Any], Any]
    wants: str


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        raise ValueError
    return value


def _positive(value: Any) -> float:
    if not 0 < _number(value) < 1e300:
        raise ValueError
    number: float = value
    return number


def _port(value: Any) -> int:
    if not 0 <= _whole(value) <= 65535:
        raise ValueError
    return int(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _texts(value: Any) -> list[str]:
    return [_text(one) for one in (value if isinstance(value, list) else [value])]


def one_of(*names: str) -> Kind:
    """A word out of some."""

    def read(value: Any) -> str:
        if value not in names:
            raise ValueError
        return str(value)

    return Kind(read, "one of " + ", ".join(names))


def _format(value: Any) -> str:
    # Loaded when it is named: the ground knows no room.
    known = import_module("gracetape.archive.alerts.formats").FORMATS
    public_forms = import_module("gracetape.archive.alerts.notices.public_alert").public_forms
    return value if isinstance(value, str) and public_forms(value) else str(one_of(*known).read(value))


def _public_format(value: Any) -> str:
    known = import_module("gracetape.archive.alerts.notices.public_alert").PUBLIC_FORMATS
    return str(one_of(*known).read(value))


TEXT = Kind(_text, "a text in quotation marks")
NUMBER = Kind(_number, "a number")
POSITIVE = Kind(_positive, "a number above 0")
PORT = Kind(_port, "a port, 0 to 65535")
WHOLE = Kind(_whole, "a whole number")
TRUTH = Kind(_truth, "true or false")
TEXTS = Kind(_texts, "a text, or a list of texts")


def _never(given: Given) -> bool:
    return False


@dataclass(frozen=True)
class Setting:
    """One row. `name` is its key in the files: of a command's option `--OPTION`, `COMMAND.OPTION`, or `OPTION` if many have it.

    `commands`: of the room's, those that obey it (none: all). `leaves`: from what else was given, whether it is meant here at all:
    a setting never contradicts a command line.
    """

    name: str
    kind: Kind
    what: str
    trust: Trust = Trust.anyone
    commands: tuple[str, ...] = ()
    leaves: Callable[[Given], bool] = _never

    @property
    def variable(self) -> str:
        """The variable of the environment: `replay.on-error` is GRACETAPE_REPLAY_ON_ERROR."""
        return f"GRACETAPE_{self.name.upper().replace('.', '_').replace('-', '_')}"

    @property
    def option(self) -> str:
        """The long option of its name."""
        return f"--{self.name.rpartition('.')[2]}"

    def is_of(self, command: str) -> bool:
        """Whether a command (`replay`, `capture listen`) obeys it where it has such an option."""
        room, _, own = command.partition(" ")
        return "." not in self.name or (
            self.name.startswith(f"{room}.") and (not self.commands or own in self.commands)
        )


def _with_max(given: Given) -> bool:
    return bool(given.get("maximum"))


def _without_kafka(given: Given) -> bool:
    named = [given.get(name) for name in ("to", "alerts", "alerts_only")]
    urls = [url for one in named if one for url in (one if isinstance(one, list | tuple) else [one])]
    return not any(str(url).startswith("kafka:") for url in urls)


def _as_public(given: Given) -> bool:
    return bool(given.get("as_public"))


def _without_public(given: Given) -> bool:
    return given.get("public_alerts") is None


def _naming_topics(given: Given) -> bool:
    """Whether what is listened to says itself what is heard there: `kafka://HOST/igwn.gwalert`."""
    is_public = import_module("gracetape.topics").is_public  # helps name no topics
    return any(map(is_public, str(given.get("source")).partition("?")[0].rpartition("/")[2].split(",")))


def _to_a_file(given: Given) -> bool:
    return given.get("alerts_only") is not None or bool(given.get("dry_run")) or given.get("save") is not None


_S = Setting
_PUBLIC_FORM = Kind(_public_format, "gwalert, gwalert-avro or voevent")
_TOPICS = "topics that are made beforehand on a Kafka broker"

#: All of them, in the order in which they are shown.
SETTINGS: tuple[Setting, ...] = (
    _S("archive", TEXT, "the archive that is meant where a command names none", Trust.inside),
    _S("service", TEXT, "the API root that is captured from", Trust.service),
    _S("show", one_of("line", "json"), "how standard output shows alerts"),
    _S("tape-record", one_of("none", "once", "rewrite", "new"), "pytest: which tapes are recorded"),
    _S("tape-service", TEXT, "pytest: the API root that tapes are recorded from (else `service`)", Trust.service),
    _S("capture.archive", TEXT, "where captures go", Trust.inside, commands=("",)),
    _S("capture.api-version", one_of("v1", "v2"), "the version of the API that is asked"),
    _S("capture.connections", WHOLE, "requests that are under way at once"),
    _S("capture.max-rate", POSITIVE, "requests a second at most, over all connections"),
    _S("capture.files", TRUTH, "fetch the contents of files"),
    _S("capture.only", TEXT, "fetch only files like this"),
    _S("capture.with-events", TRUTH, "take a superevent's member events, too"),
    _S("capture.as-public", TRUTH, "without a login, and only what the public sees", commands=("",)),
    _S("capture.nodes", TEXT, "capture listen: what is listened to, by commas", leaves=_naming_topics),
    _S("replay.format", Kind(_format, "the name of a form of messages, as in modern"), "the form of the messages",
       leaves=_as_public),
    _S("replay.certain-only", TRUTH, "leave out what is inferred or guessed"),
    _S("replay.speed", POSITIVE, "times as fast as it happened", leaves=_with_max),
    _S("replay.rate", POSITIVE, "messages a second at most"),
    _S("replay.spread", one_of("as-recorded", "burst", "even"), "messages of one second"),
    _S("replay.align", one_of("as-recorded", "start"), "when archives and ids begin"),
    _S("replay.as", TEXTS, "new ids"),
    _S("replay.seed", WHOLE, "let the same go wrong each time"),
    _S("replay.to", TEXTS, "where messages go", Trust.target),
    _S("replay.topics", TEXT, _TOPICS, leaves=_without_kafka),
    _S("replay.group", TEXT, "the group of events that are written again"),
    _S("replay.search", TEXT, "their search"),
    _S("replay.on-error", one_of("stop", "go-on"), "when a write fails"),
    _S("dummy.user", TEXT, "who writes"),
    _S("dummy.alerts", TEXT, "where alerts go", Trust.target),
    _S("dummy.public-alerts", TEXT, "where the public is told what is written", Trust.target),
    _S("dummy.public-format", _PUBLIC_FORM, "in which form it is told", leaves=_without_public),
    _S("dummy.as-public", TRUTH, "answer as the public server does"),
    _S("dummy.topics", TEXT, _TOPICS, leaves=_without_kafka),
    _S("dummy.throttle", TRUTH, "refuse more writes than the server allows"),
    _S("dummy.rate", TEXTS, "at which rates"),
    _S("dummy.seed", WHOLE, "of the dice for faults"),
    _S("dummy.api-default", one_of("v1", "v2"), "the version of the root without one"),
    _S("dummy.group-superevents", TRUTH, "put events into superevents as they come"),
    _S("dummy.group-window", NUMBER, "seconds to either side of an event's gpstime"),
    _S("dummy.group-offline", TRUTH, "put offline events into superevents, too"),
    _S("dummy.label", TEXTS, "labels that the server knows besides"),
    _S("dummy.pipeline", TEXTS, "pipelines that it knows besides"),
    _S("dummy.search", TEXTS, "searches that it knows besides"),
    _S("dummy.first-id", WHOLE, "the least number of new events' ids"),
    _S("dummy.server-version", TEXT, "the version of the server that is answered as"),
    _S("dummy.port", PORT, "the port"),
    _S("dummy.host", TEXT, "the loopback address"),
    _S("dummy.allow-host", TEXTS, "host names that are answered, too", Trust.user),
    _S("dummy.verbose", TRUTH, "a line for every request"),
    _S("simulate.rate", POSITIVE, "events per second"),
    _S("simulate.distribution", one_of("poisson", "uniform"), "how arrivals are spread"),
    _S("simulate.instruments", TEXT, "detectors, by commas"),
    _S("simulate.seed", WHOLE, "the same seed, the same lives"),
    _S("simulate.far", TEXT, "false-alarm rates"),
    _S("simulate.duty-cycle", TEXT, "share of time that detectors listen"),
    _S("simulate.to", TEXT, "where events are written", Trust.inside, ("", "run"), _to_a_file),
    _S("simulate.public-format", _PUBLIC_FORM, "in which form the public is told", leaves=_without_public),
    _S("simulate.topics", TEXT, _TOPICS, leaves=_without_kafka),
    _S("simulate.speed", POSITIVE, "times as fast as real time", leaves=_with_max),
    _S("simulate.on-error", one_of("stop", "go-on"), "when an action fails"),
    _S("listen.from", TEXT, "listen once, confirm: what is listened to", Trust.target, ("once", "confirm")),
    _S("listen.node", TEXTS, "listen once, confirm: which nodes", commands=("once", "confirm")),
    _S("listen.to", TEXT, "listen ping, command: where they are sent", Trust.user, ("ping", "command")),
    _S("broker.group", TEXT, "kafka: the group that topics' names begin with"),
    _S("broker.topics", TEXT, "kafka: topics that are made at once", leaves=lambda given: str(given["kind"]) != "kafka"),
    _S("broker.user", TEXTS, "xmpp: the accounts"),
    _S("blob-cache", TEXT, "how much of stores' contents is kept on this machine, as in 20G (4 GiB)", Trust.environment),
    _S("cache", TEXT, "the folder for tapes, and contents of stores, from the web", Trust.environment),
    _S("dummy", TEXT, "an archive or a served dummy that clients are led to", Trust.environment),
    _S("limits", TEXT, "limits of what servers may send (docs/capture.md)", Trust.environment),
    _S("public", TEXT, "HOST:PORT of a Kafka broker that listeners to GCN and SCiMMA are led to", Trust.environment),
    _S("shared", TEXT, "1: new archives have the modes of the umask", Trust.environment),
    _S("stores", TEXT, "stores that tapes may have the contents of their files in (URLs, with blanks between)", Trust.environment),
)  # fmt: skip

#: The same by name.
BY_NAME = {setting.name: setting for setting in SETTINGS}


def of_command(command: str) -> dict[str, Setting]:
    """The settings that a command may obey, by their long options. `archive` and `service` are asked for where they are needed."""
    fitting = (one for one in SETTINGS if one.trust is not Trust.environment and one.is_of(command))
    return {one.option: one for one in fitting if one.name not in ("archive", "service")}
