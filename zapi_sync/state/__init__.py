"""The stored state: what was created, what is unsettled, and where both are kept."""
