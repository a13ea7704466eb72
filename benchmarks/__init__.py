"""The figures that the project claims, each as a ratio against a peer or a floor measured in the same run."""
