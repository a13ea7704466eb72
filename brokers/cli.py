"""The command `gracetape broker`: a private LVAlert or igwn-alert on this machine, for development."""

import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from gracetape.brokers.kinds import BROKERS
from gracetape.errors import BadUrl, BrokerError
from gracetape.terminal import FAILURE, USAGE, commands, complain, run

TYPE_CHECKING = False  # as typing's, whose import costs more
if TYPE_CHECKING:
    from gracetape.brokers.private import PrivateBroker

app = commands("Run a private broker on this machine, for development.")


class Kind(StrEnum):
    """The brokers that can be run."""

    xmpp = "xmpp"
    kafka = "kafka"


@app.callback()
def _group() -> None:
    """Run a private broker on this machine, for development."""


@app.command()
def start(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="xmpp: an LVAlert (ejabberd); kafka: an igwn-alert (Apache Kafka if one is installed, else Tansu)."
        ),
    ],
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=1, max=65535, help="Default: the usual one, or any if that is taken."),
    ] = None,
    users: Annotated[
        list[str] | None,
        typer.Option("--user", metavar="NAME", help="xmpp: an account; may be repeated (default: alice)."),
    ] = None,
    group: Annotated[
        str, typer.Option(metavar="GROUP", help="kafka: the group that topics' names begin with.")
    ] = "gracedb-test",
    topics: Annotated[
        list[str] | None,
        typer.Option("--topic", metavar="TOPIC", help="kafka: a topic to be made at once; may be repeated."),
    ] = None,
    beforehand: Annotated[
        str | None,
        typer.Option(
            "--topics", metavar="NAMES", help="kafka: the same, igwn (the usual ones), public, or names by commas."
        ),
    ] = None,
) -> None:
    """Start a broker, print how to reach it, and keep it until Ctrl-C. Nothing that it held is kept."""
    from gracetape.brokers.private import answers, free_port
    from gracetape.signals import raised_by_signals
    from gracetape.topics import named

    if kind is Kind.xmpp and beforehand is not None:
        complain("--topics makes topics on a Kafka broker: nodes of LVAlert are made by whoever sends to them", USAGE)
    wanted = named([*(topics or ()), beforehand or ""])
    if port is None:
        usual = BROKERS[kind.value].port
        port = free_port() if answers(usual) else usual
    elif answers(port):
        complain(f"port {port} is taken: name another, or none", USAGE)
    ended = raised_by_signals(signal.SIGHUP)
    try:
        broker = _private(kind, port, tuple(users or ["alice"]), group, wanted)
        with ExitStack() as stack:
            stack.callback(broker.stop)
            broker.start(ended.is_set)
            print(broker.url, flush=True)
            _tell(broker)
            while not ended.wait(0.2):
                if broker.process is not None and (status := broker.process.poll()) is not None:
                    complain(f"the broker ended by itself (status {status})", FAILURE)
    except BadUrl as error:
        complain(error, USAGE)
    except BrokerError as error:
        complain(error, FAILURE)


def _private(kind: Kind, port: int, users: tuple[str, ...], group: str, topics: tuple[str, ...]) -> "PrivateBroker":
    if kind is Kind.xmpp:
        from gracetape.brokers.ejabberd import private_xmpp

        return private_xmpp(users, port=port)
    from gracetape.brokers.private_kafka import private_kafka
    from gracetape.topics import PUBLIC_TOPICS

    return private_kafka(group, (*topics, *(name for name in PUBLIC_TOPICS if name not in topics)), port=port)


def _tell(broker: "PrivateBroker") -> None:
    for name, value in broker.environment.items():
        print(f"export {name}={value}", flush=True)
    print("ready; Ctrl-C ends it", file=sys.stderr, flush=True)


def main(words: Sequence[str] | None = None, name: str = "gracetape broker") -> NoReturn:
    """Run the commands."""
    run(app, name, words)
