"""Addresses: where each thing of an object is found, and how links of a recording are led to the dummy's own host."""

from typing import Any
from urllib.parse import quote

from gracetape.archive.links import relinked

#: The API root in the links of what the dummy itself stores; whoever reads gets the root that they asked at.
HOME = "https://dummy.invalid/api/"

_SAFE = "!$&'()*+,;=/~:@"


def quoted(name: str) -> str:
    """A file's or tag's name as a part of an address, quoted as the server quotes it."""
    return quote(name, safe=_SAFE)


def relink(value: Any, old: str, new: str) -> Any:
    """A record with the API root `old` replaced by `new` where a string value starts with it, never in a comment.

    Old links may be http or https alike, and name a version of the API or none.
    """
    if old == new:
        return value
    rest = old.split("://", 1)[-1]
    olds = tuple(f"{scheme}://{rest}{v}" for v in ("v2/", "v1/", "") for scheme in ("https", "http"))

    def led(link: str) -> str:
        return new + link[next(len(old) for old in olds if link.startswith(old)) :] if link.startswith(olds) else link

    return relinked(value, led)


class Links:
    """Addresses of one object's things under an API root."""

    def __init__(self, root: str, category: str, graceid: str) -> None:
        self.event = category == "event"
        self.base = f"{root}{category}s/{graceid}"

    def detail(self) -> str:
        return self.base if self.event else f"{self.base}/"

    def page(self) -> str:
        """Where a person looks at it."""
        return f"{self.detail().replace('/api/', '/', 1)}{'' if self.event else 'view/'}"

    def log(self, n: int) -> str:
        return f"{self.base}/log/{n}" if self.event else f"{self.base}/logs/{n}/"

    def tags(self, n: int) -> str:
        return f"{self.base}/log/{n}/tag/" if self.event else f"{self.base}/logs/{n}/tags/"

    def tag(self, n: int, name: str) -> str:
        return f"{self.tags(n)}{quoted(name)}" if self.event else f"{self.tags(n)}{quoted(name)}/"

    def event_tag(self, name: str) -> str:
        return f"{self.base}/tag/{quoted(name)}"

    def file(self, full_name: str) -> str:
        return f"{self.base}/files/{quoted(full_name)}"

    def label(self, name: str) -> str:
        return f"{self.base}/labels/{name}" if self.event else f"{self.base}/labels/{name}/"

    def voevent(self, n: int) -> str:
        return f"{self.base}/voevent/{n}" if self.event else f"{self.base}/voevents/{n}/"

    def emobservation(self, n: int) -> str:
        return f"{self.base}/emobservation/{n}" if self.event else f"{self.base}/emobservations/{n}/"

    def embb(self, n: int) -> str:
        return f"{self.base}/embb/{n}"

    def notice(self, n: int) -> str:
        return f"{self.base}/notices/{n}/"

    def signoff(self, key: str) -> str:
        return f"{self.base}/signoff/{key}" if self.event else f"{self.base}/signoffs/{key}/"

    def all_of_event(self) -> dict[str, str]:
        """The `links` of an event's record."""
        parts = {
            "neighbors": "neighbors/", "log": "log/", "emobservations": "emobservation/", "files": "files/",
            "labels": "labels/",
        }  # fmt: skip
        found = {name: f"{self.base}/{path}" for name, path in parts.items()}
        return found | {"self": self.base, "tags": f"{self.base}/tag/"}

    def all_of_superevent(self) -> dict[str, str]:
        """The `links` of a superevent's record."""
        found = {name: f"{self.base}/{name}/" for name in ("events", "labels", "logs", "files")}
        return found | {"self": f"{self.base}/"} | {n: f"{self.base}/{n}/" for n in ("voevents", "emobservations")}
