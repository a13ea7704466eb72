"""What the public was told: the notices of a superevent, rebuilt from its history or as they were kept, in every form in which they go out."""
