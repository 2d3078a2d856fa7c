"""The suites, one module per table. Importing them imports Great Expectations."""
