"""The commands `gracetape listen …`. What runs a listener, and what shows it, is loaded when that is done."""

import functools
import itertools
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, ParamSpec

import typer

from gracetape import shown, terminal
from gracetape.errors import BadConfiguration, BadUrl, BrokerError, ListenError
from gracetape.leaving import leave, when_unread, write_no_more
from gracetape.listen import commands as wire_commands, ping as pings
from gracetape.options import ShowOption, shows_lines
from gracetape.signals import Flag, at_signals
from gracetape.storms import tell_of

if TYPE_CHECKING:
    from gracetape.brokers import Heard, Source

P = ParamSpec("P")

#: Seconds between two looks whether a signal has come.
_LOOK_S = 0.2

app = terminal.commands("Listen to alerts with many processes.")

_FROM = typer.Option("--from", metavar="SOURCE", help="xmpp://HOST/, kafka://HOST/GROUP, FILE.jsonl, - or exec:CMD.")
_TO = typer.Option("--to", metavar="TARGET", help="xmpp://HOST/, kafka://HOST/GROUP or FILE.jsonl.")
_NODE = typer.Option("--node", "-n", metavar="NODE", help="May be repeated.")
_CONFIG = typer.Argument(metavar="CONFIG", help="The listener's configuration, INI or TOML.")


def sentences(command: Callable[P, int | None]) -> Callable[P, None]:
    """A command whose failures are one sentence and an exit code (1, or 2 for what makes no sense), never a traceback."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except (BadConfiguration, BadUrl) as error:
            terminal.complain(error, terminal.USAGE)
        except (ListenError, BrokerError) as error:
            terminal.complain(error)
        if code:
            raise typer.Exit(code)

    return terminal.sentences(guarded)


@app.command()
@sentences
def run(
    config: Annotated[Path, _CONFIG],
    source: Annotated[str | None, _FROM] = None,
    prometheus: Annotated[
        int | None, typer.Option(metavar="PORT", min=1, max=65535, help="Figures at http://127.0.0.1:PORT/metrics.")
    ] = None,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Stop when the source has ended (a file, a program, -).")
    ] = False,
    show: ShowOption = None,
) -> int:
    """Listen: one process per section of CONFIG, until Ctrl-C or SIGTERM."""
    from dataclasses import replace

    from gracetape.brokers import open_source
    from gracetape.listen.configuration import read_configuration
    from gracetape.listen.gracedb import check_client
    from gracetape.listen.parent import Listener
    from gracetape.listen.telling import HeardBy, how_it_ended, what_is_heard

    configuration = read_configuration(config)
    configuration = replace(
        configuration, source=source or configuration.source, prometheus=prometheus or configuration.prometheus
    )
    if configuration.source is None:
        raise BadConfiguration(f"{config} names no source: add source = … to [listener], or give --from")
    for child in configuration.children:
        if child.gracedb:
            check_client(child.gracedb)
    url = configuration.source
    showing = HeardBy(show)
    with Listener(configuration, heard=showing) as listener:
        at_signals(listener.stop)
        when_unread(listener.stopping, write_no_more)
        showing.say(*what_is_heard(configuration, url))
        code = listener.run(
            lambda after: open_source(url, configuration.nodes, after=after, until_end=until_end), until_end=until_end
        )
        showing.say(how_it_ended(listener))
    return code


@app.command()
@sentences
def once(
    source: Annotated[str, _FROM],
    node: Annotated[list[str], _NODE],
    exec: Annotated[str, typer.Option("--exec", metavar="PROGRAM", help="Gets each message on its standard input.")],
    count: Annotated[int | None, typer.Option(metavar="N", min=1, help="Stop after so many messages.")] = None,
) -> int:
    """Run a program for each message, one after the other (the old lvalert_listen)."""
    from gracetape.brokers import open_source
    from gracetape.listen import once as programs

    words = programs.program(exec)
    failures, ended = 0, Flag()
    with open_source(source, node) as heard:
        for message in itertools.islice(_until_signal(heard, ended), count):
            if message.node in node:
                code = programs.run(words, message, ended)
                message.ack()
                if code in programs.READER_GONE:  # head, less: nothing is wrong, and nothing more can be said
                    break
                failures += bool(code)
                if code:
                    shown.say(f"gracetape: {words[0]} ended with exit code {code}", error=True)
    return int(failures > 0)


@app.command()
@sentences
def confirm(
    source: Annotated[str, _FROM],
    node: Annotated[list[str], _NODE],
    count: Annotated[int | None, typer.Option(metavar="N", min=1, help="Stop after so many messages.")] = None,
    show: ShowOption = None,
) -> None:
    """Print what is heard: a line each on a terminal; elsewhere (--show json) time, node and the message."""
    from gracetape.brokers import open_source
    from gracetape.brokers.heard_lines import HeardLines, heard_whole

    lines, ended = HeardLines() if shows_lines(show) else None, Flag()
    unread = "nobody reads what is heard: stopped, and the last message counts as not heard"
    when_unread(ended, lambda: leave(terminal.FAILURE, unread))
    with open_source(source, node) as heard:
        wanted = (message for message in _until_signal(heard, ended) if message.node in node)
        for message in itertools.islice(wanted, count):
            if lines is not None:
                lines.show([message])
            else:
                print(heard_whole(message), flush=True)
            message.ack()


@app.command()
@sentences
def ping(
    word: Annotated[str, typer.Argument(metavar="|".join((*pings.COMMENTS, "simulate")))],
    to: Annotated[str, _TO],
    node: Annotated[str, typer.Option("--node", "-n", metavar="NODE", help="A test node.")] = pings.TEST_NODE,
    graceid: Annotated[
        str | None, typer.Option("--graceid", metavar="ID", help="Default: F and six digits at random.")
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", min=1, help="With simulate: how many starts and ends.")] = 1,
    wait: Annotated[float, typer.Option(metavar="S", min=0, help="Seconds between start and end.")] = 60.0,
    jitter: Annotated[float, typer.Option(metavar="S", min=0, help="Up to so many seconds more.")] = 10.0,
    error_probability: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="How many of them end with an error.")
    ] = 0.1,
    seed: Annotated[int | None, typer.Option(metavar="N", help="The same seed draws the same.")] = None,
) -> None:
    """Send messages of a made-up follow-up process to a test node (passwords come from ~/.netrc or hop's auth.toml)."""
    if word not in (*pings.COMMENTS, "simulate"):
        raise BadConfiguration(f"there is no message {word!r}: use {', '.join(pings.COMMENTS)} or simulate")
    import random as randomness
    from datetime import UTC, datetime

    from gracetape.listen.sending import open_sender

    random = randomness.Random(seed)
    graceid = graceid or pings.random_graceid(random)
    life = pings.Life(trials, wait, jitter, error_probability)
    if word == "simulate":
        tell_of(pings.storm_of(life, graceid))
    with open_sender(to) as sender:

        def tell(text: str) -> None:
            sender.publish(node, text)
            sender.flush()
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            print(f"{now} {node} {text}", flush=True)

        if word == "simulate":
            pings.simulate(life, graceid, tell, random)
        else:
            tell(pings.message(word, graceid))


@app.command()
@sentences
def command(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(wire_commands.COMMANDS)}.")],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE...")] = None,
    to: Annotated[str, _TO] = "",
    node: Annotated[
        str, typer.Option("--node", "-n", metavar="NODE", help="The node that the command is sent to.")
    ] = pings.TEST_NODE,
) -> None:
    """Send a command to listeners (who obey if their configuration says `commands = true`)."""
    text = wire_commands.message(name, _pairs(arguments or []))
    if not to:
        raise BadConfiguration("name where the command is sent: --to xmpp://HOST/, kafka://HOST/GROUP or FILE.jsonl")
    from gracetape.listen.sending import send

    send(to, node, text)
    print(f"sent to {node}: {text}")


