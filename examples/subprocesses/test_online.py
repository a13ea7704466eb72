"""Over an empty GraceDB: the clients that the processes make are led to it, however these are started."""

import pytest
from online import Online

CANDIDATE = {"gpstime": 1338848303.6, "far": 1e-9, "ifos": ["H1", "L1"], "detection_statistic": 12.5}


@pytest.mark.tape(None)
@pytest.mark.parametrize("how", ["fork", "spawn", "forkserver"])
def test_a_candidate_becomes_an_event_with_p_astro(gracedb_url, gracedb, alerts, how):
    search = Online(how)
    search.candidates.put(CANDIDATE)
    (labelled,) = alerts.wait("label_added", timeout_s=120)
    assert alerts.types == ["new", "log", "label_added"]
    assert gracedb.files(labelled.graceid, "aframe.p_astro.json").json() == {"BBH": 0.9}
    assert search.stop() == [0, 0]
