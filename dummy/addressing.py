"""Finds the resource that answers at an address: the table of addresses is compiled once, not for each dummy."""

import functools
from dataclasses import dataclass
from typing import Any

from falcon.routing import CompiledRouter, map_http_methods, set_default_responders

from gracetape.dummy.resources.resource import Resource
from gracetape.dummy.routes import addresses
from gracetape.dummy.service import Service


@dataclass(frozen=True)
class _Place:
    """What an app makes when an address is first asked: a resource of objects of a category, in a version of the API."""

    resource: type[Resource]
    category: str
    version: str


@functools.cache
def _compiled(api_default: str, own_v2: bool) -> CompiledRouter:
    router = CompiledRouter()
    for root, version in (("/api/", api_default), ("/api/v1/", "v1"), ("/api/v2/", "v2")):
        for address, (resource, category) in addresses(version, own_v2).items():
            router.add_route((root + address).rstrip("/"), _Place(resource, category, version))
    return router


class Addresses:
    """A router for Falcon: the resources of one service, made as they are asked."""

    def __init__(self, service: Service, api_default: str) -> None:
        self._service, self._find = service, _compiled(api_default, service.settings.own_v2).find
        self._made: dict[str, tuple[Resource, Any]] = {}

    def find(self, uri: str, req: Any = None) -> tuple[Resource, Any, dict[str, Any], str] | None:
        """(resource, its responders by method, what stands in the address's fields, the address as in the table), or None."""
        found = self._find(uri, req)
        if found is None:
            return None
        place, _, fields, address = found
        assert isinstance(place, _Place)
        address = str(address)
        if address not in self._made:
            self._made[address] = self._make(place)
        resource, methods = self._made[address]
        return resource, methods, fields, address

    def _make(self, place: _Place) -> tuple[Resource, Any]:
        resource = place.resource(self._service, place.category, place.version)
        methods: dict[str, Any] = dict(map_http_methods(resource))
        if "GET" in methods:  # as the server's framework has it
            methods.setdefault("HEAD", methods["GET"])
        set_default_responders(methods)
        return resource, methods
