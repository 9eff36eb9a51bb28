"""Choose how to train a capsule network: multi-objective search over accuracy, training time and size."""
