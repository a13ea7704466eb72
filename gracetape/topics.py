"""How the topics of igwn-alert (the nodes of LVAlert) are named, and which are made before anybody sends to them."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from urllib.parse import quote, urlsplit

from gracetape.errors import UsageError

#: Topics of superevents, by their category.
SUPEREVENT_TOPICS = {"Production": "superevent", "MDC": "mdc_superevent", "Test": "test_superevent"}
#: The topic of notices of gravitational waves to the public, at GCN (JSON) and SCiMMA (Avro); their names are whole, no group comes before.
GWALERT_TOPIC = "igwn.gwalert"
#: How GCN's topics of the older notices begin, in VOEvent XML; the notice's type follows: `LVC_PRELIMINARY`.
CLASSIC_TOPIC = "gcn.classic.voevent."
#: GCN's notices of gravitational waves: the number of their packets -> their name, with which their topics end.
LVC_PACKETS = {
    150: "LVC_PRELIMINARY", 151: "LVC_INITIAL", 152: "LVC_UPDATE", 153: "LVC_TEST", 154: "LVC_COUNTERPART", 163: "LVC_EARLY_WARNING",
    164: "LVC_RETRACTION",
}  # fmt: skip
#: All topics on which the public hears of gravitational waves; they are always there.
PUBLIC_TOPICS = (GWALERT_TOPIC, *(f"{CLASSIC_TOPIC}{name}" for name in LVC_PACKETS.values()))
#: Words that stand for many topics: who knows them, loaded when a word is used (the ground knows no room).
_LISTS = {"igwn": ("gracetape.pipelines.topics", "usual_topics")}


def event_topics(group: str | None, pipeline: str | None, search: str | None) -> tuple[str, ...]:
    """The topics of events: group and pipeline, and both with the search; records cut short may lack some."""
    names = [
        name for name in (group, pipeline) if isinstance(name, str) and name
    ]  # a stranger's record may hold anything
    topics = ["_".join(names), *(["_".join([*names, search])] if isinstance(search, str) and search else [])]
    return tuple(topic.lower() for topic in topics)


def is_public(topic: str) -> bool:
    """Whether a topic is one of those on which the public hears of gravitational waves."""
    return topic == GWALERT_TOPIC or topic.startswith(CLASSIC_TOPIC)


def with_public_topics(url: str, topics: Iterable[str] = (GWALERT_TOPIC,)) -> str:
    """A Kafka broker's URL that names no group, where nothing but public topics is meant, whose names are whole."""
    if not _is_kafka(url) or urlsplit(url).path.strip("/") or not all(map(is_public, topics)):
        return url
    parts = urlsplit(url)
    return parts._replace(path=f"/{GWALERT_TOPIC}").geturl()


def named(words: str | Iterable[str]) -> tuple[str, ...]:
    """The topics, without their group, that words name: `igwn` (the usual ones), `public` (PUBLIC_TOPICS), or names by commas; each once."""
    parts = [words] if isinstance(words, str) else words
    found: dict[str, None] = {}
    for name in (name.strip() for part in parts for name in part.split(",")):
        if name in _LISTS:
            module, function = _LISTS[name]
            found |= dict.fromkeys(getattr(import_module(module), function)())
        elif name == "public":
            found |= dict.fromkeys(PUBLIC_TOPICS)
        elif name:
            found[name] = None
    return tuple(found)


def with_topics(urls: Sequence[str], topics: str | None) -> list[str]:
    """URLs of targets, those of Kafka brokers asking for topics to be made beforehand. UsageError if none is one, and some are wanted."""
    if topics is None:
        return list(urls)
    asked = [
        f"{url}{'&' if urlsplit(url).query else '?'}topics={quote(topics)}" if _is_kafka(url) else url for url in urls
    ]
    if asked == list(urls):
        raise UsageError("--topics makes topics on a Kafka broker: name one to send to, as kafka://HOST/GROUP")
    return asked


def _is_kafka(url: str) -> bool:
    try:
        return urlsplit(url).scheme == "kafka"
    except ValueError:
        return False  # whoever opens it will say so
