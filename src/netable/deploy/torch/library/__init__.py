"""Source text: an ejected script has the functions and classes of these modules that it names, as it stands."""
