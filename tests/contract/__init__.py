"""What state.store.StateStore promises, held by every store with the same assertions."""
