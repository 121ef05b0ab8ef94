"""The `zapi-sync` command, and `python -m zapi_sync`."""

import gc

gc.disable()  # what is imported and read stays; whoever lives for long turns it on again (cli/connecting.py)

from zapi_sync.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
