"""Pages of text, tables and charts, as one HTML file each."""
