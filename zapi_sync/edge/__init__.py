"""The effects: each file touches one thing of the world and imports none of its siblings."""
