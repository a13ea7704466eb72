"""The plug-in `checks`: whether what should happen to an event does happen, in time, and with what result."""
