"""The tests, as one package: those of states that are shared start the same servers."""
