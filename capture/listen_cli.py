"""The command `capture listen`: record a live stream of alerts."""

import gc
import hashlib
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from gracetape.brokers import BadUrl, BrokerError, parse_url
from gracetape.errors import UsageError
from gracetape.live_pages import live_page
from gracetape.options import ListenerOption, PageOption, ShowOption, shows_lines
from gracetape.shown import identity, say
from gracetape.terminal import FAILURE, USAGE, commands, complain, sentences
from gracetape.topics import is_public, with_public_topics

if TYPE_CHECKING:
    from gracetape.capture.follow import Follower
    from gracetape.capture.sinks import Sink

#: Objects that come before garbage is looked for: thousands of messages are no garbage until they are kept.
GARBAGE = 50_000
#: Seconds after a signal in which a source may still be opened, and what is said of one that is not.
OPENS_S, NOT_OPENED = 2.0, "stopped before the source was reached: nothing was heard"
UNREAD = "stopped: nobody reads what is heard, and what was not written counts as not heard"

app = commands("")


@app.command()
@sentences
def listen(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="xmpp://USER@HOST/, kafka://HOST/GROUP, FILE.jsonl or -; replay:ARCHIVE, exec:CMD."
        ),
    ],
    nodes: Annotated[
        str,
        typer.Option(
            "--nodes",
            "-n",
            metavar="NODE,...",
            help="What to listen to, as in superevent,cbc_gstlal; public topics are named whole: igwn.gwalert.",
        ),
    ] = "",
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive", "-a", metavar="ARCHIVE", help="Keep the messages in an archive; made if it is not there."
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Add the messages to a file of JSON lines.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--service-url", metavar="URL", help="Capture each object from this GraceDB (or $GRACETAPE_SERVICE), too."
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Capture an object again after each of its alerts.")] = False,
    count: Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after N messages.")] = None,
    show: ShowOption = None,
    page: PageOption = None,
    listener: ListenerOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless something is wrong.")] = False,
) -> None:
    """Record a live stream of alerts until Ctrl-C: as lines of JSON, or into an archive.

    Started again, it goes on where it was; what it can have missed is written down.
    """
    # Imported here: the client and all that it needs take long to load, and `--help` needs neither.
    from gracetape.capture.listen import Recorder
    from gracetape.capture.service import service_url, set_service
    from gracetape.capture.sinks import Shown, Told
    from gracetape.capture.stopping import stopped_by_signals
    from gracetape.leaving import after, leave, when_unread, write_no_more

    wanted = [node.strip() for node in nodes.split(",") if node.strip()] or _named_in(source)
    source = with_public_topics(source, wanted)
    service = service_url(url) if url is not None or set_service() else None
    if archive is not None and to is not None:
        raise UsageError("--archive and --to exclude each other")
    if follow and (archive is None or service is None):
        raise UsageError("--follow needs --archive, and --service-url to capture from")
    tell = (lambda: None) if quiet else partial(_tell_listening, wanted)
    with ExitStack() as stack:
        sink, follower = _kept(stack, source, archive, to, service, follow)
        if shows_lines(show) and not quiet:
            sink = Shown(sink if archive or to else None)
        shown = live_page(page, f"{identity(source)} as it is heard", archive, listener=listener)
        if (told := stack.enter_context(shown)) is not None:
            sink = Told(sink, told)
        recorder = Recorder(with_group(source, archive or to), wanted, sink, on_listening=tell)
        stopping = stack.enter_context(stopped_by_signals(recorder.stop))
        # What is shown of messages that are kept may be dropped, but not what is all that becomes of them.
        when_unread(
            stopping.asked,
            write_no_more if archive or to else lambda: leave(stopping.status, UNREAD),
        )
        after(
            OPENS_S,
            stopping.asked,
            lambda: recorder.listening.is_set() or leave(stopping.status, NOT_OPENED),
        )
        try:
            gc.freeze()  # all that was imported stays, and need not be gone through while messages come in
            gc.set_threshold(GARBAGE)
            recorder.run(count)
        except BadUrl as error:
            complain(error, USAGE)
        except BrokerError as error:
            if stopping.number and not recorder.listening.is_set():
                complain(NOT_OPENED, stopping.status)
            complain(error, FAILURE)
        finally:
            if follower is not None:
                follower.close(stopping.asked)
            if not quiet and recorder.listening.is_set():
                print(recorder.tally, file=sys.stderr, flush=True)
                if recorder.told_of_others:
                    say(f"gracetape: {recorder.told_of_others}", error=True)
    if follower is not None and follower.missing:
        said = f"not captured: {_some(sorted(follower.missing))}"
        leave(FAILURE, said) if follower.hangs else complain(said, FAILURE)


def _named_in(source: str) -> list[str]:
    """The public topics that a Kafka URL names as hop's do: `kafka://HOST/igwn.gwalert`. UsageError if it names none."""
    try:
        url = parse_url(source)
    except BadUrl:
        url = None
    topics = [topic for topic in (url.path if url else "").split(",") if is_public(topic)]
    if not topics:
        raise UsageError("name at least one node to listen to: --nodes superevent,cbc_gstlal, or --nodes igwn.gwalert")
    return topics


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _tell_listening(nodes: Sequence[str]) -> None:
    print(f"listening to {', '.join(nodes)}; Ctrl-C ends it", file=sys.stderr, flush=True)


def _kept(
    stack: ExitStack, source: str, archive: Path | None, to: Path | None, service: str | None, follow: bool
) -> tuple["Sink", "Follower | None"]:
    """Where messages are kept, and who captures their objects."""
    from gracetape.archive import Archive
    from gracetape.capture.archive_sink import ArchiveSink
    from gracetape.capture.file_sink import FileSink
    from gracetape.capture.follow import Follower
    from gracetape.capture.sinks import StreamSink

    if archive is None:
        return (FileSink(to) if to else StreamSink()), None
    tape = stack.enter_context(Archive.at(archive))
    follower = Follower(tape, service, always=follow) if service is not None else None
    return (ArchiveSink(tape, source, follower.named) if follower else ArchiveSink(tape, source)), follower


def with_group(source: str, kept: Path | None) -> str:
    """A Kafka URL with a consumer group, so that a restart goes on: one per user and place of recording."""
    try:
        url = parse_url(source)
    except BadUrl:
        return source
    if url.scheme != "kafka" or kept is None or {"consumer", "share"} & url.options.keys():
        return source  # a group that others share has to be named: one made up here would be shared with nobody
    place = hashlib.sha256(str(kept.resolve()).encode()).hexdigest()[:12]  # files of one name may lie in many folders
    group = quote(f"{url.user or 'gracetape'}-recording-{kept.name}-{place}", safe="")
    return f"{source}{'&' if '?' in source else '?'}consumer={group}"
