"""What a log tells: the rules from texts to acts, histories, the state of an object at any step, several on one time line."""
