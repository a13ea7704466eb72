"""What the server announced: alerts rebuilt from histories, formats of every era, message files, and what was heard live."""
