"""The registry's pages: read only, rendered here, without a script."""
