"""The observing and engineering runs that queries can name, as ranges of GPS seconds (both ends belong to them)."""

_O4 = {"O4a": (1368975618, 1389456018), "O4b": (1396796418, 1422118818), "O4c": (1422118818, 1447516818)}

#: Run -> its parts. Source: the server's documentation of queries.
RUNS: dict[str, tuple[tuple[int, int], ...]] = {
    "O4": tuple(_O4.values()),
    **{name: (span,) for name, span in _O4.items()},
    "ER16": ((1394982018, 1396796418),),
    "ER15": ((1366556418, 1368975618),),
    "O3": ((1238166018, 1269363618),),
    "ER14": ((1235750418, 1238166018),),
    "ER13": ((1228838418, 1229176818),),
    "O2": ((1164556817, 1187733618),),
    "O1": ((1126623617, 1136649617),),
    "ER8": ((1123858817, 1126623617),),
    "ER7": ((1117400416, 1118329216),),
    "ER6": ((1102089616, 1102863616),),
    "ER5": ((1073822416, 1078876816),),
    "ER4": ((1057881616, 1061856016),),
    "ER3": ((1044136816, 1045785616),),
    "ER2": ((1026666016, 1028480416),),
    "ER1": ((1011601640, 1013299215),),
    "ER1test": ((1010944815, 1011601640),),
    "S6": ((931035296, 971622087),),
    "S6A": ((931035296, 935798487),),
    "S6B": ((937800015, 947260815),),
    "S6C": ((949449543, 961545687),),
    "S6D": ((956707143, 971622087),),
}
_BY_LOWER = {name.lower(): spans for name, spans in RUNS.items()}


def spans(name: str) -> tuple[tuple[int, int], ...] | None:
    """The parts of a run, in whatever case it is written; None if there is no such run."""
    return _BY_LOWER.get(name.lower())
