"""Lists of what the public sees: each superevent is looked at once for each state of it."""

from pathlib import Path

import pytest

from demo.lives import new_event
from gracetape import dummy
from gracetape.archive import Archive, View
from gracetape.dummy import source


def _shown(client: dummy.GraceDb) -> list[str]:
    return sorted(one["superevent_id"] for one in client.superevents(""))


def test_what_is_made_public_is_listed_at_once_and_what_is_not_is_looked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, is_exposed = list[str](), source.is_exposed

    def told(view: View) -> bool:
        looked.append(view.graceid)
        return is_exposed(view)

    monkeypatch.setattr(source, "is_exposed", told)
    with Archive.create(tmp_path / "a.tape") as archive, dummy.GraceDb(archive) as member:
        names = []
        for number in range(3):
            times = number * 100, number * 100 + 1, number * 100 + 2
            made = member.create_superevent(*times, new_event(member), category="T").json()
            names.append(made["superevent_id"])
        with dummy.GraceDb(archive, as_public=True) as anybody:
            assert _shown(anybody) == []
            member.write_log(names[0], "for everybody", tag_name=["public"])
            member.modify_permissions(names[1], "expose")
            assert _shown(anybody) == sorted(names[:2])
            looked.clear()
            assert _shown(anybody) == sorted(names[:2])
            assert looked == []
            member.modify_permissions(names[1], "hide")
            assert _shown(anybody) == [names[0]]
            assert looked == [names[1]]
