"""What Z-API's calls answer, and what that proves."""
