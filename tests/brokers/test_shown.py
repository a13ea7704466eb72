"""No secret and no order to a terminal is shown, whatever a URL, a command or a stranger's text looks like."""

import io
import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from gracetape import shown
from gracetape.shown import Guarded, identity, printable, printable_json, sentence, target, visible

URLS = {
    "xmpp://me:S3cret@host/?tls=off": "xmpp://me:***@host/?tls=off",
    "xmpp:/me:S3cret@host": "xmpp:/me:***@host",
    "xmpp:me:S3cret@host": "xmpp:me:***@host",
    "xmpp//me:S3cret@host": "xmpp//me:***@host",
    "xmmp://me:S3cret@host": "xmmp://me:***@host",
    "me:S3cret@host": "me:***@host",
    "//me:S3cret@host": "//me:***@host",
    "kafka://u:S3cret@h:x": "kafka://u:***@h:***",
    "KAFKA://u:S3cret@h/g": "KAFKA://u:***@h/g",
    "https:/u:S3cret@h/api/": "https:/u:***@h/api/",
    "https://S3cret@h/api/": "https://***@h/api/",
    "https://u:S%33cret@h/": "https://u:***@h/",
    "https://u:S3cret%40h/api": "https://u:***/api",
    "http://u:a/S3cret:@b?c@h/": "http://u:***@h/",
    "gracedb+https://u:S3cret@h/": "gracedb+https://u:***@h/",
    "xmpp://me:S3cret": "xmpp://me:***",
    "tcp:host:S3cret": "tcp:host:***",
    "https://hooks/x?sig=S3cret&tls=off": "https://hooks/x?sig=***&tls=off",
    "https://h/#access_token=S3cret": "https://h/#access_token=***",
    "exec:prog --token=S3cret": "exec:prog ***",
    "exec:'S3cret": "exec:***",
    "exec:TOKEN=S3cret prog": "exec:TOKEN=*** ***",
}
HARMLESS = [
    "xmpp://me@localhost:5222/?tls=off",
    "kafka://a:9092,b:9092/group?consumer=x",
    "kafka://[::1]:9092/group",
    "http://localhost:8000/api/superevents/S1/files/x.fits@2",
    "tcp:localhost:99",
    "replay:my.tape?speed=4&id=S1@2",
    "dummy:some.tape",
    "exec:prog",
    "folder/night:2.tape",
    "G1234@2:-5",
    "-",
    "xmpp://HOST:PORT/",
]


@pytest.mark.parametrize(("url", "seen"), URLS.items())
def test_what_holds_a_secret_is_shown_without_it(url: str, seen: str) -> None:
    assert target(url) == seen
    assert "cret" not in sentence(f"{url!r} is no URL: {url}: see {url}.") or url.startswith(("exec:", "tcp:"))


@pytest.mark.parametrize("url", HARMLESS)
def test_what_holds_none_is_shown_as_it_is(url: str) -> None:
    assert target(url) == identity(url) == url
    said = f"cannot reach {url}: connection refused; at 12:30:00, mail me@host, G1@2:20, --key NAME"
    assert sentence(said) == said


def test_a_source_is_known_by_all_of_it_without_showing_it() -> None:
    ours, theirs = identity("exec:prog --token=S3cret"), identity("exec:prog --token=other")
    assert ours != theirs
    assert ours.startswith("exec:prog *** #")
    assert identity(ours) == ours == identity("exec:prog --token=S3cret")


@given(text=st.text())
def test_nothing_that_is_shown_is_an_order_to_a_terminal(text: str) -> None:
    assert printable(text).isprintable()
    assert visible(text).isprintable()
    assert json.loads(printable_json({"a": text})) == {"a": text}
    assert all(c.isprintable() or c == "\n" for c in printable_json([text], indent=2))


@pytest.mark.parametrize("terminal", [True, False])
def test_a_guarded_stream_lets_our_colours_through_and_nothing_else(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr(shown, "_given", {"exec:it --pin 12": "exec:it ***"})
    Guarded(stream, secrets=True).write(
        "\x1b[1mbold\x1b[0m \x1b]0;owned\x07 \x9b2J \u202eevil\rline\ncannot run exec:it --pin 12\n"
    )
    colours = ("\x1b[1m", "\x1b[0m") if terminal else ("\\u001b[1m", "\\u001b[0m")
    rest = "\\u001b]0;owned\\u0007 \\u009b2J \\u202eevil line\ncannot run exec:it ***\n"
    assert stream.getvalue() == f"{colours[0]}bold{colours[1]} {rest}"


@pytest.mark.parametrize(
    "part", [":", "-", "@", "://", "a:", "?a=", "-token", "bearer ", "\x1b[1", "***", "[", "1/", ","]
)
@pytest.mark.parametrize("seen", [sentence, target, visible])
def test_long_texts_take_time_that_grows_with_their_length(part: str, seen: Callable[[str], str]) -> None:
    def seconds(count: int) -> float:
        begun = time.process_time()
        seen(part * count)
        return time.process_time() - begun

    assert any(seconds(40_000) < 40 * seconds(4_000) + 0.2 for _ in range(5))
