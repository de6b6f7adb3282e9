"""A page of anything: blocks, charts, HTML."""
