"""What API v2 answers on addresses whose functions its servers gave up: 410, whoever asks for what."""

import falcon

from gracetape.dummy.refusals import refused
from gracetape.dummy.resources.resource import Resource
from gracetape.dummy.resources.voevents import VOEvents


class Gone(Resource):
    """Nothing any more, by any method, whether or not the object is there."""

    of_object = False

    def on_get(self, req: falcon.Request, resp: falcon.Response, **_: str) -> None:
        raise refused("gone")

    on_post = on_put = on_patch = on_delete = on_get


class VOEventsToRead(VOEvents):
    """The VOEvents that a superevent has; notices took the place of new ones."""

    def on_post(self, req: falcon.Request, resp: falcon.Response, graceid: str) -> None:
        raise refused("gone")
