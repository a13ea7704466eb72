"""The query language: text or JSON to a tree, the tree to SQL, SQL to the graceids that match."""
