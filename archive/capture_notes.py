"""What captures note of themselves, by the names that the notes have."""

#: That the object changed each time that it was read: what is held may be of several moments. It says what moved.
TORN = "torn"
#: The ETags of the answers that it was made of, by their addresses under the service's: what has not changed need not be sent again.
TAGS = "etags"
