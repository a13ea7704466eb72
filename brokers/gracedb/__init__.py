"""The wire to a GraceDB: a client that asks one server only, bears its answers within limits, and can be stopped."""

from gracetape.brokers.gracedb.client import Client
from gracetape.brokers.gracedb.conditions import unless
from gracetape.brokers.gracedb.errors import Refused, Stopped, TooSlow
from gracetape.brokers.gracedb.held import held
from gracetape.brokers.gracedb.limits import Limits
from gracetape.brokers.gracedb.logins import nobody
from gracetape.brokers.gracedb.origins import Origin

__all__ = ["Client", "Limits", "Origin", "Refused", "Stopped", "TooSlow", "held", "nobody", "unless"]
