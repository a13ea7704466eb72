"""What queries get that nobody means well with: a list or a refusal, never an error of the server's own."""

from typing import Any

import pytest
from falcon.testing import TestClient
from hypothesis import given, settings, strategies as st

from tests.dummy.query.conftest import asked

_PIECES = st.sampled_from(
    [
        "(", ")", "~", "-", "&", "|", ",", "..", ":", "<", ">=", "in", "far", "INJ", "G1", "label:", "created:", "1e-7", "S190330a", "*", '"', "'",
        "\x00", "é", "🌊", "now", "3 days ago", "9" * 30, "1e999", "si.snr", "; DROP TABLE captures", "%", "?", "\\", "2019-02-30", "None", "H1,",
        "a couple", "0x1", "T", "GW", "99999999999999 months ago", "replay_id:",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(
    st.lists(_PIECES, max_size=12).map(" ".join) | st.text(max_size=60),
    st.sampled_from(["events/", "superevents/", "v2/events/"]),
)
def test_whatever_is_asked_the_answer_is_a_list_or_a_refusal(app: TestClient, query: str, path: str) -> None:
    answered = app.simulate_get(
        f"/api/{path}", params={"query": query, "sort": query[:5], "start": query[:3], "columns": query}
    )
    assert answered.status_code in (200, 400), (query, answered.text)
    assert "Traceback" not in answered.text


@pytest.mark.parametrize(
    "query",
    [
        "(" * 5000, "(" * 40 + "INJ" + ")" * 40, "~" * 5000 + "INJ", "G1 " * 33000, "far < 1 | " * 1900 + "far < 1", "INJ & " * 3000 + "INJ",
        '"' + "x" * 90000 + '"', "-" * 9000, "G" + "9" * 15000, "9" * 18000, "1" * 10 + ".." * 3000, "a " * 9000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("category", ["event", "superevent"])
def test_a_huge_query_is_answered_or_refused(app: TestClient, category: str, query: str) -> None:
    answered = app.simulate_get(f"/api/{category}s/", params={"query": query})
    assert answered.status_code in (200, 400)
    nested: Any = query
    for _ in range(900):
        nested = {"not": nested}
    assert asked(app, category, nested).status_code == 400
    assert app.simulate_post(f"/api/v2/{category}s/search/", body="[" * 90000).status_code == 400
