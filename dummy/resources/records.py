"""The lists of records that nobody has written a resource for: each is answered whole, and each of its records, as its kind's row says."""

from collections.abc import Iterator
from typing import ClassVar

import falcon

from gracetape.archive.kinds import LISTED, Kind
from gracetape.dummy.resources.resource import Resource, number


class Records(Resource):
    """All records of a kind that an object has."""

    kind: ClassVar[str]

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        self.answer_list(req, resp, graceid, self.kind)


class OneRecord(Resource):
    """The record of a kind that has a number."""

    kind: ClassVar[str]

    def on_get(self, req: falcon.Request, resp: falcon.Response, graceid: str, n: str) -> None:
        self.answer_one(req, resp, graceid, self.kind, number(n))


def templates(version: str) -> Iterator[tuple[str, str, str]]:
    """(name in the root document, category, address under the object) of each list that has a template, and of its records."""
    for kind in LISTED:
        if kind.template and version in kind.versions:
            for category in sorted(kind.categories):
                yield kind.template, category, kind.address
                if "-list-" in kind.template:
                    yield kind.template.replace("-list-", "-detail-"), category, _detail(kind, category, "{N}")


def routes(version: str) -> Iterator[tuple[str, type[Resource], str]]:
    """(address under the API root, resource, category) of the same lists."""
    for kind in LISTED:
        if kind.template and version in kind.versions:
            listed: type[Resource] = type("Records", (Records,), {"kind": kind.name})
            one: type[Resource] = type("OneRecord", (OneRecord,), {"kind": kind.name})
            for category in sorted(kind.categories):
                base = f"{category}s/{{graceid}}/"
                yield base + kind.address, listed, category
                yield base + _detail(kind, category, "{n}"), one, category


def _detail(kind: Kind, category: str, number: str) -> str:
    return kind.address + number + ("" if category == "event" else "/")
