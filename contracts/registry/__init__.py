"""The contract registry: every version of a dataset's schema per layer, over HTTP."""
