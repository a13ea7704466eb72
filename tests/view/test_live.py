"""What happens now, as pages hear of it: alerts and states as server-sent events, messages that open, moves, and who is refused."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from gracetape.archive import Archive, alerts_of, timeline_of
from gracetape.archive.alerts.lines import line_of
from gracetape.clocks import ScaledClock
from gracetape.errors import BadRequest, NotFound, UsageError
from gracetape.live_pages import live_page
from gracetape.replay.moves import MOVES, PlayerMoves
from gracetape.replay.player import Player
from gracetape.replay.targets.page import PageTarget
from gracetape.view import live as live_module
from gracetape.view.live import Live
from gracetape.view.live_app import live_page as served

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"


@pytest.fixture(scope="module")
def alerts() -> list[Any]:
    with Archive.open(SHORT) as tape:
        return list(alerts_of(timeline_of(tape)))


def told(live: Live, alerts: list[Any]) -> None:
    for alert in alerts:
        live.tell(line_of(alert, 0.0, alert.nodes), alert.payload)


def parsed(stream: Iterator[bytes]) -> Iterator[tuple[str, Any]]:
    """The events of a stream, as a browser reads them."""
    text = b""
    for piece in stream:
        text += piece
        while b"\n\n" in text:
            event, _, text = text.partition(b"\n\n")
            fields = dict(line.split(": ", 1) for line in event.decode().split("\n") if not line.startswith(":"))
            if "data" in fields:
                yield fields["event"], json.loads(fields["data"])


@contextmanager
def events(url: str, **headers: str) -> Iterator[Iterator[tuple[str, Any]]]:
    with requests.get(f"{url}api/live", stream=True, headers=headers, timeout=60) as response:
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"] == "text/event-stream"
        yield parsed(response.iter_content(None))


def test_a_page_hears_all_that_was_told_and_goes_on_where_it_was(alerts: list[Any]) -> None:
    live = Live("a test")
    told(live, alerts[:3])
    stream = parsed(live.events(0))
    kind, found = next(stream)
    assert kind == "alerts"
    assert [line["number"] for line in found] == [0, 1, 2]
    assert found[0]["id"] == alerts[0].graceid
    assert found[0]["topics"] == list(alerts[0].nodes)
    assert next(stream)[0] == "state"
    told(live, alerts[3:5])
    again = parsed(live.events(3))  # it had lost its connection
    assert [line["number"] for line in next(again)[1]] == [3, 4]
    live.close()
    assert [kind for kind, _ in again][-1:] == ["state"]  # and then it ends


def test_no_alert_is_counted_before_it_is_shown(alerts: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    live = Live("a test")
    ordinary = live.state

    def meanwhile() -> dict[str, Any]:
        told(live, alerts[:1])  # while a page is told how it stands
        return ordinary()

    monkeypatch.setattr(live, "state", meanwhile)
    stream = parsed(live.events(0))
    kind, state = next(stream)
    assert (kind, state["told"]) == ("state", 0)
    assert next(stream)[0] == "alerts"


def test_what_is_kept_is_bounded(alerts: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "MOST_LINES", 4)
    monkeypatch.setattr(live_module, "MOST_MESSAGES", 2)
    monkeypatch.setattr(live_module, "MOST_PAGES", 1)
    live = Live("a test")
    told(live, alerts[:10])
    stream = live.events(0)
    assert [line["number"] for line in next(parsed(stream))[1]] == [6, 7, 8, 9]
    assert live.message(9) == alerts[9].payload()
    with pytest.raises(NotFound):
        live.message(7)
    with pytest.raises(UsageError, match="look on"):
        live.events(0)
    stream.close()  # type: ignore[attr-defined]
    live.events(0)


def test_a_replay_is_seen_and_moved(alerts: list[Any]) -> None:
    player = Player(alerts, ScaledClock(1e-6))  # so slow that only steps move it
    player.pause()
    with Archive.open(SHORT) as tape, served(0, "a replay", tape, PlayerMoves(player), None) as (page, tell):
        url = page.partition("#")[0]
        playing = threading.Thread(target=player.play, args=([PageTarget(tell)],), daemon=True)
        playing.start()

        def move(word: Any, value: Any = None) -> Any:
            return requests.post(f"{url}api/live/moves", json={"do": word, "value": value}, timeout=60).json()

        with events(url) as stream:
            states = (event for event in stream if event[0] == "state")
            assert next(states)[1]["paused"] is True
            move("step")
            lines = next(found for kind, found in stream if kind == "alerts")
            assert lines[0]["type"] == alerts[0].alert_type
            message = requests.get(f"{url}api/live/messages/0", timeout=60).json()
            assert message == json.loads(json.dumps(alerts[0].payload()))
            assert move("faster")["speed"] > 1e-6
            assert move("speed", 0.5)["speed"] == 0.5
            move("seek", "label_removed")
            move("step")
            assert next(found for kind, found in stream if kind == "alerts")[0]["type"] == "label_removed"
            assert "comes after" in move("seek", "no such type")["said"]
            for wrong in ("sing", 5, None):
                assert move(wrong)["error" if wrong != "sing" else "said"]
            assert requests.get(f"{url}api/about", timeout=60).json()["live"] == "a replay"
            move("stop")
            playing.join(60)
            assert not playing.is_alive()
        # It is asked for as JSON by the page itself, or not at all.
        address = f"{url}api/live/moves"
        assert (
            requests.post(
                address, data='{"do": "stop"}', headers={"Content-Type": "text/plain"}, timeout=60
            ).status_code
            == 400
        )
        foreign = {"Origin": "https://elsewhere.invalid"}
        assert requests.post(address, json={"do": "stop"}, headers=foreign, timeout=60).status_code == 403
        assert requests.get(f"{url}api/live", headers={"Host": "elsewhere.invalid"}, timeout=60).status_code == 403


def test_keys_and_pages_know_the_same_moves() -> None:
    from gracetape.replay.keys import KEYS

    assert set(KEYS.values()) <= set(MOVES)


def test_a_listener_is_shown_beside_it(tmp_path: Path) -> None:
    status = tmp_path / "listener.status.json"
    live = Live("a test", listener=tmp_path)
    assert "no listener" in live.state()["listener"]["said"]
    status.write_text(
        '{"accepted": 5, "running": true, "children": [{"name": "a", "queue": 2, "states": {"S1": {"far": "ok"}}, "nodes": ["x"]}]}'
    )
    assert live.state()["listener"] == {
        "accepted": 5,
        "running": True,
        "children": [{"name": "a", "queue": 2, "states": {"S1": {"far": "ok"}}}],
    }
    for broken in ("[]", "{", '{"accepted": 1, "running": 1, "children": [1]}'):
        status.write_text(broken)
        assert "cannot be read" in live.state()["listener"]["said"]


def test_no_page_unless_it_is_asked_for() -> None:
    with live_page(None, "nothing") as tell:
        assert tell is None
    with pytest.raises(UsageError, match="--page"), live_page(None, "nothing", listener=Path()):
        pass


def test_a_server_with_pages_that_look_on_stops_at_once(alerts: list[Any]) -> None:
    with served(0, "a test", None, None, None) as (page, tell):
        url = page.partition("#")[0]
        response = requests.get(f"{url}api/live", stream=True, timeout=60)
        tell(line_of(alerts[0], 0.0, alerts[0].nodes), alerts[0].payload)
        stream = parsed(response.iter_content(None))
        assert {next(stream)[0], next(stream)[0]} == {"alerts", "state"}
        assert requests.get(f"{url}api/objects", timeout=60).status_code == 404  # there is no archive to look at
    assert [state["over"] for kind, state in stream][-1:] == [True]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e308, 10**400, True, [], {}, "", None])
def test_a_move_to_nowhere_is_refused_and_the_replay_stands(alerts: list[Any], value: Any) -> None:
    moves = PlayerMoves(Player(alerts, ScaledClock(1e-6)))
    for word in ("seek", "speed"):
        with pytest.raises(BadRequest):
            moves.move(word, value)
    assert moves.state()["sent"] == 0
