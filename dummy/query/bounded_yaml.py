"""Reads YAML of strangers: plain values alone, nested no deeper than the queries that it is of, and nothing that stands for more than is written."""

from typing import Any

#: No query nests its values deeper.
_DEEPEST = 250


def read_yaml(text: str) -> Any:
    """The value of a YAML text; ValueError if it is none, nests too deep, or repeats parts by aliases, which may grow without end."""
    import yaml  # takes a while, and few dummies are ever asked so

    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise ValueError(f"the text is nested deeper than {_DEEPEST}")
            if isinstance(event, yaml.AliasEvent):
                raise ValueError("the text has aliases (*name): write what they stand for")
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    except (RecursionError, OverflowError, TypeError, LookupError, AttributeError):  # of values that their tags belie
        raise ValueError("the text is no YAML that can be read") from None