@app.command()
@sentences
def status(
    config: Annotated[Path, _CONFIG],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, once.")] = False,
    live: Annotated[
        bool | None, typer.Option("--live/--now", help="Go on until Ctrl-C (default on a terminal).")
    ] = None,
) -> int:
    """Show how a listener does: its children, their queues, and the states of checks per GraceID."""
    from rich.console import Console

    from gracetape.listen.configuration import read_configuration
    from gracetape.listen.show import status_lines, status_view
    from gracetape.listen.status import read_status

    configuration = read_configuration(config)
    record = read_status(configuration.status_file)
    console = Console(soft_wrap=True, highlight=False)
    width = console.width if console.is_terminal else None
    if as_json:
        print(json.dumps(record))
    elif live or (live is None and console.is_terminal):
        from rich.live import Live

        with Live(console=console, auto_refresh=False) as screen:
            now = record
            screen.update(status_view(now, width), refresh=True)
            while now["running"]:
                time.sleep(0.5)
                now = read_status(configuration.status_file)
                screen.update(status_view(now, console.width), refresh=True)
    else:
        for line in status_lines(record, width):
            console.print(line) if width is not None else print(line.plain)
    return int(not record["running"])


def _pairs(words: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise BadConfiguration(f"{word!r} must be KEY=VALUE")
        pairs[key] = value
    return pairs


def _until_signal(source: "Source", ended: Flag) -> "Iterator[Heard]":
    """What a source hears, until SIGTERM or Ctrl-C raises a flag. (Its handler cannot close the source, which may be hearing something
    just then.)
    """
    at_signals(ended.set)
    while not (ended.is_set() or source.closed):
        heard = source.poll(_LOOK_S)
        if heard is not None:
            yield heard


def main(words: Sequence[str] | None = None, name: str = "gracetape listen") -> NoReturn:
    """Run the commands."""
    terminal.run(app, name, words)
