"""A package, because the files of tests/doctor have the same names."""
