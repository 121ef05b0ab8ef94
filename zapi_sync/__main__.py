"""`python -m zapi_sync`, the same as `zapi-sync`."""

from zapi_sync.cli import main

if __name__ == "__main__":
    main()
