"""The life of an event as people and pipelines write it: what the demonstration and the fixtures do to an empty dummy."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

#: Files that ship with ligo-gracedb for its own tests.
SAMPLES = files("ligo.gracedb") / "test" / "integration" / "data"

Pause = Callable[[float], object]


def sample(name: str) -> tuple[str, bytes]:
    """(name, contents) of a sample file of the installed ligo-gracedb."""
    return name, (SAMPLES / name).read_bytes()


def new_event(client: Any, name: str = "cbc-lm.xml", **more: Any) -> str:
    """Create an event in group Test from a real coinc file, and return its graceid."""
    filename, contents = sample(name)
    about = {"group": "Test", "pipeline": "gstlal", "search": "AllSky"} | more
    response = client.create_event(about.pop("group"), about.pop("pipeline"), filename, filecontents=contents, **about)
    return str(response.json()["graceid"])


#: (comment, file, tags) as gstlal and its follow-up write them.
EVENT_LOGS: tuple[tuple[str, str | None, list[str]], ...] = (
    ("strain spectral densities", "upload.data.gz", ["psd"]),
    ("ranking statistic PDFs", "upload.data", []),
    ("INFO:BAYESTAR:by your command...", None, []),
    ("INFO:BAYESTAR:starting sky localization", None, ["sky_loc"]),
    ("INFO:BAYESTAR:sky localization complete", None, ["sky_loc"]),
    ("INFO:BAYESTAR:uploaded sky map", "test_file.txt", ["sky_loc", "lvem"]),
    ("Mollweide projection of the sky map", "test_file2.txt", ["sky_loc"]),
    ("source classification computed from coinc.xml", "upload2.data", ["em_bright"]),
)
SUPEREVENT_LOGS: tuple[tuple[str, str | None, list[str]], ...] = (
    ("Detector state for active instruments is good", None, ["data_quality"]),
    ("iDQ glitch probabilities at H1: 0.01, L1: 0.02", None, ["data_quality"]),
    ("H1 omegascan", "upload.data", ["data_quality"]),
    ("Localization copied from the preferred event", "test_file.txt", ["sky_loc", "lvem", "public"]),
    ("Flattened from multiresolution file", "test_file.txt", ["sky_loc"]),
    ("Sending preliminary notice", None, []),
    ("Text with <a href='https://example.org'>a link</a>,\na line break, and ünïcödé", None, ["analyst_comments"]),
)


def write_logs(client: Any, graceid: str, logs: Any, pause: Pause) -> None:
    """Write log entries, with their files and tags."""
    for comment, name, tags in logs:
        upload = sample(name) if name else (None, None)
        client.write_log(graceid, comment, filename=upload[0], filecontents=upload[1], tag_name=tags)
        pause(1)


def whole_life(client: Any, pause: Pause = lambda seconds: None) -> tuple[str, list[str]]:
    """Two events, their follow-up, a superevent with labels and signoffs: (superevent id, graceids)."""
    first = new_event(client, labels=["PASTRO_READY"])
    pause(2)
    write_logs(client, first, EVENT_LOGS[:3], pause)
    t_0 = client.event(first).json()["gpstime"]
    made = client.create_superevent(t_0 - 1, t_0, t_0 + 1, first, category="test", labels=["EM_READY"])
    superevent = str(made.json()["superevent_id"])
    pause(3)
    second = new_event(client, "cbc-lm2.xml")
    pause(1)
    client.add_event_to_superevent(superevent, second)
    pause(1)
    write_logs(client, first, EVENT_LOGS[3:], pause)
    client.write_label(first, "SKYMAP_READY")
    pause(1)
    client.update_superevent(superevent, preferred_event=second, t_0=t_0 + 0.01)
    pause(2)
    write_logs(client, superevent, SUPEREVENT_LOGS, pause)
    for label in ("SKYMAP_READY", "H1OPS", "L1OPS", "ADVREQ"):
        client.write_label(superevent, label)
        pause(1)
    client.add_tag(superevent, 4, "public", tag_disp_name="Public")
    pause(1)
    client.create_signoff(superevent, "OP", "OK", "nothing unusual", instrument="H1")
    pause(5)
    client.create_signoff(superevent, "OP", "NO", "loud 'thunder'; see log", instrument="L1")
    pause(5)
    client.update_signoff(superevent, "OP", status="OK", comment="it was far away", instrument="L1")
    pause(5)
    client.create_signoff(superevent, "ADV", "OK", "go")
    pause(1)
    client.remove_label(superevent, "SKYMAP_READY")
    pause(1)
    write_logs(client, superevent, SUPEREVENT_LOGS[:2], pause)
    return superevent, [first, second]
