"""What is published on a real broker is heard there, whole and in order."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from gracetape.brokers import BrokerError, Heard, Undelivered, open_publisher, open_source
from gracetape.brokers.private import PrivateBroker

NODES = ["superevent", "cbc_gstlal", "cbc_gstlal_allsky"]
HARD = [
    '{"uid": "S1"}',
    "",
    "<&>\"'",
    "]]>",
    "ünïcödé 🌌",
    "line\nbreak\ttab",
    "x" * 300_000,
    '"quoted"',
    "{broken",
]


def test_messages_are_heard_whole_and_in_the_order_of_each_node(broker: PrivateBroker) -> None:
    texts = [f'{{"i": {i}, "text": "{"&<" * 500}"}}' for i in range(600)]
    with open_source(broker.url, NODES) as source, open_publisher(broker.url) as publisher:
        for i, text in enumerate(texts):
            publisher.publish(NODES[i % 3], text)
        publisher.flush()
        assert (publisher.counts.sent, publisher.counts.acknowledged, publisher.counts.failed) == (600, 600, 0)
        heard = [source.poll(60) for _ in texts]
    for k, node in enumerate(NODES):
        assert [h.payload for h in heard if h is not None and h.node == node] == texts[k::3]


def test_what_has_arrived_is_taken_at_once_and_in_order(broker: PrivateBroker) -> None:
    texts = [f'{{"i": {i}}}' for i in range(600)]
    with open_source(broker.url, ["cbc"]) as source, open_publisher(broker.url) as publisher:
        assert source.take(5, 0) == []
        for text in texts:
            publisher.publish("cbc", text)
        publisher.flush()
        heard, most = list[Heard](), 0
        while len(heard) < 600 and (some := source.take(7, 60)):
            heard, most = heard + some, max(most, len(some))
        assert source.take(7, 0) == []
    assert [one.payload for one in heard] == texts
    assert 1 <= most <= 7


@pytest.mark.parametrize("text", HARD)
def test_hard_texts_come_through_verbatim(broker: PrivateBroker, text: str) -> None:
    with open_source(broker.url, ["hard"]) as source, open_publisher(broker.url) as publisher:
        publisher.publish("hard", text)
        heard = source.poll(60)
    assert heard is not None
    assert heard.payload == text


def test_other_nodes_are_not_heard(broker: PrivateBroker) -> None:
    with open_source(broker.url, ["mine"]) as source, open_publisher(broker.url) as publisher:
        publisher.publish("yours", "no")
        publisher.publish("mine", "yes")
        heard = source.poll(60)
        assert heard is not None
        assert heard.payload == "yes"
        assert source.poll(0.1) is None


def test_a_closed_source_ends_its_iteration(broker: PrivateBroker) -> None:
    source = open_source(broker.url, ["mine"])
    source.close()
    assert list(source) == []
    assert source.closed
    source.close()


def test_what_xml_cannot_hold_is_refused_before_it_is_sent(xmpp_broker: PrivateBroker) -> None:
    with open_publisher(xmpp_broker.url) as publisher:
        with pytest.raises(BrokerError, match="cannot carry"):
            publisher.publish("mine", "a\x00b")
    assert publisher.counts.sent == 0


def test_a_message_that_is_too_large_is_named(kafka_broker: PrivateBroker) -> None:
    lost: list[Undelivered] = []
    with open_publisher(kafka_broker.url, on_undelivered=lost.append) as publisher:
        with pytest.raises(BrokerError, match="too large"):
            publisher.publish("mine", "x" * 2_000_000)
        publisher.publish("mine", "small")
    assert (publisher.counts.sent, publisher.counts.acknowledged, lost) == (1, 1, [])


@given(text=st.text())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_survives_the_wire_of_kafka(text: str) -> None:
    from hop.io import Producer

    from gracetape.brokers.kafka_wire import Packer, text_of

    value, headers = Packer("me")(text)
    theirs, their_headers = Producer.pack(text, headers=[("_sender", b"me")])
    assert (text_of(value), value) == (text, theirs)
    assert sorted(name for name, _ in headers) == sorted(name for name, _ in their_headers)
