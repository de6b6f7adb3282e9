"""Tables elsewhere than in this machine's files: stores, the web, databases and lakes."""
