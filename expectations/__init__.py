"""The gate in front of Silver and Gold, and the report of what it saw."""
