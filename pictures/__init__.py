"""The pictures of the README, each made from a real run."""
