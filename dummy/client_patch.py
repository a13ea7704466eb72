"""Leads every `ligo.gracedb` client that is made in this process somewhere else than it asked; needs nothing else of gracetape."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from requests.adapters import BaseAdapter, HTTPAdapter

#: What a caught client is made with, whatever the code said: no credentials are looked for, sent or renewed.
_NO_LOGIN = {"cred": None, "use_auth": "all", "reload_cred": False, "reload_certificate": False}
_NO_TOKEN = {"force_noauth": True, "fail_if_noauth": False}

#: Where a request's login stands, if it has no name: method, url, params, data, headers, cookies, files, auth.
_AUTH = 7

#: Makes the transport of a client from the API root that it asked for and its rule for asking again.
MakeAdapter = Callable[[str, Any], BaseAdapter]


def caught(client_class: Any) -> bool:
    """Whether clients of `ligo.gracedb.client.GraceDBClient` are led elsewhere already."""
    return hasattr(client_class.__init__, "undo")


def catch(client_class: Any, make_adapter: MakeAdapter) -> Callable[[], None]:
    """Lead all new clients, those of subclasses too, through `make_adapter`; call what is returned to end it.

    Nothing that a caught client sends can reach the network but through that adapter. Clients that have an attribute
    `app` (the dummy's own) are left alone.
    """
    original = client_class.__init__
    signature = inspect.signature(original)

    @wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if hasattr(self, "app"):
            original(self, *args, **kwargs)
            return
        wanted = signature.bind(self, *args, **kwargs)
        wanted.arguments |= _NO_LOGIN
        wanted.arguments["kwargs"] = wanted.arguments.get("kwargs", {}) | _NO_TOKEN
        original(*wanted.args, **wanted.kwargs)
        asked = str(wanted.arguments.get("url", signature.parameters["url"].default)).rstrip("/") + "/"
        retries = self.get_adapter("https://").max_retries
        for prefix in ("https://", "http://"):
            self.mount(prefix, make_adapter(asked, retries))
        self.request = _asking_as_nobody(self.request)

    def undo() -> None:
        client_class.__init__ = original

    __init__.undo = undo  # type: ignore[attr-defined]
    client_class.__init__ = __init__
    return undo


def _asking_as_nobody(request: Callable[..., Any]) -> Callable[..., Any]:
    """A client's way to ask, which looks for no login: for want of one igwn-auth-utils looks into .netrc, which for a moment takes
    all modules away from the other threads (`mock.patch.dict` of `sys.modules`).
    """

    @wraps(request)
    def ask(*args: Any, **options: Any) -> Any:
        return request(*args, **in_nobodys_name(args, options))

    return ask


def in_nobodys_name(args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    """The options of a request that has no login of its own, so that none is looked for."""
    return options if len(args) > _AUTH else options | {"auth": options.get("auth") or _no_login}


def _no_login(request: Any) -> Any:
    return request


def elsewhere(url: str, asked: str, root: str) -> str:
    """An address under the API root `asked` (or under any `/api/`), under `root` instead."""
    if url.startswith(root):
        return url
    rest = url[len(asked) :] if url.startswith(asked) else url.partition("/api/")[2]
    return root + rest


class ToServer(HTTPAdapter):
    """A transport to the API root of a dummy that is served at `root`, for a client that asks at `asked`."""

    def __init__(self, root: str, asked: str, retries: Any) -> None:
        super().__init__(max_retries=retries)
        self._root, self._asked = root.rstrip("/") + "/", asked
        self.leads_to = self._root  # whose answers, and links, a careful client has to do with

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        request.url = elsewhere(request.url, self._asked, self._root)
        return super().send(request, *args, **(kwargs | {"proxies": {}}))
