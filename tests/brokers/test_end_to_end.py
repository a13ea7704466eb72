"""The whole way: a write on a dummy, its alert, a real broker, a listener, and a dummy read as of that alert."""

from pathlib import Path

from demo.lives import whole_life
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.brokers import Heard, open_source
from gracetape.brokers.private import PrivateBroker
from gracetape.capture.sinks import payload_of
from gracetape.replay.targets.sink import open_sink

NODES = ["test_superevent", "test_gstlal", "test_gstlal_allsky"]


def test_who_hears_an_alert_can_ask_a_dummy_how_things_were_then(broker: PrivateBroker, tmp_path: Path) -> None:
    sent: list[object] = []
    with Archive.create(tmp_path / "life.tape") as tape, open_source(broker.url, NODES) as source:
        sink = open_sink(broker.url)

        def announce(alert: object) -> None:
            sent.extend(alert.nodes)  # type: ignore[attr-defined]
            sink(alert)  # type: ignore[arg-type]

        with dummy.GraceDb(tape, on_alert=announce) as client:
            superevent, _ = whole_life(client)
        assert sink.close() is None
        heard = [one for one in (source.poll(60) for _ in sent) if one is not None]
        assert sorted(one.node for one in heard) == sorted(str(node) for node in sent)
        logs = [one for one in heard if _is_log_of(one, superevent)]
        assert len(logs) > 5
        for one in logs[:: len(logs) // 5]:
            alert = payload_of(one)
            with dummy.GraceDb(tape, as_of={superevent: alert["data"]["N"]}) as then:
                entries = then.logs(superevent).json()["log"]
                assert entries[-1]["N"] == alert["data"]["N"]
                assert entries[-1]["comment"] == alert["data"]["comment"]
                assert then.superevent(superevent).json()["labels"] == alert["object"]["labels"]


def _is_log_of(heard: Heard, superevent: str) -> bool:
    alert = payload_of(heard)
    return bool(alert["uid"] == superevent and alert["alert_type"] == "log")
