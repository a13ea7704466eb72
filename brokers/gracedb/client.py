"""The client of a GraceDB that everything here uses: `ligo.gracedb`'s own, which asks its own server only, within limits."""

import copy
import re
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from ligo.gracedb.rest import GraceDb
from requests.adapters import BaseAdapter, HTTPAdapter

from gracetape.brokers.gracedb.conditions import unless
from gracetape.brokers.gracedb.errors import Refused
from gracetape.brokers.gracedb.limits import Limits
from gracetape.brokers.gracedb.logins import nobody
from gracetape.brokers.gracedb.origins import Origin, shown
from gracetape.brokers.gracedb.transport import Guarded, Sockets
from gracetape.brokers.gracedb.watch import Watch
from gracetape.logins import mend, no_login

_UNCHANGED = 304
#: An address with names to fill in, and nothing else that `str.format` would act upon.
_TEMPLATE = re.compile(r"[^{}]{0,2000}(?:\{[A-Za-z_]{1,60}\}[^{}]{0,2000}){0,20}")


mend()


class Client(GraceDb):  # type: ignore[misc]
    """`ligo.gracedb.rest.GraceDb` with one rule for all that it sends, redirects included.

    Only the service's own origin is asked; tokens, certificates and logins go there and nowhere else, and never over plain
    HTTP, where nobody's name is given at all. Answers are bounded by `limits`. `stop()` ends all questions, now and later.
    """

    def __init__(
        self, service_url: str, *, limits: Limits | None = None, force_noauth: bool = False, **options: Any
    ) -> None:
        self.limits = limits or Limits.meant()
        self.watch = Watch()
        self.home = Origin.of(service_url)  # ValueError if it is no URL
        self._root, self._guards = service_url, dict[int, Guarded]()
        self._root_before: tuple[dict[str, Any], str] | None = None
        self.root_tag: str | None = None
        self._anonymous = force_noauth or self.home.scheme == "http"
        super().__init__(service_url, force_noauth=self._anonymous, **options)
        if self._anonymous:
            nobody(self, service_url)
        for prefix in ("https://", "http://"):
            before = super().get_adapter(prefix)
            if type(before) is HTTPAdapter:  # no other, which leads to a dummy
                self.mount(prefix, Sockets(max_retries=before.max_retries))

    def stop(self) -> None:
        """End what is being asked, with `Stopped` for who asks; any thread, and a signal handler, may call it."""
        self.watch.stop()

    @property
    def stopped(self) -> bool:
        return self.watch.stopped.is_set()

    def get_adapter(self, url: str) -> BaseAdapter:
        inner = super().get_adapter(url if urlsplit(url).scheme in ("http", "https") else "http://")
        if id(inner) not in self._guards:
            led = getattr(inner, "leads_to", None)  # GRACETAPE_DUMMY: answers, and their links, are that server's
            homes = (self.home, Origin.of(led)) if led else (self.home,)
            first = urlsplit(led or self._root).path.split("/")[1:2]
            self._guards[id(inner)] = Guarded(inner, homes, "/".join(["", *first]), self.limits, self.watch)
        return self._guards[id(inner)]

    def request(self, method: str, url: str, *args: Any, auth: Any = None, **options: Any) -> Any:
        try:
            address = urljoin(self._service_url, url)
        except (ValueError, TypeError):
            raise Refused(f"the server points to {shown(url)!r}, which is no address") from None
        auth = auth or (no_login if self._anonymous else None)
        if address != self._versioned_service_url or method != "GET":
            return super().request(method, address, *args, auth=auth, **options)
        document, tag = self._root_before or ({}, None)
        with unless({address: tag} if tag else {}):
            response = super().request(method, address, *args, auth=auth, **options)
        self.root_tag = response.headers.get("ETag")
        if response.status_code == _UNCHANGED:
            response.status_code, response.json = 200, lambda **_: copy.deepcopy(document)
        return response

    @property
    def asked(self) -> str:
        """The service's URL, as its addresses begin when it is asked."""
        return str(self._service_url)

    @property
    def root_address(self) -> str:
        """Where the root document is, under the service's URL."""
        return str(self._versioned_service_url).removeprefix(self.asked)

    def expect_root(self, document: dict[str, Any], tag: str) -> None:
        """What the API root said the last time, and its ETag: the server need not send it again if it has not changed."""
        self._root_before = document, tag

    def rebuild_auth(self, prepared_request: Any, response: Any) -> None:
        """After a redirect: the same login as before, since it is the same server or none; never one from .netrc. It takes its turn too."""
        prepared_request.is_redirect = True
        if (pace := getattr(self, "pace", None)) is not None:
            pace.wait(self)

    @property
    def service_info(self) -> dict[str, Any]:
        """What the API root says, checked where the client relies on it."""
        known: dict[str, Any] | None = self.__dict__.get("_service_info")
        if known:
            return known
        found = super().service_info
        try:
            _check_root(found)
        except Refused:
            self._service_info = None
            raise
        return dict(found)

    def __enter__(self) -> Self:
        return self


def _check_root(found: Any) -> None:
    root = "the API root: is the service URL that of a GraceDB API (…/api/)?"
    if not isinstance(found, dict):
        raise Refused(f"the answer is no JSON object at {root}")
    for name in ("links", "templates"):
        entries = found.get(name)
        if not isinstance(entries, dict) or not all(isinstance(entry, str) for entry in entries.values()):
            raise Refused(f"{name!r} does not lead from names to addresses at {root}")
        for entry in entries.values():
            if _TEMPLATE.fullmatch(entry) is None:
                raise Refused(f"{entry[:80]!r} is no address, among the {name} at {root}")
