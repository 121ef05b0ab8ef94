"""A value -> a string, one format a file; nothing here prints or knows where its output goes."""
