"""`python -m netable` is `netable`."""

from netable.cli import main

if __name__ == "__main__":
    main()
