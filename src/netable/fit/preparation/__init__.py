"""From a table and settings to arrays, decided settings and a plan."""
