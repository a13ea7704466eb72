"""Captures of objects that changed each time that they were read: what they hold may be of several moments."""

#: The note of such a capture; it says what moved.
TORN = "torn"
