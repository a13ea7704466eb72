"""Of which form the page's documents are."""

#: The form of a film; raised when a page that reads an older one would read it wrongly.
SCHEMA = 1
#: Characters of a text that stands on one line.
LINE = 300
