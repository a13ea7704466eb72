"""What writes do to an archive, one file per kind of act; each appends the records that the server would."""
