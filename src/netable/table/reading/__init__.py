"""Files, frames and queries to Arrow tables."""
