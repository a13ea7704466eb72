"""Real notices of other observatories, as gwcelery uploads them: each fills what gwcelery and ligo-raven read afterwards."""

import json
from pathlib import Path
from typing import Any

import pytest

from demo.real_data import NoRealData, real_notices
from gracetape import dummy
from gracetape.archive import Archive

pytestmark = pytest.mark.real

#: How the names of files begin that are XML, or say no mission themselves -> pipeline.
_PIPELINES = {
    "chime": "CHIME", "einteinprobe": "EinsteinProbe", "fermi": "Fermi", "icecube": "IceCube", "rubin": "Rubin",
    "snews": "SNEWS", "svom": "SVOM", "swift": "Swift",
}  # fmt: skip
#: Those that tell of no position, and of no error.
_NO_PLACE = ("fermi_alert", "chime_retraction", "chime_update", "icecube_retraction", "swift_targeted_noloc")


@pytest.fixture(scope="module")
def notices() -> dict[str, bytes]:
    try:
        return real_notices()
    except NoRealData as error:
        pytest.skip(f"the real notices are not at hand: {error}")


def test_every_notice_fills_what_is_read_of_it(notices: dict[str, bytes], tmp_path: Path) -> None:
    with Archive.create(tmp_path / "a.tape") as archive, dummy.GraceDb(archive, api_version="v2") as client:
        for file, content in notices.items():
            name = file.removeprefix("kafka_alert_").rpartition(".")[0]
            pipeline = _PIPELINES[name.partition("_")[0]]
            made = client.create_event("External", pipeline, "initial.data", filecontents=content).json()
            grb: dict[str, Any] = made["extra_attributes"]["GRB"]
            assert made["gpstime"] > 1e9, file
            if file.endswith(".json"):
                notice = json.loads(content)
                ids = notice["id"] if "id" in notice else notice["objectId"]
                assert grb["trigger_id"] == ("_".join(ids) if isinstance(ids, list) else ids), file
                assert made["far"] == notice.get("far"), file
            placed = {"ra": grb["ra"], "dec": grb["dec"], "error_radius": grb["error_radius"]}
            missing = {field for field, value in placed.items() if value is None}
            assert missing == (
                set(placed) if name in _NO_PLACE else {"error_radius"} if pipeline == "Rubin" else set()
            ), file
            query = f'group: External pipeline: {pipeline} grbevent.trigger_id = "{grb["trigger_id"]}"'
            assert made["graceid"] in {event["graceid"] for event in client.events(query)}, file
    assert len(notices) == 36
