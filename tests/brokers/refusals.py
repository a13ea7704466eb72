"""How a broker that lets nobody in, or is not trusted, is told of."""

import pytest

from gracetape.brokers import BrokerError, open_publisher
from tests import commands


def refused(url: str) -> str:
    """The one sentence with which the command gives up; publishing says the same."""
    done = commands.run(["capture", "listen", url, "-n", "superevent", "-q"], capture_output=True)
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    with pytest.raises(BrokerError) as caught:
        open_publisher(url)
    assert str(caught.value) in done.stderr
    return str(caught.value)
