"""Uploads a candidate as a low-latency search does: the event first, then its files and labels, going on when one of them fails."""

import logging
import os

from ligo.gracedb.rest import GraceDb

log = logging.getLogger("uploader")


class Uploader:
    """Uploads to the GraceDB at `url` (None: that of the environment)."""

    def __init__(self, url=None):
        self.gracedb = GraceDb(url or os.environ.get("GRACEDB_SERVICE_URL", "https://gracedb.ligo.org/api/"))

    def upload(self, coinc, psd, plots, labels=(), group="Test"):
        """The new event's id, or None if it could not be created; what failed after that is logged and left out."""
        event = self._tried(
            "the event", self.gracedb.create_event, group, "pycbc", "coinc.xml", "AllSky", filecontents=coinc
        )
        if event is None:
            return None
        graceid = event.json()["graceid"]
        self._tried(
            "the PSD", self.gracedb.write_log, graceid, "PyCBC PSD estimate", "psd.xml.gz", psd, tag_name=["psd"]
        )
        for name, contents in plots.items():
            self._tried(
                name,
                self.gracedb.write_log,
                graceid,
                f"{name} of the candidate",
                name,
                contents,
                tag_name=["background"],
            )
        for label in labels:
            self._tried(label, self.gracedb.write_label, graceid, label)
        return graceid

    def _tried(self, what, request, *args, **options):
        try:
            return request(*args, **options)
        except Exception as error:
            log.error("could not upload %s: %s", what, error)
            return None
